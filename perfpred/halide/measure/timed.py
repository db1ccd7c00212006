"""Timing compiled candidates at several sizes, and having their outputs checked, in a process of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from perfpred.documents.views import Log, NameView
from perfpred.errors import InputError, one_line
from perfpred.halide.measure.contention.load import ProcessorLoad
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.workers import Description
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.reference import reference_schedule
from perfpred.measure.campaign import Effort, Row, RowRecord, run_campaign
from perfpred.measure.process import MALLOC
from perfpred.progress import Progress
from perfpred.sandbox.child import Child, Command
from perfpred.variants.cache import is_usable

PRUNED_BEYOND = 4.0
"""A candidate that takes so many times as long as the best so far at a size is pruned: timed once."""
MEMORY_BYTES = 16 << 30
LOOK_LIMIT_S = 120.0
"""How long the reference may be run at one size."""


@dataclass(frozen=True)
class Best:
    """The minimum time so far, by size."""

    time_s: dict[str, float] = field(default_factory=dict)

    def prunes(self, size: str, time_s: float) -> bool:
        """Take in a time; returns whether it is too far behind to be repeated."""
        best = min(time_s, self.time_s.get(size, time_s))
        self.time_s[size] = best
        return time_s > PRUNED_BEYOND * best


@dataclass(frozen=True)
class Timer:
    """Answers for one candidate, through the timing process that all share.

    Attributes
    ----------
    child : Child
        The process that runs it.
    candidate : str
        The schedule.
    libraries : mapping of str to str
        The compiled code, by size.
    best : Best
        The shortest times so far, by size.
    experiment : Experiment
        The pipeline, its sizes and the site.
    limit_s : float
        How long one run may take.
    """

    child: Child
    candidate: str
    libraries: Mapping[str, str]
    best: Best
    experiment: Experiment
    limit_s: float

    def ask(self, sizes: Mapping[str, int], *, check: bool) -> dict[str, Any]:
        """Return the reply for one row, marked if it is not worth another timing.

        What was wrong at one size, or crashed, is not timed at another.
        """
        size, checks = size_text((sizes["width"], sizes["height"])), self.experiment.checks
        failed = checks.failed(self.candidate)
        if failed is not None:
            return dict(failed)
        library, check = self.libraries[size], not checks.is_checked(self.candidate, size)
        request = {"library": library, "size": size, "check": check}
        if check:
            request["beside"] = [
                each.name
                for each in self.experiment.beside
                if self.libraries[size_text(each.like)] == library and each.name in checks.data
            ]
        reply = self.child.ask(request, self.limit_s)
        checks.took(self.candidate, size, reply)
        if reply["status"] == "wrong_result":
            self.child.close()  # it may have written anywhere
        if reply["status"] == "ok":
            for taken in ("refused", "passed"):
                reply.pop(taken, None)
            self.experiment.fastest.saw(reply["monitor_s"])
            if self.best.prunes(size, reply["time_s"]):
                reply["give_up"] = True
        return reply


def time_all(
    experiment: Experiment,
    candidates: Sequence[Candidate],
    log: Log,
    effort: Effort,
    seed: int,
    progress: Progress,
) -> list[tuple[Row, RowRecord]]:
    """Time candidates at all sizes in interleaved rounds; returns a record a row.

    Parameters
    ----------
    experiment : Experiment
        The pipeline, its sizes and the site.
    candidates : sequence of Candidate
    log : Log
        Where every outcome is written at once.
    effort : Effort
        How long and how often is timed.
    seed : int
        Of every random choice.
    progress : Progress
        Told how far it is.
    """
    rows = [
        Row(each.id, {"width": size[0], "height": size[1]})
        for each in candidates
        for size in experiment.described
    ]
    with _timing_process(experiment) as child:
        best = Best()
        timers = {
            each.id: Timer(
                child,
                each.id,
                {size_text(size): str(experiment.library(each, size)) for size in experiment.described},
                best,
                experiment,
                effort.row_limit_s,
            )
            for each in candidates
        }
        names = [f"{row.subject} {row.sizes['width']}x{row.sizes['height']}" for row in rows]
        named = NameView(log, names)
        records = run_campaign(rows, timers, named, effort, seed, time.perf_counter, progress)
    return list(zip(rows, records, strict=True))


def require_runnable(experiment: Experiment) -> None:
    """Raise `InputError` with Halide's own message if the pipeline fails even without a schedule."""
    with _timing_process(experiment):
        pass


@contextmanager
def _timing_process(experiment: Experiment) -> Iterator[Child]:
    fastest_s = experiment.fastest.time_s
    setup = {
        "runtime": str(experiment.runtime_library),
        "probe": str(experiment.probe_library),
        "threads": experiment.site.threads,
        "fastest_probe_s": fastest_s if math.isfinite(fastest_s) else None,
        "sizes": {
            **{
                size_text(size): operands_setup(experiment, size, each)
                for size, each in experiment.described.items()
            },
            **{
                each.name: operands_setup(experiment, each.like, each.described, each.folder)
                for each in experiment.beside
            },
        },
    }
    processors = [str(each) for each in experiment.processors]
    memory = str(min(MEMORY_BYTES, experiment.site.machine.memory_bytes))
    command = Command(
        f"the process timing {experiment.pipeline.name}",
        ["-m", "perfpred.halide.measure.runner", memory, *processors],
        setup,
        {**MALLOC, "HL_NUM_THREADS": str(experiment.site.threads)},
    )
    child, load = Child(command), ProcessorLoad(experiment.processors)
    try:
        _look(experiment, child)
        yield child
    finally:
        experiment.others.used = load.others(child.pid)
        child.close()


def operands_setup(
    experiment: Experiment, size: Size, described: Description, folder: str = ""
) -> dict[str, Any]:
    """Return what the timing process needs to know of a size; its code is that for another where so told.

    Parameters
    ----------
    experiment : Experiment
        The pipeline, its sizes and the site.
    size : Size
    described : Description
        What each size is like.
    folder : str
        Where the examples' files are.
    """
    return {
        "folder": str(experiment.folder / (folder or size_text(size))),
        "arguments": list(described.arguments),
        "outputs": list(described.outputs),
        "rounding": [dict(each) for each in described.rounding],
        "reference": str(experiment.library(reference_schedule(described.graph), size)),
        "others": [str(path) for _, _, path in experiment.variants(size) if is_usable(path)],
    }


def _look(experiment: Experiment, child: Child) -> None:
    """Have the reference run at all sizes that it was not, and take in what is checked there."""
    sizes = {size_text(size): each for size, each in experiment.described.items()}
    beside = {each.name: each.described for each in experiment.beside}
    failed: list[tuple[str, str]] = []
    for name, described in {**beside, **sizes}.items():
        if name in experiment.checks.data or name in experiment.checks.looked_at:
            continue
        experiment.checks.looked_at.add(name)
        reply = child.ask({"about": name}, LOOK_LIMIT_S)
        if reply["status"] == "ok":
            experiment.checks.saw(name, described, reply)
            continue
        said = one_line(reply["message"])
        experiment.checks.warn(f"the unscheduled pipeline fails: {said}", name)
        if name in sizes and not any(each in experiment.checks.data for each in sizes):
            failed.append((name, said))
    if len(failed) == len(sizes):
        raise InputError(_unrunnable(experiment.pipeline, *failed[0]))


def _unrunnable(pipeline: PipelineRef, size: str, said: str) -> str:
    """Return what is said of a pipeline that fails whatever its schedule."""
    remedy = (
        ". Its examples must cover what is read, and its outputs what is written: an output's extent may be "
        "a pair (minimum, extent), and an example an hl.Buffer with minima and strides"
    )
    said = said.removeprefix("Error: ").rstrip(".")
    return (
        f"{pipeline.name} cannot be run at {size}, even without a schedule: {said}"
        f"{remedy if 'accessed at' in said else ''}"
    )
