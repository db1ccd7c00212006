"""From the timings of schedules to estimates: those of calm moments, with the machine's drift divided out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.halide.measure.contention.probe import CALM
from perfpred.measure.campaign import Row, RowRecord
from perfpred.measure.drift import without_drift
from perfpred.measure.timing import Estimate, estimate

FEW_CALM = 4
"""Timings in calm moments that are enough to leave out the others."""


@dataclass(frozen=True)
class Moments:
    """The estimate of a row, and how much slower than in a calm moment the pulse was at its timings."""

    estimate: Estimate
    slowdown: float


def estimates(rows: Sequence[tuple[Row, RowRecord]]) -> list[Estimate | None]:
    """Return the estimate of each row from its calm timings, None where it has no time."""
    return [None if each is None else each.estimate for each in in_moments(rows)]


def in_moments(
    rows: Sequence[tuple[Row, RowRecord]], fastest_s: float = math.inf, few: int = FEW_CALM
) -> list[Moments | None]:
    """Return the estimate of each row from its calm timings, None where it has no time.

    Parameters
    ----------
    rows : sequence of (Row, RowRecord)
    fastest_s : float
        The fastest pulse that is known of the machine; it may be slower than those of the rows.
    few : int
        Timings in calm moments that are enough to leave out the others.
    """
    timed = [record for _, record in rows if record.times_s and not record.failed]
    fastest_s = min([fastest_s, *(pulse_s for record in timed for pulse_s in record.monitors_s)])
    kept = [calm_timings(record.monitors_s, fastest_s, few) for record in timed]
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


def _slowdown(pulses_s: Sequence[float], fastest_s: float) -> float:
    """Return how much slower than the fastest the middle one of some pulses was, 1 if that was calm."""
    slowdown = sorted(pulses_s)[len(pulses_s) // 2] / fastest_s
    return slowdown if slowdown > CALM else 1.0


def calm_timings(pulses_s: Sequence[float], fastest_s: float, few: int = FEW_CALM) -> list[int]:
    """Return which timings were made in calm moments; the calmest third, or a few, if hardly any was.

    Examples
    --------
    >>> calm_timings([1.0, 1.6, 1.1, 1.0, 1.05], 1.0)
    [0, 2, 3, 4]
    >>> calm_timings([1.6, 1.7, 1.5, 1.8, 1.6, 1.0], 1.0)
    [0, 2, 4, 5]
    """
    calm = [place for place, pulse_s in enumerate(pulses_s) if pulse_s <= CALM * fastest_s]
    enough = min(len(pulses_s), max(few, len(pulses_s) // 3))
    if len(calm) >= min(enough, few):
        return calm
    return sorted(sorted(range(len(pulses_s)), key=lambda place: pulses_s[place])[:enough])
