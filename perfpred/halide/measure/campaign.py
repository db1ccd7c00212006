"""What is measured of a pipeline, and where the code of its candidates lies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.errors import MeasurementError
from perfpred.halide.measure.checks import Beside, Checks
from perfpred.halide.measure.contention.load import Others
from perfpred.halide.measure.workers import (
    Description,
    Workshop,
    compile_job,
    require_halide,
)
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.reference import UNFUSED, inlined_schedule, reference_schedule
from perfpred.hardware import Site, allowed_processors
from perfpred.names import content_key
from perfpred.variants.cache import cache_folder, is_usable, remove_leftovers, require_private, work_folder
from perfpred.variants.halide.library import target

PULSE = 1
"""Version of the work that tells how fast the machine is."""


@dataclass
class FastestPulse:
    """The least time of the pulse that was ever seen: what calm is compared with."""

    time_s: float = math.inf

    def saw(self, time_s: float) -> None:
        """Take in another time."""
        self.time_s = min(self.time_s, time_s)


@dataclass(frozen=True)
class Task:
    """A pipeline to be measured at some sizes on a site, with files of its own in `folder`.

    Attributes
    ----------
    pipeline : PipelineRef
    site : Site
    described : mapping of Size to Description
    folder : Path
    fastest : FastestPulse
    beside : tuple of Beside
    checks : Checks
    others : Others
    """

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


def cache_dir() -> Path:
    """Return the folder of compiled candidates."""
    return cache_folder("halide")


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
