"""Compiling candidates, resumably."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from perfpred.documents.views import Log
from perfpred.halide.measure.campaign import Task, cache_dir
from perfpred.halide.measure.workers import (
    Workshop,
    about_path,
    compile_job,
)
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.progress import Progress
from perfpred.sandbox.forking import ForkLimits
from perfpred.variants.cache import is_usable, remove_leftovers

KNOWN, SLOWER, MIN_LIMIT_S = 10, 4.0, 8.0
"""After so many compilations, none is given more than so many times what they took, or so many seconds."""


@dataclass
class Compiled:
    """What became of a candidate when it was compiled; `twin_of` has the same code.

    Attributes
    ----------
    status, message : str
    codes : list of str
    compile_s : float
    twin_of : str
    """

    status: str = "ok"
    message: str = ""
    codes: list[str] = field(default_factory=list)
    compile_s: float = 0.0
    twin_of: str = ""

    @property
    def usable(self) -> bool:
        """Whether it is worth timing."""
        return self.status == "ok" and not self.twin_of


def compile_all(
    task: Task, candidates: Sequence[Candidate], workshop: Workshop, log: Log, progress: Progress
) -> dict[str, Compiled]:
    """Compile candidates on all processors; returns what became of each by its id.

    What failed is in the log and is not tried again; what Halide would compile wrongly is not tried at all.
    Once some have been compiled, others are not waited for much longer than those took: what takes long to
    compile is seldom fast, and never worth its time.

    Parameters
    ----------
    task : Task
    candidates : sequence of Candidate
    workshop : Workshop
    log : Log
    progress : Progress
    """
    outcomes = {
        entry["compiled"]: Compiled(entry["status"], entry["message"], entry["codes"], entry["compile_s"])
        for entry in log.entries()
        if "compiled" in entry
    }
    for each in candidates:
        refused = None if each.id in outcomes else _refused(task, each)
        if refused is not None:
            outcomes[each.id] = refused
            log.append(_entry(each, refused))
    limits = compile_limits(
        [each.compile_s for each in outcomes.values() if each.status == "ok"], workshop.limits
    )
    sizes = task.first_of_each()
    for each in candidates:
        before = None if each.id in outcomes else _compiled_before(task, each, sizes)
        if before is not None:
            outcomes[each.id] = before
            log.append(_entry(each, before))
    todo = [
        each
        for each in candidates
        if each.id not in outcomes
        or (outcomes[each.id].status == "ok" and not _is_compiled(task, each, sizes))
    ]
    jobs = [
        compile_job(Workload(task.pipeline, size), each, task.target, str(task.library(each, size)))
        for each in todo
        for size in sizes
    ]
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

    workshop.run_all(jobs, done, limits)
    remove_leftovers(cache_dir())  # of compilations that took too long
    return _without_twins(candidates, outcomes)


def _refused(task: Task, candidate: Candidate) -> Compiled | None:
    """Return the outcome of a candidate that Halide would compile wrongly."""
    reason = miscompiled(candidate, next(iter(task.described.values())).graph)
    return None if reason is None else Compiled("wrong_result", reason)


def _is_compiled(task: Task, candidate: Candidate, sizes: Sequence[Size]) -> bool:
    return all(is_usable(task.library(candidate, size)) for size in sizes)


def _entry(candidate: Candidate, outcome: Compiled) -> dict[str, Any]:
    document = {"status": outcome.status, "message": outcome.message, "codes": outcome.codes}
    return {"compiled": candidate.id, **document, "compile_s": round(outcome.compile_s, 3)}


def _compiled_before(task: Task, candidate: Candidate, sizes: Sequence[Size]) -> Compiled | None:
    """Return the outcome of a compilation whose libraries are still there."""
    found = []
    for size in sizes:
        library = task.library(candidate, size)
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


def _without_twins(candidates: Sequence[Candidate], outcomes: Mapping[str, Compiled]) -> dict[str, Compiled]:
    first: dict[tuple[str, ...], str] = {}
    for each in candidates:
        outcome = outcomes[each.id]
        if outcome.status == "ok":
            known = first.setdefault(tuple(outcome.codes), each.id)
            outcome.twin_of = "" if known == each.id else known
    return {each.id: outcomes[each.id] for each in candidates}
