"""Measuring a plan from start to files, resumably."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfpred.errors import InputError, MeasurementError
from perfpred.files import atomic_write, make_folder
from perfpred.hardware import Machine
from perfpred.measure.campaign import Effort, RowRecord, run_campaign
from perfpred.measure.card import card
from perfpred.measure.journal import Journal
from perfpred.measure.plan import Part, Plan
from perfpred.measure.process import Limits, Subject, prepare, processes
from perfpred.measure.results import Outcome, outcomes_of, to_profile
from perfpred.profile import Profile, write_profile
from perfpred.progress import Progress

PLACEHOLDER = re.compile(r"[-_.]?\{(kernel|variant|hardware|cpu)\}")
PLACEHOLDERS = "{kernel}, {variant}, {hardware}, {cpu}"


@dataclass(frozen=True)
class Destination:
    """Where a campaign writes.

    Parameters
    ----------
    out : str
        Path of the CSVs; may hold placeholders.
    campaign : str, optional
        Name of the campaign; its journal bears it, so campaigns that write into one folder have a journal
        each.

    Examples
    --------
    >>> Destination("datasets/matmul-{variant}-{hardware}.csv").journal.as_posix()
    'datasets/matmul.journal'
    >>> Destination("datasets/{kernel}-{cpu}.csv", "threads").journal.as_posix()
    'datasets/threads.journal'
    """

    out: str
    campaign: str | None = None

    @property
    def journal(self) -> Path:
        """Where raw timings go: beside the output."""
        path = Path(PLACEHOLDER.sub("", self.out))
        stem = _stem(path) if not path.name.startswith(".csv") else "campaign"
        return path.with_name(f"{self.campaign or stem}.journal")


def output_paths(plan: Plan, out: str) -> dict[Path, list[Subject]]:
    """Return the files a plan is written to, each with its subjects, all of one kernel.

    Raises
    ------
    InputError
        If `out` puts several kernels into one file, or holds a placeholder that is not known.
    """
    paths: dict[Path, list[Subject]] = {}
    for subject in plan.subjects:
        values = {"kernel": subject.kernel, "variant": subject.variant}
        try:
            name = out.format(**values, hardware=subject.hardware.id, cpu=subject.hardware.cpu)
        except (KeyError, IndexError, ValueError):
            raise InputError(f"--out may hold {PLACEHOLDERS}, but is '{out}'") from None
        paths.setdefault(Path(name), []).append(subject)
    for path, subjects in paths.items():
        if len({subject.kernel for subject in subjects}) > 1:
            raise InputError(f"{path} would hold several kernels: put {{kernel}} into --out")
    return paths


def profile_plan(
    plan: Plan,
    machine: Machine,
    where: Destination,
    effort: Effort,
    progress: Progress,
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> dict[Path, Profile]:
    """Measure a plan and write its profiles; returns them by path.

    The raw timings are in the journal at every moment, so an interrupted campaign is continued by the
    same call with ``resume=True``. Profiles are written when the campaign ends.

    Raises
    ------
    InputError
        If an output exists and neither `resume` nor `overwrite` is set.
    """
    paths = free_paths(plan, where, resume=resume, overwrite=overwrite)
    prepare(plan.subjects)
    load = os.getloadavg()
    with Journal(where.journal, plan.identity(), resume=resume) as journal:
        records = measure(plan, journal, effort, progress, machine.memory_bytes)
    when = measured_when(journal, load, resume=resume)
    return write_profiles(plan, records, machine, paths, effort, {"measured": when})


def free_paths(plan: Plan, where: Destination, *, resume: bool, overwrite: bool) -> dict[Path, list[Subject]]:
    """Return the files to write, each with its subjects; a journal to be replaced is removed.

    Raises
    ------
    InputError
        If an output exists and neither `resume` nor `overwrite` is set.
    """
    paths = output_paths(plan, where.out)
    existing = [path for path in paths if path.exists()]
    if existing and not (resume or overwrite):
        raise InputError(f"{existing[0]} exists: continue with --resume, replace with --overwrite")
    if overwrite and not resume:
        where.journal.unlink(missing_ok=True)
    return paths


def measured_when(journal: Journal, load: Sequence[float], *, resume: bool) -> dict[str, Any]:
    """Return start, end and load average of a campaign that ends now; `load` is that of its start."""
    return {
        "started": journal.started,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "resumed": resume,
        "load_average": [round(value, 2) for value in (*load, *os.getloadavg())],
    }


def write_profiles(
    plan: Plan,
    records: Sequence[RowRecord],
    machine: Machine,
    paths: Mapping[Path, Sequence[Subject]],
    effort: Effort,
    metadata: Mapping[str, Any],
) -> dict[Path, Profile]:
    """Write the profiles of a campaign, a record a row of `plan`; returns them by path.

    Raises
    ------
    MeasurementError
        If no row was timed.
    """
    parts = {part.kernel: part for part in plan.parts}
    outcomes = _by_kernel(plan.parts, outcomes_of(plan.rows, records))
    profiles = {}
    for path, subjects in paths.items():
        name = subjects[0].kernel
        profile = to_profile(parts[name], outcomes[name], machine, effort, metadata, subjects)
        if profile is not None:
            profiles[path] = profile
            _write(profile, path)
    if not profiles:
        raise MeasurementError("nothing was measured: no row was timed before the campaign ended")
    return profiles


def measure(
    plan: Plan, journal: Journal, effort: Effort, progress: Progress, memory_bytes: int
) -> Sequence[RowRecord]:
    """Time all rows of a plan in processes of their own; returns a record a row."""
    with processes(plan.subjects, Limits(effort.row_limit_s, memory_bytes)) as children:
        return run_campaign(plan.rows, children, journal, effort, plan.seed, time.perf_counter, progress)


def _by_kernel(parts: Sequence[Part], outcomes: Sequence[Outcome]) -> dict[str, Sequence[Outcome]]:
    pieces, start = {}, 0
    for part in parts:
        pieces[part.kernel] = outcomes[start : start + len(part.rows)]
        start += len(part.rows)
    return pieces


def _write(profile: Profile, path: Path) -> None:
    make_folder(path.parent)
    write_profile(profile, path)
    atomic_write(path.with_name(f"{_stem(path)}.md"), card(profile, path.name))


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")


def describe(profiles: dict[Path, Profile]) -> list[dict[str, Any]]:
    """Return a plain dictionary a combination: file, names, rows and noise floor."""
    return [
        {
            "file": str(path),
            "kernel": combination.kernel,
            "variant": combination.variant,
            "hardware": combination.hardware,
            "rows": len(part),
            "rows_ok": len(part.ok),
            "noise": part.noise_floor,
        }
        for path, profile in profiles.items()
        for combination, part in profile.combinations()
    ]
