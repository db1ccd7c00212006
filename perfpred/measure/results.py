"""From a finished campaign to profiles: one row a size, with what is known of how it was measured."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from perfpred.hardware import Machine
from perfpred.kernels import kernel
from perfpred.measure.campaign import Effort, Row, RowRecord
from perfpred.measure.drift import without_drift
from perfpred.measure.plan import Part
from perfpred.measure.process import MALLOC, TIMINGS_A_PROCESS, Subject
from perfpred.measure.timing import Estimate, estimate
from perfpred.profile import Profile
from perfpred.variants import variant

SLOW = 1.25
"""A timing was taken in a slow moment when the monitor beside it took this much longer than usual."""


@dataclass(frozen=True)
class Outcome:
    """What a campaign found out about a row; no estimate if it failed or was never timed."""

    record: RowRecord
    estimate: Estimate | None


def outcomes_of(rows: Sequence[Row], records: Sequence[RowRecord]) -> list[Outcome]:
    """Return the outcome of each row of a whole campaign, with the machine's drift divided out.

    Subjects on as many threads share a clock, so their drift is found together: the more of them there
    are, the finer it can be followed.
    """
    by_threads: dict[int, list[int]] = {}
    for index, (row, record) in enumerate(zip(rows, records, strict=True)):
        if record.times_s and not record.failed:
            by_threads.setdefault(row.subject.hardware.threads, []).append(index)
    found: dict[int, Estimate] = {}
    for indices in by_threads.values():
        steady = without_drift([records[i].times_s for i in indices], [records[i].order for i in indices])
        found |= {index: estimate(times_s) for index, times_s in zip(indices, steady, strict=True)}
    return [Outcome(record, found.get(index)) for index, record in enumerate(records)]


def to_profile(
    part: Part,
    outcomes: Sequence[Outcome],
    machine: Machine,
    effort: Effort,
    metadata: Mapping[str, Any],
    subjects: Sequence[Subject] | None = None,
) -> Profile | None:
    """Return the profile of some of a part's subjects (all by default), None if no row was timed.

    Parameters
    ----------
    part : Part
        What is one profile.
    outcomes : sequence of Outcome
        One a row of ``part.rows``. Rows that were never timed are left out; failed rows are kept.
    machine : Machine
    effort : Effort
        How long and how often is timed.
    metadata : mapping
        Whatever else describes the campaign: ``measured``, its start, end and load average.
    subjects : sequence of Subject, optional
        Whose rows they are.
    """
    chosen = part.subjects if subjects is None else tuple(subjects)
    pairs = [(row, each) for row, each in zip(part.rows, outcomes, strict=True) if row.subject in chosen]
    table = [
        {
            "kernel": part.kernel,
            "variant": row.subject.variant,
            "hardware": row.subject.hardware.id,
            **row.sizes,
            **_measured(each),
        }
        for row, each in pairs
        if each.estimate is not None or each.record.failed
    ]
    if not table:
        return None
    described = _metadata(part, chosen, machine, effort) | {
        **metadata,
        "statistics": _statistics([each for _, each in pairs]),
        "failures": [
            {
                "variant": row.subject.variant,
                "hardware": row.subject.hardware.id,
                **row.sizes,
                "status": each.record.status,
                "message": each.record.message,
            }
            for row, each in pairs
            if each.record.failed
        ],
    }
    return Profile(pd.DataFrame(table), kernel(part.kernel).parameter_names, described)


def _measured(outcome: Outcome) -> dict[str, Any]:
    found = outcome.estimate
    if found is None:
        return {"time_s": math.nan, "noise": math.nan, "rounds": math.nan, "status": outcome.record.status}
    return {"time_s": found.time_s, "noise": found.noise, "rounds": float(found.rounds), "status": "ok"}


def _metadata(part: Part, subjects: Sequence[Subject], machine: Machine, effort: Effort) -> dict[str, Any]:
    known = kernel(part.kernel)
    return {
        "kernel": known.name,
        "summary": known.summary,
        "complexity": dict(known.complexity),
        "units": {"time_s": "s", "noise": "fraction", "rounds": "timings"},
        "hardware": {
            s.hardware.id: {"cpu": s.hardware.cpu, "isa": s.hardware.isa, "threads": s.hardware.threads}
            for s in subjects
        },
        "machine": machine.describe(),
        "software": {s.variant: variant(s.variant).versions() for s in subjects},
        "python": platform.python_version(),
        "plan": part.identity(),
        "timing": {
            "estimate": "mean of the fastest third of the rounds, interleaved and shuffled over all rows",
            "drift": "the speed that all timings of a short stretch have in common is divided out",
            "placement": f"operands begin anywhere in a page; a new process after {TIMINGS_A_PROCESS} rounds",
            "noise": "relative difference of the estimates of the first and second half of the rounds",
            "min_rounds": effort.min_rounds,
            "max_rounds": effort.max_rounds,
            "target_noise": effort.target_noise,
            "environment": MALLOC,
        },
    }


def _statistics(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the noise floor, the rounds, and what the drift monitor saw."""
    estimates = [each.estimate for each in outcomes if each.estimate is not None]
    counts = {"rows": len(outcomes), "rows_ok": len(estimates)}
    if not estimates:
        return counts
    monitors = np.array([value for each in outcomes for value in each.record.monitors_s])
    usual = float(np.median(monitors))
    return counts | {
        "noise_floor": round(float(np.nanmean([found.noise for found in estimates])), 5),
        "mean_rounds": round(float(np.mean([found.rounds for found in estimates])), 2),
        "monitor_median_s": usual,
        "monitor_slow_share": round(float((monitors > SLOW * usual).mean()), 4),
    }
