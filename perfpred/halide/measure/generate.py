"""Candidates of a pipeline from all sources, as many as are wanted, each different from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from perfpred.errors import InputError, UnknownNameError
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.model import Graph
from perfpred.halide.measure.library_cache import scratch_folder
from perfpred.halide.measure.workers import Description, HalideWorkers, autoschedule_job
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.autoschedulers import PARAMETERS, defaults
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.schedule.weights import sampling_parameters, write_perturbed
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.template import FourKnobs
from perfpred.hardware import Site
from perfpred.sandbox.forking import ForkLimits
from perfpred.variants.halide.library import target

BASELINES = tuple(name.lower() for name in PARAMETERS)
SAMPLED = "adams2019-sampled"
PROPORTIONS = {"own": 0.75, SAMPLED: 0.2, "template": 0.05}
"""Of the candidates that are not an autoscheduler's own choice."""
SIGMAS = (0.15, 0.3, 0.6, 1.0)
BASELINE_LIMIT_S = 300.0
SAMPLE_LIMIT_S = 60.0


def generate_candidates(
    described: Description,
    site: Site,
    workers: HalideWorkers,
    count: int,
    sources: Sequence[str],
    rng: np.random.Generator,
) -> tuple[list[Candidate], list[str]]:
    """Return up to `count` distinct candidates, and what was said about those that could not be had.

    Parameters
    ----------
    described : Description
        The workload that candidates are drawn for.
    site : Site
        Where they will run.
    workers : HalideWorkers
        The processes that compile and check.
    count : int
        How many are wanted.
    sources : sequence of str
        Any of ``BASELINES`` and of the keys of ``PROPORTIONS``.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If no candidate could be had.
    UnknownNameError
        If a source is not known.
    """
    for name in sources:
        if name not in (*BASELINES, *PROPORTIONS):
            raise UnknownNameError("source of schedules", name, (*BASELINES, *PROPORTIONS))
    found: dict[Candidate, None] = {}
    notes: list[str] = []
    chosen, said = baselines(described, site, workers, [name for name in BASELINES if name in sources])
    found.update(dict.fromkeys(chosen))
    notes += said
    left = max(0, count - len(found))
    wanted = {name: PROPORTIONS[name] for name in PROPORTIONS if name in sources}
    total = sum(wanted.values()) or 1.0
    for name in ("template", SAMPLED):
        if name in wanted:
            number = round(left * wanted[name] / total)
            drawn, said = _right(_drawn(name, described, site, workers, number, rng), described.graph)
            found.update(dict.fromkeys(drawn))
            notes += said
    if "own" in wanted:
        space = LoopNestSpace(described.graph, Target.of(site))
        found.update(dict.fromkeys(space.sample(max(0, count - len(found)), rng)))
    if not found:
        raise InputError(
            f"no schedule of {described.workload.name} was found: {'; '.join(notes) or 'none asked for'}"
        )
    return list(found)[: max(count, len(chosen))], notes


def _right(candidates: Sequence[Candidate], graph: Graph) -> tuple[list[Candidate], list[str]]:
    """Return the candidates that Halide compiles rightly, and what is said about the others."""
    reasons = {each: miscompiled(each, graph) for each in candidates}
    notes = [f"{each.source} {each.id}: {reason}" for each, reason in reasons.items() if reason is not None]
    return [each for each in candidates if reasons[each] is None], notes


def baselines(
    described: Description, site: Site, workers: HalideWorkers, names: Sequence[str]
) -> tuple[list[Candidate], list[str]]:
    """Return the choices of Halide's autoschedulers, and what was said where one has none.

    Parameters
    ----------
    described : Description
        What each size is like.
    site : Site
        Machine, ISA level and threads.
    workers : HalideWorkers
        The processes that compile and check.
    names : sequence of str
        Of the autoschedulers.
    """
    proper = {name.lower(): name for name in PARAMETERS}
    jobs = [
        (proper[name], defaults(proper[name], site.threads), name, ForkLimits(BASELINE_LIMIT_S))
        for name in names
    ]
    replies = _asked(described.workload, site, workers, jobs)
    notes = [
        f"{name}: {reply['message']}"
        for name, reply in zip(names, replies, strict=True)
        if reply["status"] != "ok"
    ]
    found, said = _right(_candidates(replies), described.graph)
    return found, notes + said


def _drawn(
    name: str,
    described: Description,
    site: Site,
    workers: HalideWorkers,
    count: int,
    rng: np.random.Generator,
) -> list[Candidate]:
    if name == "template":
        return FourKnobs(described.graph).sample(count, rng)
    return adams_samples(described.workload, site, workers, count, rng)


def adams_samples(
    workload: Workload, site: Site, workers: HalideWorkers, count: int, rng: np.random.Generator
) -> list[Candidate]:
    """Return up to `count` distinct schedules of Adams2019 with perturbed weights.

    Parameters
    ----------
    workload : Workload
        The pipeline and its size.
    site : Site
        Machine, ISA level and threads.
    workers : HalideWorkers
        The processes that compile and check.
    count : int
        How many are wanted.
    rng : numpy.random.Generator
    """
    found: dict[Candidate, None] = {}
    with scratch_folder() as folder:
        for _ in range(3):
            missing = count - len(found)
            if missing <= 0:
                break
            jobs = []
            for index in range(missing):
                path = folder / f"adams-{len(found)}-{index}.weights"
                write_perturbed(path, float(rng.choice(SIGMAS)), rng)
                jobs.append(
                    ("Adams2019", sampling_parameters(path, rng), SAMPLED, ForkLimits(SAMPLE_LIMIT_S))
                )
            found.update(dict.fromkeys(_candidates(_asked(workload, site, workers, jobs))))
    return list(found)[:count]


Job = tuple[str, dict[str, Any], str, ForkLimits]


def _asked(
    workload: Workload, site: Site, workers: HalideWorkers, jobs: Sequence[Job]
) -> list[dict[str, Any]]:
    """Return the replies to some runs of autoschedulers, done side by side."""

    def one(job: Job) -> Callable[[], dict[str, Any]]:
        scheduler, parameters, label, limits = job
        asked = autoschedule_job(workload, scheduler, parameters, target(site.isa), label)
        return lambda: workers.run(asked, limits)

    futures: list[Future[dict[str, Any]]] = [workers.submit(one(job)) for job in jobs]
    return [future.result() for future in futures]


def _candidates(replies: Sequence[dict[str, Any]]) -> list[Candidate]:
    return [Candidate.from_json(reply["candidate"]) for reply in replies if reply["status"] == "ok"]
