"""What is measured of a pipeline, and compiling its candidates, resumably."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.documents.views import Log
from perfpred.errors import MeasurementError
from perfpred.halide.measure.checks import Beside, Checks
from perfpred.halide.measure.contention.load import Others
from perfpred.halide.measure.workers import (
    Description,
    Workshop,
    about_path,
    compile_job,
    require_halide,
)
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.schedule.reference import UNFUSED, inlined_schedule, reference_schedule
from perfpred.hardware import Site, allowed_processors
from perfpred.names import content_key
from perfpred.progress import Progress
from perfpred.sandbox.forking import ForkLimits
from perfpred.variants.cache import cache_folder, is_usable, remove_leftovers, require_private, work_folder
from perfpred.variants.halide.library import target

PULSE = 1
"""Version of the work that tells how fast the machine is."""
KNOWN, SLOWER, LEAST_LIMIT_S = 10, 4.0, 8.0
"""After so many compilations, none is given more than so many times what they took, or so many seconds."""


@dataclass
class FastestPulse:
    """The least time of the pulse that was ever seen: what calm is compared with."""

    time_s: float = math.inf

    def saw(self, time_s: float) -> None:
        """Take in another time."""
        self.time_s = min(self.time_s, time_s)


@dataclass(frozen=True)
class Task:
    """A pipeline to be measured at some sizes on a site, with files of its own in `folder`."""

    pipeline: PipelineRef
    site: Site
    described: Mapping[Size, Description]
    folder: Path
    fastest: FastestPulse = field(default_factory=FastestPulse, compare=False)
    beside: tuple[Beside, ...] = ()
    checks: Checks = field(default_factory=Checks, compare=False)
    others: Others = field(default_factory=Others, compare=False)

    @property
    def target(self) -> str:
        """Halide's target."""
        return target(self.site.isa)

    def library(self, candidate: Candidate, size: Size) -> Path:
        """Return where a candidate's code for a size lies: sizes whose pipelines are alike share it."""
        key = repr([self.described[size].code, self.target, require_halide()])
        return cache_dir() / content_key(key.encode()) / f"{candidate.id}.so"

    def variants(self, size: Size) -> list[tuple[Candidate, str, Path]]:
        """Return what rounds otherwise than the reference: its schedule, its target, where its code lies.

        The reference without fused multiplications and additions, and what is cheap inlined; nothing where
        integers alone are computed.
        """
        described = self.described[size]
        if not any(each["epsilon"] for each in described.rounding):
            return []
        plain, inlined = reference_schedule(described.graph), inlined_schedule(described.graph)
        path = self.library(plain, size)
        found = [(plain, f"{self.target}-{UNFUSED}", path.with_name(f"{path.stem}-{UNFUSED}.so"))]
        if inlined is not None:
            found.append((inlined, self.target, self.library(inlined, size)))
        return found

    @property
    def processors(self) -> tuple[int, ...]:
        """Return the processors that candidates are timed on."""
        return allowed_processors()[-self.site.threads :]

    def first_of_each(self) -> list[Size]:
        """Return a size for each code that there is: one, unless the pipeline is another at each size."""
        found: dict[str, Size] = {}
        for size, each in self.described.items():
            found.setdefault(each.code, size)
        return list(found.values())


@dataclass
class Compiled:
    """What became of a candidate when it was compiled; `twin_of` has the same code."""

    status: str = "ok"
    message: str = ""
    codes: list[str] = field(default_factory=list)
    compile_s: float = 0.0
    twin_of: str = ""

    @property
    def usable(self) -> bool:
        """Whether it is worth timing."""
        return self.status == "ok" and not self.twin_of


def cache_dir() -> Path:
    """Return the folder of compiled candidates."""
    return cache_folder("halide")


def compile_all(
    task: Task, candidates: Sequence[Candidate], workshop: Workshop, log: Log, progress: Progress
) -> dict[str, Compiled]:
    """Compile candidates on all processors; returns what became of each by its id.

    What failed is in the log and is not tried again; what Halide would compile wrongly is not tried at all.
    Once some have been compiled, others are not waited for much longer than those took: what takes long to
    compile is seldom fast, and never worth its time.
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
    limits = patience([each.compile_s for each in outcomes.values() if each.status == "ok"], workshop.limits)
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


def patience(compile_s: Sequence[float], limits: ForkLimits) -> ForkLimits:
    """Return the limits of a compilation, after others that took so many seconds.

    Examples
    --------
    >>> patience([1.0] * 20, ForkLimits(60.0)).seconds
    8.0
    >>> patience([], ForkLimits(60.0)).seconds
    60.0
    """
    if len(compile_s) < KNOWN:
        return limits
    usual = float(np.quantile(compile_s, 0.9))
    return replace(limits, seconds=min(limits.seconds, max(LEAST_LIMIT_S, SLOWER * usual)))


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


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder in the cache for files of a session; one that a killed process left is removed later."""
    require_private(cache_dir())
    with work_folder(cache_dir()) as folder:
        yield folder


def runtime_library(task: Task) -> Path:
    """Return where the library of Halide's runtime lies."""
    key = content_key(repr([task.target, require_halide()]).encode())
    return cache_dir() / f"runtime-{key}.so"


def pulse_library(task: Task) -> Path:
    """Return where the library of the work lies that tells how fast the machine is."""
    key = content_key(repr([task.target, require_halide(), PULSE]).encode())
    return cache_dir() / f"pulse-{key}-{task.site.threads}t.so"


def prepare(task: Task, workshop: Workshop) -> None:
    """Compile the runtime, the pulse and the reference schedules.

    Raises
    ------
    MeasurementError
        If that fails, as where there is no linker.
    """
    require_private(cache_dir())
    remove_leftovers(cache_dir())
    runtime = runtime_library(task)
    beside: list[dict[str, Any]] = []
    jobs: list[dict[str, Any]]
    jobs = [] if is_usable(runtime) else [{"kind": "runtime", "target": task.target, "out": str(runtime)}]
    pulse, threads = pulse_library(task), task.site.threads
    if not is_usable(pulse):
        jobs.append({"kind": "pulse", "target": task.target, "threads": threads, "out": str(pulse)})
    for size in task.first_of_each():
        workload, reference = task.described[size].workload, reference_schedule(task.described[size].graph)
        path = task.library(reference, size)
        if not is_usable(path):
            jobs.append(compile_job(workload, reference, task.target, str(path)))
        for each, rounding, path in task.variants(size):
            if not is_usable(path):
                beside.append(compile_job(workload, each, rounding, str(path)))
    replies: dict[int, dict[str, Any]] = {}
    workshop.run_all([*jobs, *beside], replies.__setitem__)
    for number in range(len(jobs)):  # what fails of the others is done without
        if replies[number]["status"] != "ok":
            raise MeasurementError(f"{task.pipeline.name} cannot be compiled: {replies[number]['message']}")
