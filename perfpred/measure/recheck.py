"""Does a dataset still describe this machine? A few of its rows, measured again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfpred.errors import InputError, MeasurementError, shortened, shortlist
from perfpred.hardware import Machine
from perfpred.kernels import kernel
from perfpred.measure.campaign import Effort, InMemoryLog, Row, RowRecord, run_campaign
from perfpred.measure.process import Limits, Subject, prepare, processes
from perfpred.measure.timing import Clock, estimate
from perfpred.profile import Profile
from perfpred.progress import Progress
from perfpred.variants import variant

MAX_SHIFT = 0.10
"""A machine that is this much slower or faster as a whole is described no longer."""
MIN_TOLERANCE = 0.05
"""Rows may scatter by this much around the common shift, or by three times their noise if that is more."""


@dataclass(frozen=True)
class Recheck:
    """What measuring some rows again has shown; ratios are new over recorded time.

    Parameters
    ----------
    rows : int
        Rows measured again.
    shift : float
        Median ratio minus one: what has changed for all rows.
    scatter : float
        Median absolute difference that is left once the shift is taken out.
    noise : float
        Mean noise of the rows as recorded.
    valid : bool
        Whether the data still describes this machine.
    reason : str
    """

    rows: int
    shift: float
    scatter: float
    noise: float
    valid: bool
    reason: str


def recheck(
    profile: Profile, machine: Machine, progress: Progress, clock: Clock, n_rows: int = 20, seed: int = 0
) -> Recheck:
    """Measure `n_rows` random rows of a profile again and compare.

    Parameters
    ----------
    profile : Profile
    machine : Machine
    progress : Progress
        Told how far it is.
    clock : Clock
        Tells the time in seconds.
    n_rows : int
        How many are measured again.
    seed : int
        Of every random choice.

    Raises
    ------
    InputError
        If no row of the profile was measured on this type of machine, or one says what cannot be.
    MeasurementError
        If none of the rows can be measured again.
    """
    table = profile.ok.table
    here = table[table["hardware"].str.startswith(f"{machine.cpu}-")]
    if here.empty:
        known = ", ".join(sorted(table["hardware"].unique()))
        raise InputError(f"the data describes {known}; this machine is {machine.cpu}")
    chosen = here.sample(min(n_rows, len(here)), random_state=seed)
    rows = [_row(record, profile.parameters, machine) for record in chosen.to_dict("records")]
    records = _measure(rows, machine, progress, clock, seed)
    timed = [not record.failed and bool(record.times_s) for record in records]
    if not any(timed):
        raise MeasurementError(f"none of {len(rows)} rows could be measured again: {records[0].message}")
    again = np.array([estimate(r.times_s).time_s for r, good in zip(records, timed, strict=True) if good])
    before = chosen["time_s"].to_numpy(dtype=float)[timed]
    return compare(before, again, float(chosen["noise"].fillna(0.0).mean()))


def compare(before_s: np.ndarray, again_s: np.ndarray, noise: float) -> Recheck:
    """Return what two measurements of the same rows, shapes (n,), say of each other."""
    log_ratio = np.log(again_s / before_s)
    shift = float(np.expm1(np.median(log_ratio)))
    scatter = float(np.median(np.abs(np.expm1(log_ratio - np.median(log_ratio)))))
    tolerance = max(MIN_TOLERANCE, 3 * noise)
    moved, scattered = abs(shift) > MAX_SHIFT, scatter > tolerance
    if moved:
        reason = f"all rows have moved by {shift:+.1%}, more than {MAX_SHIFT:.0%}"
    elif scattered:
        reason = f"rows scatter by {scatter:.1%}, more than {tolerance:.1%}"
    else:
        reason = f"rows have moved by {shift:+.1%} and scatter by {scatter:.1%}, which is within bounds"
    return Recheck(len(before_s), shift, scatter, noise, not (moved or scattered), reason)


def _measure(
    rows: list[Row], machine: Machine, progress: Progress, clock: Clock, seed: int
) -> list[RowRecord]:
    subjects = tuple(dict.fromkeys(row.subject for row in rows))
    prepare(subjects)
    effort = Effort()
    with processes(subjects, Limits(effort.row_limit_s, machine.memory_bytes)) as children:
        return run_campaign(rows, children, InMemoryLog(), effort, seed, clock, progress)


def _row(record: Mapping[Any, Any], parameters: Sequence[str], machine: Machine) -> Row:
    """Return what a row of a profile says was measured.

    Raises
    ------
    InputError
        If this project has no such kernel, variant or hardware, or the sizes are not the kernel's.
    """
    known = kernel(record["kernel"])
    subject = Subject(known.name, variant(record["variant"]).name, machine.hardware_named(record["hardware"]))
    sizes = {name: record[name] for name in parameters if record[name] == record[name]}
    if sizes.keys() != set(known.parameter_names):
        raise InputError(
            f"the sizes of kernel {known.name} are {', '.join(known.parameter_names)}, "
            f"but the data has {shortlist(list(sizes)) or 'none'}"
        )
    for name, value in sizes.items():
        if not isinstance(value, int | float) or value != value // 1 or not 1 <= value < 1 << 53:
            raise InputError(f"{name} must be a whole number >= 1, but is {shortened(repr(value))}")
    return Row(subject, {name: int(value) for name, value in sizes.items()})
