"""Compiling candidates into the cache of libraries, resumably, and what they are compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from perfpred.documents.views import Log
from perfpred.errors import MeasurementError
from perfpred.halide.measure import library_cache
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.workers import HalideWorkers, about_path, compile_job
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.schedule.reference import reference_schedule
from perfpred.progress import Progress
from perfpred.sandbox.forking import ForkLimits
from perfpred.variants.cache import is_usable, remove_leftovers, require_private

KNOWN, SLOWER, MIN_LIMIT_S = 10, 4.0, 8.0
"""After so many compilations, none is given more than so many times what they took, or so many seconds."""


@dataclass
class Compiled:
    """What became of a candidate when it was compiled; `duplicate_of` has the same code.

    Attributes
    ----------
    status, message : str
    codes : list of str
    compile_s : float
    duplicate_of : str
    """

    status: str = "ok"
    message: str = ""
    codes: list[str] = field(default_factory=list)
    compile_s: float = 0.0
    duplicate_of: str = ""

    @property
    def usable(self) -> bool:
        """Whether it is worth timing."""
        return self.status == "ok" and not self.duplicate_of


def compile_all(
    experiment: Experiment,
    candidates: Sequence[Candidate],
    workers: HalideWorkers,
    log: Log,
    progress: Progress,
) -> dict[str, Compiled]:
    """Compile candidates on all processors; returns what became of each by its id.

    What failed is in the log and is not tried again; what Halide would compile wrongly is not tried at all.
    Once some have been compiled, others are not waited for much longer than those took: what takes long to
    compile is seldom fast, and never worth its time.

    Parameters
    ----------
    experiment : Experiment
        The pipeline, its sizes and the site.
    candidates : sequence of Candidate
    workers : HalideWorkers
        The processes that compile.
    log : Log
        What became of earlier candidates; what becomes of these is appended.
    progress : Progress
        Told how far it is.
    """
    outcomes = {
        entry["compiled"]: Compiled(entry["status"], entry["message"], entry["codes"], entry["compile_s"])
        for entry in log.entries()
        if "compiled" in entry
    }
    for each in candidates:
        refused = None if each.id in outcomes else _refused(experiment, each)
        if refused is not None:
            outcomes[each.id] = refused
            log.append(_entry(each, refused))
    limits = compile_limits(
        [each.compile_s for each in outcomes.values() if each.status == "ok"], workers.limits
    )
    sizes = experiment.first_of_each()
    for each in candidates:
        before = None if each.id in outcomes else _compiled_before(experiment, each, sizes)
        if before is not None:
            outcomes[each.id] = before
            log.append(_entry(each, before))
    todo = [
        each
        for each in candidates
        if each.id not in outcomes
        or (outcomes[each.id].status == "ok" and not _is_compiled(experiment, each, sizes))
    ]
    jobs = [experiment.compile_job(each, size) for each in todo for size in sizes]
    replies: dict[int, dict[str, Any]] = {}

    def done(index: int, reply: dict[str, Any]) -> None:
        replies[index] = reply
        first = index // len(sizes) * len(sizes)
        mine = [replies.get(number) for number in range(first, first + len(sizes))]
        if None not in mine:
            outcome = _outcome([reply for reply in mine if reply is not None])
            outcomes[todo[index // len(sizes)].id] = outcome
            log.append(_entry(todo[index // len(sizes)], outcome))
        progress.update(len(replies), len(jobs), "compiling")

    workers.run_all(jobs, done, limits)
    remove_leftovers(library_cache.cache_dir())  # of compilations that took too long
    return _without_duplicates(candidates, outcomes)


def _refused(experiment: Experiment, candidate: Candidate) -> Compiled | None:
    """Return the outcome of a candidate that Halide would compile wrongly."""
    reason = miscompiled(candidate, next(iter(experiment.described.values())).graph)
    return None if reason is None else Compiled("wrong_result", reason)


def _is_compiled(experiment: Experiment, candidate: Candidate, sizes: Sequence[Size]) -> bool:
    return all(is_usable(experiment.library(candidate, size)) for size in sizes)


def _entry(candidate: Candidate, outcome: Compiled) -> dict[str, Any]:
    document = {"status": outcome.status, "message": outcome.message, "codes": outcome.codes}
    return {"compiled": candidate.id, **document, "compile_s": round(outcome.compile_s, 3)}


def _compiled_before(experiment: Experiment, candidate: Candidate, sizes: Sequence[Size]) -> Compiled | None:
    """Return the outcome of a compilation whose libraries are still there."""
    found = []
    for size in sizes:
        library = experiment.library(candidate, size)
        try:
            about = json.loads(about_path(library).read_text(encoding="utf-8"))
            found.append({"code": str(about["code"]), "compile_s": float(about["compile_s"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not is_usable(library):
            return None
    return _outcome([{"status": "ok", **each} for each in found])


def compile_limits(compile_s: Sequence[float], limits: ForkLimits) -> ForkLimits:
    """Return the limits of a compilation, after others that took so many seconds.

    Examples
    --------
    >>> compile_limits([1.0] * 20, ForkLimits(60.0)).seconds
    8.0
    >>> compile_limits([], ForkLimits(60.0)).seconds
    60.0
    """
    if len(compile_s) < KNOWN:
        return limits
    usual = float(np.quantile(compile_s, 0.9))
    return replace(limits, seconds=min(limits.seconds, max(MIN_LIMIT_S, SLOWER * usual)))


def _outcome(replies: Sequence[Mapping[str, Any]]) -> Compiled:
    failed = [reply for reply in replies if reply["status"] != "ok"]
    if failed:
        # a compiler's process that dies is a failure of the compilation
        status = "timeout" if failed[0]["status"] == "timeout" else "compile_error"
        return Compiled(status, str(failed[0]["message"]))
    seconds = sum(float(reply["compile_s"]) for reply in replies)
    return Compiled(codes=[str(reply["code"]) for reply in replies], compile_s=seconds)


def _without_duplicates(
    candidates: Sequence[Candidate], outcomes: Mapping[str, Compiled]
) -> dict[str, Compiled]:
    first: dict[tuple[str, ...], str] = {}
    for each in candidates:
        outcome = outcomes[each.id]
        if outcome.status == "ok":
            known = first.setdefault(tuple(outcome.codes), each.id)
            outcome.duplicate_of = "" if known == each.id else known
    return {each.id: outcomes[each.id] for each in candidates}


def prepare(experiment: Experiment, workers: HalideWorkers) -> None:
    """Compile the runtime, the probe and the reference schedules.

    Raises
    ------
    MeasurementError
        If that fails, as where there is no linker.
    """
    require_private(library_cache.cache_dir())
    remove_leftovers(library_cache.cache_dir())
    runtime = experiment.runtime_library
    beside: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]] = []
    if not is_usable(runtime):
        jobs.append({"kind": "runtime", "target": experiment.target, "out": str(runtime)})
    probe, threads = experiment.probe_library, experiment.site.threads
    if not is_usable(probe):
        jobs.append({"kind": "probe", "target": experiment.target, "threads": threads, "out": str(probe)})
    for size in experiment.first_of_each():
        reference = reference_schedule(experiment.described[size].graph)
        if not is_usable(experiment.library(reference, size)):
            jobs.append(experiment.compile_job(reference, size))
        for each, rounding, path in experiment.variants(size):
            if not is_usable(path):
                beside.append(compile_job(experiment.described[size].workload, each, rounding, str(path)))
    replies: dict[int, dict[str, Any]] = {}
    workers.run_all([*jobs, *beside], replies.__setitem__)
    for number in range(len(jobs)):  # what fails of the others is done without
        if replies[number]["status"] != "ok":
            raise MeasurementError(
                f"{experiment.pipeline.name} cannot be compiled: {replies[number]['message']}"
            )
