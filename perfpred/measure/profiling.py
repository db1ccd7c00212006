"""Measuring a plan from start to files, resumably."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from perfpred.errors import InputError
from perfpred.files import atomic_write
from perfpred.hardware import Machine
from perfpred.measure.campaign import Effort, Progress, RowRecord, run_campaign
from perfpred.measure.card import card
from perfpred.measure.journal import Journal
from perfpred.measure.plan import Plan
from perfpred.measure.process import Limits, prepare, processes
from perfpred.measure.results import to_profile
from perfpred.profile import Profile, write_profile

PLACEHOLDER = re.compile(r"[-_.]?\{(variant|hardware)\}")


def journal_path(out: str) -> Path:
    """Return where the raw timings of an output go: beside it, without placeholders.

    Examples
    --------
    >>> journal_path("datasets/matmul-{variant}-{hardware}.csv").as_posix()
    'datasets/matmul.journal'
    """
    return _sibling(Path(PLACEHOLDER.sub("", out)), ".journal")


def output_paths(plan: Plan, out: str) -> dict[Path, list[int]]:
    """Return the files a plan is written to, each with the indices of its subjects.

    `out` may hold ``{variant}`` and ``{hardware}``; without them everything goes to one file.
    """
    paths: dict[Path, list[int]] = {}
    for index, subject in enumerate(plan.subjects):
        filled = out.replace("{variant}", subject.variant).replace("{hardware}", subject.hardware.id)
        paths.setdefault(Path(filled), []).append(index)
    return paths


def profile_plan(
    plan: Plan,
    machine: Machine,
    out: str,
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
    paths = output_paths(plan, out)
    existing = [path for path in paths if path.exists()]
    if existing and not (resume or overwrite):
        raise InputError(f"{existing[0]} exists: continue with --resume, replace with --overwrite")
    journal = journal_path(out)
    if overwrite and not resume:
        journal.unlink(missing_ok=True)
    prepare(plan.subjects)
    started = datetime.now(UTC)
    load_before = os.getloadavg()
    with Journal(journal, plan.identity(), resume=resume) as open_journal:
        records = _run(plan, open_journal, effort, progress, Limits(effort.row_limit_s, machine.memory_bytes))
    when = {
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "resumed": resume,
        "load_average": [round(load, 2) for load in (*load_before, *os.getloadavg())],
    }
    profiles = {}
    for path, indices in paths.items():
        subjects = [plan.subjects[index] for index in indices]
        profiles[path] = to_profile(plan, records, machine, effort, when, subjects)
        write_profile(profiles[path], path)
        atomic_write(_sibling(path, ".md"), card(profiles[path], path.name))
    return profiles


def _sibling(path: Path, suffix: str) -> Path:
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".csv") + suffix)


def _run(
    plan: Plan,
    journal: Journal,
    effort: Effort,
    progress: Progress,
    limits: Limits,
) -> Sequence[RowRecord]:
    children = processes(plan.subjects, limits)
    try:
        return run_campaign(plan.rows, children, journal, effort, plan.seed, time.perf_counter, progress)
    finally:
        for child in children.values():
            child.close()
