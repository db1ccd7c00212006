"""What an accepted schedule does: applied, emitted and run, the pipeline computes what it did without it."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.errors import PerfpredError
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.candidate import AUTOSCHEDULE
from perfpred.halide.schedule.document import Schedule
from perfpred.halide.schedule.emit import to_cpp, to_python
from perfpred.hardware import compiler
from perfpred.sandbox.forking import ForkLimits, run_forked

SIZE = (64, 48)
PIPELINES = ("blur", "matmul", "harris", "unsharp")
APPLY_LIMITS = ForkLimits(180.0, 24 << 30)
RUN_LIMITS = ForkLimits(40.0, 24 << 30)
TOLERANCE = 1e-3
"""Of the largest value: sums may be in another order."""


def applied(schedule: Schedule) -> str:
    """Apply a schedule in a child process as a user's program would in its own, and run what comes of it.

    Raises
    ------
    WrongAnswerError
        If that ends the process, if emitted source does not compile or is another schedule, or if something
        else is computed.
    """
    name = schedule.pipeline if schedule.pipeline in PIPELINES else PIPELINES[0]
    reference(name)  # before the process is copied
    reply = run_forked(lambda: _applied(schedule, name), APPLY_LIMITS, "runtime_error")
    if reply["status"] != "ok":
        raise WrongAnswerError(f"applying it: {reply}")
    if reply["verdict"] == REFUSED:
        return f"{REFUSED} when applied"
    if not reply["alike"]:
        raise WrongAnswerError("emitted Python is another schedule than what is applied")
    require_compiled(to_cpp(schedule))
    ran = run_forked(lambda: _ran(schedule, name), RUN_LIMITS, "runtime_error")
    if ran["status"] != "ok":  # as of a stack that is too small: nothing wrong is computed
        return f"{ACCEPTED} when applied, {ran['status']} when run"
    if "refused" in ran:
        return f"{ACCEPTED} when applied, {REFUSED} by Halide when run"
    if not ran["same"]:
        raise WrongAnswerError(f"it computes something else: {ran}")
    return f"{ACCEPTED} when applied and run"


@functools.cache
def reference(name: str) -> NDArray[Any]:
    """Return what a pipeline computes without a schedule."""
    return realized(*made(name))


def difference(found: NDArray[Any], name: str) -> float:
    """Return the largest difference from what a pipeline computes, relative to its largest value."""
    wanted = reference(name)
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def made(name: str) -> Any:
    """Return a pipeline of the suite as its function does."""
    return function_of(PipelineRef.of(name))(*SIZE)


def _applied(schedule: Schedule, name: str) -> dict[str, Any]:
    ours, theirs = made(name), made(name)
    try:
        schedule.apply(*ours)
    except PerfpredError:
        return {"verdict": REFUSED}
    if any(each.method == AUTOSCHEDULE for each in schedule.candidate.directives):
        return {"verdict": ACCEPTED, "alike": True}
    _emitted(schedule, theirs[0])
    return {"verdict": ACCEPTED, "alike": _recorded(theirs[0]) == _recorded(ours[0])}


def _ran(schedule: Schedule, name: str) -> dict[str, Any]:
    """Run what emitted Python schedules."""
    import halide as hl

    from perfpred.halide.pipeline.build import checked

    pipeline = made(name)
    checked(*pipeline)  # sets estimates, of which an autoscheduler has need
    try:
        _emitted(schedule, pipeline[0])
        error = difference(realized(*pipeline), name)
    except hl.HalideError as refusal:
        return {"refused": str(refusal)}
    return {"same": error <= TOLERANCE, "error": error}


def _emitted(schedule: Schedule, output: Any) -> None:
    import halide as hl

    names: dict[str, Any] = {}
    exec(compile(to_python(schedule), "emitted", "exec"), names)  # its calls were looked at before
    names["schedule"](hl.Pipeline(output), hl.get_host_target())


def _recorded(output: Any) -> Any:
    import halide as hl

    from perfpred.halide.graph.names import func_keys, in_order
    from perfpred.halide.graph.raw import parse
    from perfpred.halide.schedule.read_back import recorded

    raw = parse(hl.serialize_pipeline(hl.Pipeline(output)))
    return recorded(raw, "own", func_keys(in_order(raw)))


def realized(output: Any, inputs: Any, extents: Any) -> NDArray[Any]:
    """Return what a pipeline computes of its examples."""
    import halide as hl

    for parameter, example in inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    return np.array(output.realize(list(extents)), np.float64)


def require_compiled(source: str) -> None:
    """Raise `WrongAnswerError` unless a C++ compiler takes a text."""
    import halide as hl

    if compiler() is None:
        return
    headers = str(Path(hl.install_dir()) / "include")
    command = ["g++", "-std=c++17", "-fsyntax-only", "-Wall", "-isystem", headers, "-x", "c++", "-"]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    if done.returncode or done.stderr:
        raise WrongAnswerError(f"emitted C++ does not compile: {done.stderr[:400]}")
