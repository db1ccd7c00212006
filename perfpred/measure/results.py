"""From a finished campaign to profiles: one row a size, with what is known of how it was measured."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from perfpred.hardware import Machine
from perfpred.kernels import kernel
from perfpred.measure.campaign import Effort, RowRecord
from perfpred.measure.plan import Plan
from perfpred.measure.process import MALLOC, Subject
from perfpred.profile import Profile
from perfpred.variants import variant

SLOW = 1.25
"""A timing was taken in a slow moment when the monitor beside it took this much longer than usual."""


def to_profile(
    plan: Plan,
    records: Sequence[RowRecord],
    machine: Machine,
    effort: Effort,
    when: Mapping[str, Any],
    subjects: Sequence[Subject] | None = None,
) -> Profile:
    """Return the profile of some of a plan's subjects (all by default).

    Parameters
    ----------
    records : sequence of RowRecord
        One a row of ``plan.rows``. Rows that were never timed are left out; failed rows are kept.
    when : mapping
        Start, end and load average of the campaign, for the metadata.
    """
    chosen = plan.subjects if subjects is None else tuple(subjects)
    pairs = [(row, record) for row, record in zip(plan.rows, records, strict=True) if row.subject in chosen]
    rows = [
        {
            "kernel": row.subject.kernel,
            "variant": row.subject.variant,
            "hardware": row.subject.hardware.id,
            **row.sizes,
            **_measured(record),
        }
        for row, record in pairs
        if record.times_s or record.failed
    ]
    metadata = _metadata(plan, chosen, machine, effort) | {
        "measured": dict(when),
        "statistics": _statistics([record for _, record in pairs]),
    }
    return Profile(pd.DataFrame(rows), kernel(plan.kernel).parameter_names, metadata)


def _measured(record: RowRecord) -> dict[str, Any]:
    found = record.estimate()
    if found is None:
        return {"time_s": math.nan, "noise": math.nan, "rounds": math.nan, "status": record.status}
    return {"time_s": found.time_s, "noise": found.noise, "rounds": float(found.rounds), "status": "ok"}


def _metadata(plan: Plan, subjects: Sequence[Subject], machine: Machine, effort: Effort) -> dict[str, Any]:
    known = kernel(plan.kernel)
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
        "plan": plan.identity(),
        "timing": {
            "estimate": "mean of the fastest third of the rounds, interleaved and shuffled over all rows",
            "noise": "relative difference of the estimates of the first and second half of the rounds",
            "min_rounds": effort.min_rounds,
            "max_rounds": effort.max_rounds,
            "target_noise": effort.target_noise,
            "environment": MALLOC,
        },
    }


def _statistics(records: Sequence[RowRecord]) -> dict[str, Any]:
    """Return the noise floor, the rounds, and what the drift monitor saw."""
    estimates = [found for record in records if (found := record.estimate()) is not None]
    monitors = np.array([value for record in records for value in record.monitors_s])
    if not estimates or not monitors.size:
        return {"rows": len(records), "rows_ok": len(estimates)}
    usual = float(np.median(monitors))
    return {
        "rows": len(records),
        "rows_ok": len(estimates),
        "noise_floor": round(float(np.nanmean([found.noise for found in estimates])), 5),
        "mean_rounds": round(float(np.mean([found.rounds for found in estimates])), 2),
        "monitor_median_s": usual,
        "monitor_slow_share": round(float((monitors > SLOW * usual).mean()), 4),
    }
