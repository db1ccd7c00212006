"""An adaptive campaign from start to files, resumably."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from perfpred.adaptive.campaign import run_adaptive
from perfpred.adaptive.sampler import Sampler, describe
from perfpred.errors import InputError
from perfpred.hardware import Machine
from perfpred.kernels import kernel
from perfpred.measure.campaign import Effort
from perfpred.measure.destination import Destination
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.outputs import claimed
from perfpred.measure.plan import Plan, Request, make_plan
from perfpred.measure.process import Limits, prepare, processes
from perfpred.measure.profiling import measured_when, write_profiles
from perfpred.profile import Profile
from perfpred.progress import Progress

MAX_CANDIDATES = 600
"""Sizes to choose from: enough to hold small ones, few enough to weigh each against all."""
MIN_CANDIDATES = 60
"""With fewer, all may as well be measured: a first batch takes half of them."""


def adaptive_plan(request: Request, machine: Machine, max_rows: int, seed: int) -> Plan:
    """Return a plan whose sizes are the candidates of an adaptive campaign.

    Parameters
    ----------
    request : Request
        A kernel with its variants and hardware.
    machine : Machine
    max_rows : int
        The most rows that will be timed.
    seed : int
        Of the draw of candidates.

    Raises
    ------
    InputError
        If the kernel has too few different sizes, or fewer candidates than `max_rows`; and as `make_plan`.
    """
    known = kernel(request.kernel)
    possible = math.prod(parameter.n_values for parameter in known.parameters)
    if possible < MIN_CANDIDATES:
        raise InputError(
            f"kernel {known.name} has {possible} sizes, too few to choose among (at least "
            f"{MIN_CANDIDATES}): measure them all without --adaptive"
        )
    candidates = min(MAX_CANDIDATES, possible)
    if max_rows > candidates:
        raise InputError(
            f"an adaptive campaign chooses from {candidates} sizes, but {max_rows} are to be measured: "
            "give fewer --samples, or leave out --adaptive"
        )
    return make_plan([request], machine, candidates, seed, strict=True)


def profile_adaptively(
    sampler: Sampler,
    machine: Machine,
    where: Destination,
    effort: Effort,
    progress: Progress,
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> tuple[dict[Path, Profile], str]:
    """Measure the sizes that a sampler chooses until it says to stop, and write the profiles.

    Interrupted, it is continued by the same call with ``resume=True``: sizes chosen are in the journal.

    Parameters
    ----------
    sampler : Sampler
        Of an `adaptive_plan`.
    machine, where, effort, progress, resume, overwrite
        As for `profile_plan`.

    Returns
    -------
    profiles : dict of Path to Profile
    reason : str
        Why it stopped.

    Raises
    ------
    InputError
        If an output exists and neither `resume` nor `overwrite` is set.
    """
    plan = sampler.plan
    load = os.getloadavg()
    identity = plan.identity() | {"adaptive": [sampler.batches.first, sampler.batches.later]}
    if sampler.source_names:
        identity |= {"like": sampler.source_names}
    with claimed(plan, where, replace=resume or overwrite) as (claim, outputs):
        prepare(plan.subjects)
        with CampaignJournal(claim, identity, resume=resume, overwrite=overwrite) as journal:
            limits = Limits(effort.row_limit_s, machine.memory_bytes)
            with processes(plan.subjects, limits) as children:
                sampled = run_adaptive(sampler, children, journal, effort, time.perf_counter, progress)
            about = {
                "measured": measured_when(journal, load, resume=resume),
                "sampling": describe(sampled.curve, sampled.reason, sampler)
                | {"stage_slowness": [round(value, 4) for value in sampled.slowness]},
            }
            chosen = _chosen(plan, sampled.numbers)
            return write_profiles(chosen, sampled.records, machine, outputs, effort, about), sampled.reason


def _chosen(plan: Plan, numbers: Sequence[int]) -> Plan:
    """Return the plan of the sizes that were chosen."""
    [part] = plan.parts
    return replace(plan, parts=(replace(part, sizes=tuple(part.sizes[number] for number in numbers)),))
