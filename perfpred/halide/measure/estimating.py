"""From the timings of schedules to estimates: those in quiet moments, the machine's drift divided out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.halide.measure.contention.probe import QUIET
from perfpred.measure.campaign import Row, RowRecord
from perfpred.measure.drift import without_drift
from perfpred.measure.timing import Estimate, estimate

MIN_QUIET = 4
"""Timings in quiet moments that are enough to leave out the others."""


@dataclass(frozen=True)
class Moments:
    """The estimate of a row, and how much slower than in a quiet moment the probe was at its timings."""

    estimate: Estimate
    slowdown: float


def estimates(rows: Sequence[tuple[Row, RowRecord]]) -> list[Estimate | None]:
    """Return the estimate of each row from its quiet timings, None where it has no time."""
    return [None if each is None else each.estimate for each in in_moments(rows)]


def in_moments(
    rows: Sequence[tuple[Row, RowRecord]], fastest_s: float = math.inf, few: int = MIN_QUIET
) -> list[Moments | None]:
    """Return the estimate of each row from its quiet timings, None where it has no time.

    Parameters
    ----------
    rows : sequence of (Row, RowRecord)
    fastest_s : float
        The fastest probe that is known of the machine; it may be slower than those of the rows.
    few : int
        Timings in quiet moments that are enough to leave out the others.
    """
    timed = [record for _, record in rows if record.times_s and not record.failed]
    fastest_s = min([fastest_s, *(probe_s for record in timed for probe_s in record.monitors_s)])
    kept = [quiet_timings(record.monitors_s, fastest_s, few) for record in timed]
    steady = without_drift(
        [[record.times_s[place] for place in places] for record, places in zip(timed, kept, strict=True)],
        [[record.order[place] for place in places] for record, places in zip(timed, kept, strict=True)],
    )
    slow = [
        _slowdown([record.monitors_s[place] for place in places], fastest_s)
        for record, places in zip(timed, kept, strict=True)
    ]
    found = {
        id(record): Moments(estimate(times_s), slowdown)
        for record, times_s, slowdown in zip(timed, steady, slow, strict=True)
    }
    return [found.get(id(record)) for _, record in rows]


def _slowdown(probes_s: Sequence[float], fastest_s: float) -> float:
    """Return how much slower than the fastest the middle one of some probes was, 1 if that was quiet."""
    slowdown = sorted(probes_s)[len(probes_s) // 2] / fastest_s
    return slowdown if slowdown > QUIET else 1.0


def quiet_timings(probes_s: Sequence[float], fastest_s: float, few: int = MIN_QUIET) -> list[int]:
    """Return which timings were made in quiet moments; the quietest third, or a few, if hardly any was.

    Examples
    --------
    >>> quiet_timings([1.0, 1.6, 1.1, 1.0, 1.05], 1.0)
    [0, 2, 3, 4]
    >>> quiet_timings([1.6, 1.7, 1.5, 1.8, 1.6, 1.0], 1.0)
    [0, 2, 4, 5]
    """
    quiet = [place for place, probe_s in enumerate(probes_s) if probe_s <= QUIET * fastest_s]
    enough = min(len(probes_s), max(few, len(probes_s) // 3))
    if len(quiet) >= min(enough, few):
        return quiet
    return sorted(sorted(range(len(probes_s)), key=lambda place: probes_s[place])[:enough])
