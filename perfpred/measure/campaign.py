"""A campaign: all rows of all subjects, timed in interleaved shuffled rounds until they repeat."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from perfpred.measure.timing import Clock, estimate
from perfpred.progress import Progress


@dataclass(frozen=True)
class Effort:
    """When a row has been timed enough.

    Parameters
    ----------
    min_rounds, max_rounds : int
        Every row gets the first number of timings; a noisy one at most the second.
    target_noise : float
        A row is done once its noise is below this.
    row_budget_s : float
        A row whose timings have taken this long in all is done, so long calls get fewer rounds
        (at least four).
    time_limit_s : float
        The campaign stops after this long and keeps what it has.
    row_limit_s : float
        A timing that takes longer than this is killed, and its row is a timeout.
    """

    min_rounds: int = 12
    max_rounds: int = 40
    target_noise: float = 0.02
    row_budget_s: float = 5.0
    time_limit_s: float = math.inf
    row_limit_s: float = 60.0

    def enough(self, times_s: Sequence[float]) -> bool:
        """Say whether these timings of a row are enough."""
        rounds = len(times_s)
        if rounds >= 4 and sum(times_s) >= self.row_budget_s:
            return True
        if rounds < self.min_rounds:
            return False
        return rounds >= self.max_rounds or estimate(times_s).noise < self.target_noise


@dataclass(frozen=True)
class Row:
    """One thing to time: what, and the sizes it is run at."""

    subject: Any
    sizes: Mapping[str, int]


@dataclass
class RowRecord:
    """What is known of a row so far; a failed row has a status other than ok and is not timed again.

    A row is `given_up` when what timed it says that it is not worth timing more.
    """

    times_s: list[float] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    monitors_s: list[float] = field(default_factory=list)
    status: str = "ok"
    message: str = ""
    given_up: bool = False

    def add(self, entry: Mapping[str, Any], place: int) -> None:
        """Take in one journal entry, the `place`-th of the campaign."""
        if entry["status"] == "ok":
            self.order.append(place)
            self.times_s.append(float(entry["time_s"]))
            self.monitors_s.append(float(entry["monitor_s"]))
            self.given_up = self.given_up or bool(entry.get("give_up"))
        else:
            self.status, self.message = str(entry["status"]), str(entry.get("message", ""))

    @property
    def failed(self) -> bool:
        """Whether the row failed for good."""
        return self.status != "ok"

    @property
    def finished(self) -> bool:
        """Whether the row is not to be timed again, however many timings it has."""
        return self.failed or self.given_up


class Asker(Protocol):
    """What answers a request for one timing: a measuring process, or a fake in a test."""

    def ask(self, sizes: Mapping[str, int], *, check: bool) -> dict[str, Any]:
        """Return a reply with ``status``, and ``time_s`` and ``monitor_s`` where it is ok.

        With ``give_up`` true the row is not timed again.
        """
        ...


class Log(Protocol):
    """Where timings are kept: a journal, or the part of one that belongs to a stage."""

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one timing."""
        ...

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the timings so far, in order."""
        ...


def run_campaign(
    rows: Sequence[Row],
    askers: Mapping[Any, Asker],
    journal: Log,
    effort: Effort,
    seed: int,
    clock: Clock,
    progress: Progress,
) -> list[RowRecord]:
    """Time all rows, appending each timing to the journal; returns a record a row, in row order.

    A journal with timings is continued: rows that were enough stay done, and the order is as if it had
    not been interrupted. Each round takes every unfinished row once, in a new random order, so that a slow
    minute of the machine is spread over all rows instead of spoiling one.
    """
    records = [RowRecord() for _ in rows]
    done = 0
    for done, entry in enumerate(journal.entries(), start=1):
        records[entry["row"]].add(entry, done)
    deadline = clock() + effort.time_limit_s
    for round_number in range(effort.max_rounds):
        order = list(range(len(rows)))
        random.Random(f"{seed}/{round_number}").shuffle(order)
        pending = _pending(order, records, effort, round_number)
        total = done + max(len(pending), _missing(records, effort))
        for index in pending:
            if clock() >= deadline:
                return records
            record, row = records[index], rows[index]
            reply = askers[row.subject].ask(row.sizes, check=not record.times_s)
            journal.append({"row": index, **reply})
            done += 1
            record.add(reply, done)
            progress.update(done, total, f"round {round_number + 1}, {len(pending)} rows")
    return records


def _pending(
    order: Sequence[int], records: Sequence[RowRecord], effort: Effort, round_number: int
) -> list[int]:
    """Return the rows to time in this round, in `order`: not failed, not enough, not ahead of the round."""
    return [
        index
        for index in order
        if not records[index].finished
        and len(records[index].times_s) <= round_number
        and not effort.enough(records[index].times_s)
    ]


def _missing(records: Sequence[RowRecord], effort: Effort) -> int:
    """Return the timings still owed to the least number of rounds."""
    return sum(
        max(0, effort.min_rounds - len(record.times_s))
        for record in records
        if not record.finished and not effort.enough(record.times_s)
    )
