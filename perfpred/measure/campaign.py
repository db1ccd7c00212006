"""A campaign: all rows of all subjects, timed in interleaved shuffled rounds until they repeat."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from perfpred.documents.views import Log
from perfpred.errors import InputError
from perfpred.measure.entries import problem, timings_in_range
from perfpred.measure.timing import Clock, estimate
from perfpred.progress import Progress
from perfpred.sandbox.limits import MAX_LIMIT_S

MAX_ROUNDS = 100_000


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

    def __post_init__(self) -> None:
        rules = {
            f"min_rounds must be in 1..{MAX_ROUNDS}, but got {self.min_rounds}": (
                1 <= self.min_rounds <= MAX_ROUNDS
            ),
            f"max_rounds must be in {self.min_rounds}..{MAX_ROUNDS}, but got {self.max_rounds}": (
                self.min_rounds <= self.max_rounds <= MAX_ROUNDS
            ),
            f"target_noise must be > 0, but got {self.target_noise}": 0 < self.target_noise < math.inf,
            f"row_budget_s must be > 0, but got {self.row_budget_s}": self.row_budget_s > 0,
            f"row_limit_s must be in 0..{MAX_LIMIT_S:g}, but got {self.row_limit_s}": (
                0 < self.row_limit_s <= MAX_LIMIT_S
            ),
            f"time_limit_s must be a number, but got {self.time_limit_s}": not math.isnan(self.time_limit_s),
        }
        for rule, holds in rules.items():
            if not holds:
                raise InputError(rule)

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

    Attributes
    ----------
    times_s : list of float
        In the order they were taken.
    order : list of int
        The position of each timing in the campaign.
    monitors_s : list of float
        Times of the reference load beside them.
    status, message : str
    given_up : bool
        Whether it was left before it was precise.
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


class InMemoryLog:
    """Timings that nobody reads again: each campaign starts anew."""

    def append(self, entry: Mapping[str, Any]) -> None:
        """Forget one timing."""

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield nothing."""
        return iter(())


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

    Parameters
    ----------
    rows : sequence of Row
        What is timed.
    askers : mapping of object to Asker
        The processes that time, by subject.
    journal : Log
        Where every timing is written at once.
    effort : Effort
        How long and how often is timed.
    seed : int
        Of the order of timings.
    clock : Clock
        Tells the time in seconds.
    progress : Progress
        Told how far it is.
    """
    records = [RowRecord() for _ in rows]
    done = 0
    for done, entry in enumerate(timings_in_range(journal.entries(), len(rows)), start=1):
        records[entry["row"]].add(entry, done)
    deadline = clock() + effort.time_limit_s
    for round_number in range(effort.max_rounds):
        order = list(range(len(rows)))
        random.Random(f"{seed}/{round_number}").shuffle(order)
        pending = _pending(order, records, effort, round_number)
        total = done + max(len(pending), _missing(records, effort))
        if not pending and all(_is_done(record, effort) for record in records):
            break
        for index in pending:
            if clock() >= deadline:
                return records
            record, row = records[index], rows[index]
            reply = _checked(askers[row.subject].ask(row.sizes, check=not record.times_s))
            journal.append({"row": index, **reply})
            done += 1
            record.add(reply, done)
            progress.update(done, total, f"round {round_number + 1}, {len(pending)} rows")
    return records


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a reply, or one that says why it cannot be: no clock measures 0 s."""
    wrong = problem({"row": 0, **reply})
    return reply if wrong is None else {"status": "runtime_error", "message": f"an impossible reply: {wrong}"}


def _is_done(record: RowRecord, effort: Effort) -> bool:
    return record.finished or effort.enough(record.times_s)


def _pending(
    order: Sequence[int], records: Sequence[RowRecord], effort: Effort, round_number: int
) -> list[int]:
    """Return the rows to time in this round, in `order`: not failed, not enough, not ahead of the round."""
    return [
        index
        for index in order
        if len(records[index].times_s) <= round_number and not _is_done(records[index], effort)
    ]


def _missing(records: Sequence[RowRecord], effort: Effort) -> int:
    """Return the timings still owed to the least number of rounds."""
    return sum(
        max(0, effort.min_rounds - len(record.times_s)) for record in records if not _is_done(record, effort)
    )
