"""Measuring a plan from start to files, resumably."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfpred.cards.dataset import card
from perfpred.documents.atomic import atomic_write, make_folder
from perfpred.errors import MeasurementError
from perfpred.hardware import Machine
from perfpred.measure.campaign import Effort, RowRecord, run_campaign
from perfpred.measure.destination import Destination, card_path
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.outputs import Outputs, claimed
from perfpred.measure.plan import Part, Plan
from perfpred.measure.process import Limits, prepare, processes
from perfpred.measure.results import Outcome, outcomes_of, to_profile
from perfpred.profile import Profile, write_profile
from perfpred.progress import Progress


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

    Parameters
    ----------
    plan : Plan
    machine : Machine
    where : Destination
        Where profiles are written.
    effort : Effort
        How long and how often is timed.
    progress : Progress
        Told how far it is.
    resume : bool
        Whether an interrupted campaign is continued.
    overwrite : bool
        Whether files that exist may be replaced.

    Raises
    ------
    InputError
        If an output exists and neither `resume` nor `overwrite` is set.
    """
    load = os.getloadavg()
    with claimed(plan, where, replace=resume or overwrite) as (claim, outputs):
        prepare(plan.subjects)
        with CampaignJournal(claim, plan.identity(), resume=resume, overwrite=overwrite) as journal:
            records = measure(plan, journal, effort, progress, machine.memory_bytes)
            about = {"measured": measured_when(journal, load, resume=resume)}
            return write_profiles(plan, records, machine, outputs, effort, about)


def measured_when(journal: CampaignJournal, load: Sequence[float], *, resume: bool) -> dict[str, Any]:
    """Return start, end and load average of a campaign that ends now; `load` is that of its start.

    Lines of the journal that were damaged are counted.
    """
    lost = {"damaged": journal.damage.damaged, "missing": journal.damage.missing}
    return {
        "started": journal.started,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "resumed": resume,
        "load_average": [round(value, 2) for value in (*load, *os.getloadavg())],
        **({"journal_lines": lost} if journal.damage.any else {}),
    }


def write_profiles(
    plan: Plan,
    records: Sequence[RowRecord],
    machine: Machine,
    outputs: Outputs,
    effort: Effort,
    metadata: Mapping[str, Any],
) -> dict[Path, Profile]:
    """Write the profiles of a campaign, a record a row of `plan`; returns them by path.

    Parameters
    ----------
    plan : Plan
        What was measured.
    records : sequence of RowRecord
        What became of every row.
    machine : Machine
    outputs : Outputs
        The files that are written.
    effort : Effort
        How long and how often is timed.
    metadata : mapping of str to object
        What is known of the whole.

    Raises
    ------
    MeasurementError
        If no row was timed, or a file has been changed by others meanwhile.
    """
    outputs.require_unchanged()
    parts = {part.kernel: part for part in plan.parts}
    outcomes = _by_kernel(plan.parts, outcomes_of(plan.rows, records))
    profiles = {}
    for path, subjects in outputs.paths.items():
        name = subjects[0].kernel
        profile = to_profile(parts[name], outcomes[name], machine, effort, metadata, subjects)
        if profile is not None:
            profiles[path] = profile
            _write(profile, path)
    if not profiles:
        raise MeasurementError("nothing was measured: no row was timed before the campaign ended")
    return profiles


def measure(
    plan: Plan, journal: CampaignJournal, effort: Effort, progress: Progress, memory_bytes: int
) -> Sequence[RowRecord]:
    """Time all rows of a plan in processes of their own; returns a record a row.

    Parameters
    ----------
    plan : Plan
        What is measured.
    journal : CampaignJournal
        Where every timing is written at once.
    effort : Effort
        How long and how often is timed.
    progress : Progress
        Told how far it is.
    memory_bytes : int
        The most that a process may use.
    """
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
    atomic_write(card_path(path), card(profile, path.name), follow_links=False)  # only the CSV was named


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
