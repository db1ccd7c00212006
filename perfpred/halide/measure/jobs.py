"""What is done with a pipeline in a process of its own: describe it, schedule it, compile it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import halide as hl
import numpy as np

from perfpred.documents.atomic import atomic_write, make_folder
from perfpred.errors import MeasurementError
from perfpred.halide.graph.rounding import rounding
from perfpred.halide.measure.contention.probe import PROBE_HEIGHT, PROBE_WIDTH
from perfpred.halide.measure.workers import about_path
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.pipeline.code_key import code_key
from perfpred.halide.pipeline.difference import difference
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.apply import apply
from perfpred.halide.schedule.autoscheduled import choice_of
from perfpred.halide.schedule.autoschedulers import run_autoscheduler
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.schedule.dry_run import lowered
from perfpred.halide.schedule.unrollable import unrollable
from perfpred.names import content_key
from perfpred.sandbox.supervised import run_supervised
from perfpred.variants import cache

FUNCTION = "perfpred_pipeline"
LINK = ("gcc", "-shared", "-o")
LINK_LIMIT_S = 60


def run_job(job: Mapping[str, Any]) -> dict[str, Any]:
    """Do one job; ``kind`` says which, the rest is its arguments."""
    if job["kind"] == "runtime":
        return compile_runtime(hl.Target(job["target"]), Path(job["out"]))
    if job["kind"] == "probe":
        return compile_probe(hl.Target(job["target"]), job["threads"], Path(job["out"]))
    workload = Workload.from_json(job)
    built = build(workload.pipeline, workload.size)
    if job["kind"] == "describe":
        return describe(built, Path(job["folder"]) if job.get("folder") else None)
    if job["kind"] == "difference":
        return {"difference": differing(workload, built, job["other"])}
    target = hl.Target(job["target"])
    if job["kind"] == "autoschedule":
        graph = built.graph  # read before anything is scheduled
        found = autoscheduled(built, target, job["scheduler"], job["parameters"], job["label"])
        if not found.runs_autoscheduler:
            found = unrollable(found, graph, lambda: build(workload.pipeline, workload.size), target)
        return {"candidate": found.to_json()}
    candidate = Candidate.from_json(job["candidate"])
    if job["kind"] == "apply":
        return lowered(candidate, built, target)
    return compile_candidate(built, candidate, target, Path(job["out"]))


def describe(built: BuiltPipeline, folder: Path | None) -> dict[str, Any]:
    """Return the graph, and what the compiled function takes and writes; examples are saved to `folder`."""
    arguments, outputs = built.documents
    if folder is not None:
        make_folder(folder)
        for argument, (_, example) in zip(arguments, built.inputs, strict=True):
            if argument["kind"] == "image":
                np.save(folder / argument["file"], example)
    return {
        "graph": built.graph.to_json(),
        "arguments": arguments,
        "outputs": outputs,
        "rounding": [each.to_json() for each in rounding(built.raw, built.graph)],
        "code": code_key(built),
    }


def differing(workload: Workload, built: BuiltPipeline, other: Sequence[int]) -> str:
    """Return how the algorithm at another size differs from that of a pipeline, empty if it does not."""
    size = int(other[0]), int(other[1])
    return difference((built.raw, build(workload.pipeline, size).raw), (workload.size, size))


def autoscheduled(
    built: BuiltPipeline, target: Any, scheduler: str, parameters: Mapping[str, Any], label: str
) -> Candidate:
    """Return an autoscheduler's choice for a pipeline whose graph was read.

    A choice that directives cannot say becomes a directive to run the autoscheduler again.

    Parameters
    ----------
    built : BuiltPipeline
        The pipeline, built.
    target : object
        Halide's target.
    scheduler : str
        The autoscheduler.
    parameters : mapping of str to object
        Of the autoscheduler.
    label : str
        What the schedule is called.
    """
    again = Directive("", 0, AUTOSCHEDULE, (scheduler, json.dumps(dict(parameters), sort_keys=True)))
    run_autoscheduler(built.pipeline, target, scheduler, parameters)
    return choice_of(Candidate((again,), label), built)


def compile_candidate(built: BuiltPipeline, candidate: Candidate, target: Any, out: Path) -> dict[str, Any]:
    """Write a candidate's shared library, without Halide's runtime; returns a hash of its code.

    Parameters
    ----------
    built : BuiltPipeline
        The pipeline, built.
    candidate : Candidate
        The schedule.
    target : object
        Halide's target.
    out : Path
        The library.
    """
    start = time.perf_counter()
    bare = target.with_feature(hl.TargetFeature.NoRuntime)
    built.funcs  # noqa: B018 - looked at before anything is scheduled
    apply(candidate, built, bare)
    code, ended = write_library(built.pipeline, built.arguments, bare, out)
    about = {"code": code, "compile_s": ended - start}
    atomic_write(about_path(out), json.dumps(about), follow_links=False)
    return about


def compile_runtime(target: Any, out: Path) -> dict[str, Any]:
    """Write the shared library of Halide's runtime."""
    with _building(out) as folder:
        path = folder / "runtime.o"
        hl.compile_standalone_runtime(str(path), target)
        link([str(path), "-lpthread", "-ldl", "-lm"], folder, out)
    return {}


def compile_probe(target: Any, threads: int, out: Path) -> dict[str, Any]:
    """Write the shared library of the probe: a small product of matrices on each thread."""
    x, y, xi, yi, thread = (hl.Var(name) for name in ("x", "y", "xi", "yi", "thread"))
    right, sums, probe = hl.Func("right"), hl.Func("sums"), hl.Func("probe")
    k = hl.RDom([(0, PROBE_WIDTH)])
    right[x, y, thread] = hl.f32(x + y + thread)
    sums[x, y, thread] = 0.0
    sums[x, y, thread] += hl.f32(k.x - y) * right[x, k.x, thread]
    probe[x, y, thread] = sums[x, y, thread]
    for dimension, extent in ((x, PROBE_WIDTH), (y, PROBE_HEIGHT), (thread, threads)):
        probe.bound(dimension, 0, extent)
    probe.tile(x, y, xi, yi, 32, 6).vectorize(xi, 16).unroll(xi).unroll(yi).parallel(thread)
    sums.compute_at(probe, x).vectorize(x, 16).unroll(x).unroll(y)
    sums.update().reorder(x, y, k.x).vectorize(x, 16).unroll(x).unroll(y)
    right.compute_at(probe, thread).vectorize(x, 16)
    write_library(hl.Pipeline(probe), [], target.with_feature(hl.TargetFeature.NoRuntime), out)
    return {}


def write_library(pipeline: Any, arguments: list[Any], bare: Any, out: Path) -> tuple[str, float]:
    """Compile and link a pipeline; returns a hash of its code, and when it was compiled by the clock.

    Parameters
    ----------
    pipeline : object
        The pipeline, scheduled.
    arguments : list of object
        Of the compiled function.
    bare : object
        The target without a runtime.
    out : Path
        The library.
    """
    with _building(out) as folder:
        path = folder / "pipeline.o"
        pipeline.compile_to({hl.OutputFileType.object: str(path)}, arguments, FUNCTION, bare)
        ended = time.perf_counter()
        link([str(path)], folder, out)
        return content_key(path.read_bytes()), ended


@contextmanager
def _building(out: Path) -> Iterator[Path]:
    """Make a folder beside a library to be, for what it is made of."""
    cache.require_private(out.parent)
    with cache.work_folder(out.parent) as folder:
        yield folder


def link(objects: list[str], folder: Path, out: Path) -> None:
    """Link objects into a shared library, first in a work folder: it is there whole or not at all.

    Raises
    ------
    MeasurementError
        If the linker fails.
    """
    made = folder / out.name
    done = run_supervised([*LINK, str(made), *objects], LINK_LIMIT_S, {"TMPDIR": str(folder)})
    if done.returncode != 0:
        raise MeasurementError(f"linking failed: {done.stderr[-400:]}")
    cache.put_in_place(made, out)
