"""The jobs that are done with a pipeline in processes of their own, as the parent sees them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from perfpred.errors import InputError, VariantUnavailableError
from perfpred.halide.graph.model import Graph
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate
from perfpred.sandbox.forking import ForkLimits
from perfpred.sandbox.worker_pool import Job, WorkerPool

RUN = "perfpred.halide.measure.jobs:run_job"
JOBS = "perfpred.halide.measure.jobs"


@dataclass(frozen=True)
class Description:
    """What a workload is in detail: its graph, and what its compiled function takes and writes.

    Attributes
    ----------
    workload : Workload
        The pipeline and its size.
    graph : Graph
        The pipeline at its size.
    arguments : tuple of mapping
        In order: images (``type`` by NumPy's name, ``dims`` of min, extent and stride in Halide's order,
        ``file``) and scalars (``type``, ``value``).
    outputs : tuple of mapping
        ``type`` and ``dims`` of each output buffer in order; a Tuple has several.
    rounding : tuple of mapping
        ``epsilon`` and ``terms`` of each output buffer, as of `perfpred.halide.graph.rounding.Rounding`.
    code : str
        What decides its code, beside a schedule and a target: see `perfpred.halide.pipeline.code_key`.
    """

    workload: Workload
    graph: Graph
    arguments: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]
    rounding: tuple[Mapping[str, float], ...]
    code: str


class HalideWorkers:
    """Does jobs in processes that can be limited; a context manager, whose end ends them.

    Parameters
    ----------
    limits : ForkLimits
        Of each job.
    workers : int, optional
        How many jobs at a time; all processors by default.

    Raises
    ------
    VariantUnavailableError
        If Halide is not installed.
    """

    def __init__(self, limits: ForkLimits | None = None, workers: int | None = None) -> None:
        require_halide()
        self._pool = WorkerPool([JOBS], limits, workers, failure="compile_error")

    @property
    def limits(self) -> ForkLimits:
        """What a job may use, unless it has limits of its own."""
        return self._pool.limits

    def run(self, job: Mapping[str, Any], limits: ForkLimits | None = None) -> dict[str, Any]:
        """Return the reply to one job; its status is ``ok``, ``compile_error`` or ``timeout``."""
        return self._pool.run(Job(RUN, {"job": dict(job)}), limits)

    def submit(self, work: Callable[[], dict[str, Any]]) -> Future[dict[str, Any]]:
        """Have something done that calls `run`, beside other such work."""
        return self._pool.submit(work)

    def run_all(
        self,
        jobs: Sequence[Mapping[str, Any]],
        done: Callable[[int, dict[str, Any]], None],
        limits: ForkLimits | None = None,
    ) -> None:
        """Do jobs at the same time; `done` is called with each one's number and reply, one call at a time."""
        self._pool.run_all([Job(RUN, {"job": dict(job)}) for job in jobs], done, limits)

    def describe(self, workload: Workload, folder: str | None = None) -> Description:
        """Return a pipeline at a size; example images are saved to `folder` if one is given.

        Raises
        ------
        InputError
            If it cannot be built or scheduled; the message says why.
        """
        reply = self.run({"kind": "describe", **workload.to_json(), "folder": folder})
        if reply["status"] != "ok":
            message = str(reply["message"])
            ref = workload.pipeline
            name = ref.location if ":" in ref.location else ref.name
            is_named = message.startswith(name.rpartition(":")[0] or name)
            where = "" if is_named else f"{name} at {size_text(workload.size)}: "
            raise InputError(f"{where}{message}")
        operands = tuple(reply["arguments"]), tuple(reply["outputs"])
        graph = Graph.from_json(reply["graph"])
        return Description(workload, graph, *operands, tuple(reply["rounding"]), reply["code"])

    def difference(self, workload: Workload, other: Size) -> str:
        """Return how a pipeline's algorithm differs at another size, empty if it does not.

        Raises
        ------
        InputError
            If it cannot be built at the other size.
        """
        reply = self.run({"kind": "difference", **workload.to_json(), "other": list(other)})
        if reply["status"] != "ok":
            raise InputError(str(reply["message"]))
        return str(reply["difference"])

    def close(self) -> None:
        """End all processes and threads."""
        self._pool.close()

    def __enter__(self) -> HalideWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def compile_job(workload: Workload, candidate: Candidate, target: str, out: str) -> dict[str, Any]:
    """Return the job of compiling a candidate to the shared library `out`.

    Parameters
    ----------
    workload : Workload
        The pipeline and its size.
    candidate : Candidate
        The schedule.
    target : str
        Halide's target.
    out : str
        The library.
    """
    asked = {"kind": "compile", "candidate": candidate.to_json(), "target": target, "out": out}
    return {**asked, **workload.to_json()}


def autoschedule_job(
    workload: Workload, scheduler: str, parameters: Mapping[str, Any], target: str, label: str
) -> dict[str, Any]:
    """Return the job of asking an autoscheduler; the reply's candidate bears `label` as its source.

    Parameters
    ----------
    workload : Workload
        The pipeline and its size.
    scheduler : str
        The autoscheduler.
    parameters : mapping of str to object
        Of the autoscheduler.
    target : str
        Halide's target.
    label : str
        What the schedule is called.
    """
    return {
        "kind": "autoschedule",
        **workload.to_json(),
        "scheduler": scheduler,
        "parameters": dict(parameters),
        "target": target,
        "label": label,
    }


def about_path(library: Path) -> Path:
    """Return where it is kept what a compilation replied, beside its library."""
    return library.with_suffix(".json")


def require_halide() -> str:
    """Return Halide's version; raises `VariantUnavailableError` where it is not installed."""
    try:
        return importlib.metadata.version("halide")
    except importlib.metadata.PackageNotFoundError:
        raise VariantUnavailableError("Halide is not installed: pip install halide") from None
