"""Traces of searches and journals of campaigns, also while they are written: what they have found so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.documents.journal_lines import DamagedLineError, no_problem, read_lines, unseal
from perfpred.documents.json_lines import read_json_lines
from perfpred.errors import InputError
from perfpred.measure.campaign import Effort, RowRecord
from perfpred.measure.entries import problem, timings_in_range
from perfpred.measure.timing import estimate

WITHOUT_CHECKSUMS = 1
"""The format of journals whose lines have no checksum."""


@dataclass(frozen=True, eq=False)
class SearchSoFar:
    """A search as its trace tells it.

    Parameters
    ----------
    name : str
    best : ndarray of shape (evaluations,)
        The best value of the first 1, 2, ... evaluations; infinite before one succeeded.
    failed : dict of str to int
        Evaluations without a value, by status.
    best_candidate : object
        Of the best evaluation; None if there is none.
    in_seconds : bool
        Whether values are seconds.
    """

    name: str
    best: NDArray[np.float64]
    failed: dict[str, int] = field(default_factory=dict)
    best_candidate: Any = None
    in_seconds: bool = True


@dataclass(frozen=True)
class CampaignSoFar:
    """A campaign as its journal tells it.

    Parameters
    ----------
    name, kernels : str
    timings : int
        In all.
    rows, planned : int
        Rows with a timing, and in all; `planned` is 0 where the journal does not say.
    failed : dict of str to int
        Rows that will have no time, by status.
    noise : float
        Median over rows with at least two timings, NaN without.
    elapsed_s : float
        From the start to the last timing, NaN where the journal does not say.
    left_s : float
        Until every row has the default minimum of timings, at the pace so far; NaN where it cannot be told.
    damaged : int
        Lines of the journal that cannot be read.
    """

    name: str
    kernels: str
    timings: int
    rows: int
    planned: int
    failed: dict[str, int]
    noise: float
    elapsed_s: float
    left_s: float
    damaged: int = 0


def read_running(path: Path) -> SearchSoFar | CampaignSoFar | None:
    """Return what a trace or a journal tells, None if the file is neither.

    A file that is being written is read as far as its last whole line; no lock is taken.

    Raises
    ------
    InputError
        If it begins as one and goes on as something else.
    """
    try:
        with path.open("rb") as file:
            start = file.readline(1 << 20)
    except OSError:
        return None  # its reader says why
    if start.startswith(b'{"format": ') and b'"plan"' in start:
        return _journal(path)
    if start.startswith((b'{"candidate"', b'{"proposed"')):
        text = path.read_text(encoding="utf-8", errors="replace")
        return _search(path.name, (entry for _, entry in read_json_lines(text.splitlines(), "trace")))
    return None


def _journal(path: Path) -> SearchSoFar | CampaignSoFar:
    content = path.read_bytes()
    try:
        header = unseal(content.split(b"\n", 1)[0], b"", must=False)
    except DamagedLineError as error:
        raise InputError(f"{path}: line 1 of the journal is damaged: {error}") from None
    entries, damage = read_lines(content, no_problem, must=header.get("format") != WITHOUT_CHECKSUMS)
    if any("candidate" in entry for entry in entries):
        return _search(path.name, entries)
    timings = [entry for entry in entries if problem(entry) is None]
    return _campaign(path, header, timings, damage.damaged + damage.missing)


def _campaign(
    path: Path, header: Mapping[str, Any], entries: list[dict[str, Any]], damaged: int
) -> CampaignSoFar:
    parts = _parts(header.get("plan"))
    planned = sum(rows for _, rows in parts)
    records: dict[int, RowRecord] = {}
    taken = 0
    for taken, entry in enumerate(timings_in_range(entries, planned or 1 << 53), start=1):
        records.setdefault(int(entry["row"]), RowRecord()).add(entry, taken)
    failed: dict[str, int] = {}
    for record in records.values():
        if record.failed:
            failed[record.status] = failed.get(record.status, 0) + 1
    noise = [estimate(each.times_s).noise for each in records.values() if len(each.times_s) > 1]
    elapsed = _elapsed_s(header.get("started"), path)
    lacking = planned * Effort().min_rounds - sum(
        Effort().min_rounds if each.finished else min(len(each.times_s), Effort().min_rounds)
        for each in records.values()
    )
    left = elapsed * lacking / taken if taken and planned else math.nan
    kernels = ", ".join(dict.fromkeys(kernel for kernel, _ in parts)) or "schedules"
    middle = float(np.median(noise)) if noise else math.nan
    return CampaignSoFar(
        path.name, kernels, taken, len(records), planned, failed, middle, elapsed, left, damaged
    )


def _parts(plan: Any) -> list[tuple[str, int]]:
    """Return the kernels of a plan with their rows; none where it is of another form."""
    try:
        return [(str(each["kernel"]), int(each["samples"]) * len(each["subjects"])) for each in plan["parts"]]
    except (KeyError, TypeError, ValueError):
        return []


def _elapsed_s(started: Any, path: Path) -> float:
    try:
        begun = datetime.fromisoformat(started)
        last = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return max(0.0, (last - begun).total_seconds())
    except (TypeError, ValueError, OSError):
        return math.nan


def _search(name: str, entries: Iterable[Any]) -> SearchSoFar:
    values: list[float] = []
    failed: dict[str, int] = {}
    best: tuple[float, Any] = (math.inf, None)
    in_seconds = True
    for entry in entries:
        if not isinstance(entry, Mapping) or "candidate" not in entry:
            continue
        in_seconds = in_seconds and "value" not in entry
        value = _value(entry)
        if not math.isfinite(value):
            status = str(entry.get("status", "no value"))
            status = "infeasible" if status == "ok" else status
            failed[status] = failed.get(status, 0) + 1
        elif value < best[0]:
            best = value, entry["candidate"]
        values.append(value)
    so_far = np.minimum.accumulate(np.array(values, dtype=np.float64)) if values else np.empty(0)
    return SearchSoFar(name, so_far, failed, best[1], in_seconds)


def _value(entry: Mapping[str, Any]) -> float:
    """Return the value of an evaluation, infinite where it has none or breaks a constraint."""
    value = entry.get("time_s", entry.get("value"))
    feasible = entry.get("status") == "ok" and not entry.get("violations")
    return float(value) if feasible and isinstance(value, int | float) and math.isfinite(value) else math.inf
