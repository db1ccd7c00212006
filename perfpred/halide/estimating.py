"""From the timings of schedules to estimates: those of calm moments, with the machine's drift divided out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfpred.halide.sandbox.pulse import CALM
from perfpred.measure.campaign import Row, RowRecord
from perfpred.measure.drift import without_drift
from perfpred.measure.timing import Estimate, estimate

FEW_CALM = 4
"""Timings in calm moments that are enough to leave out the others."""


def estimates(rows: Sequence[tuple[Row, RowRecord]]) -> list[Estimate | None]:
    """Return the estimate of each row from its calm timings, None where it has no time."""
    timed = [record for _, record in rows if record.times_s and not record.failed]
    fastest_s = min((pulse_s for record in timed for pulse_s in record.monitors_s), default=math.nan)
    kept = [calm_timings(record.monitors_s, fastest_s) for record in timed]
    steady = without_drift(
        [[record.times_s[place] for place in places] for record, places in zip(timed, kept, strict=True)],
        [[record.order[place] for place in places] for record, places in zip(timed, kept, strict=True)],
    )
    found = {id(record): estimate(times_s) for record, times_s in zip(timed, steady, strict=True)}
    return [found.get(id(record)) for _, record in rows]


def calm_timings(pulses_s: Sequence[float], fastest_s: float) -> list[int]:
    """Return which timings were made in calm moments; the calmest third, or a few, if hardly any was.

    Examples
    --------
    >>> calm_timings([1.0, 1.6, 1.1, 1.0, 1.05], 1.0)
    [0, 2, 3, 4]
    >>> calm_timings([1.6, 1.7, 1.5, 1.8, 1.6, 1.0], 1.0)
    [0, 2, 4, 5]
    """
    calm = [place for place, pulse_s in enumerate(pulses_s) if pulse_s <= CALM * fastest_s]
    enough = min(len(pulses_s), max(FEW_CALM, len(pulses_s) // 3))
    if len(calm) >= min(enough, FEW_CALM):
        return calm
    return sorted(sorted(range(len(pulses_s)), key=lambda place: pulses_s[place])[:enough])
