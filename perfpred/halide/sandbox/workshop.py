"""The parent's side of the sandbox: jobs handed to as many nurseries as there are processors."""

from __future__ import annotations

import importlib.metadata
import os
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from perfpred.errors import InputError, VariantUnavailableError
from perfpred.halide.candidate import Candidate
from perfpred.halide.graph.model import Graph
from perfpred.halide.sandbox.forked import ForkLimits
from perfpred.halide.source import Source
from perfpred.measure.child import Child, Command

START = (
    "import sys; sys.path.append(sys.argv.pop()); from perfpred.halide.sandbox.nursery import main; main()"
)
"""What starts a nursery: files of the folder it is started from do not stand in for Python's modules."""
GRACE_S = 15.0
"""What a nursery is given beyond the limit of its job before it is taken for dead."""
Size = tuple[int, int]


@dataclass(frozen=True)
class Description:
    """A pipeline at one size: its graph, and what its compiled function takes and writes.

    Attributes
    ----------
    arguments : tuple of mapping
        In order: images (``type`` by NumPy's name, ``dims`` of min, extent and stride in Halide's order,
        ``file``) and scalars (``type``, ``value``).
    outputs : tuple of mapping
        ``type`` and ``dims`` of each output buffer in order; a Tuple has several.
    rounding : mapping
        ``epsilon`` and ``terms``, as `perfpred.halide.graph.rounding.Rounding` has them.
    code : str
        What decides its code, beside a schedule and a target: see `perfpred.halide.code_key`.
    """

    graph: Graph
    arguments: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]
    rounding: Mapping[str, float]
    code: str


class Workshop:
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
        self.limits = limits or ForkLimits()
        count = workers or len(os.sched_getaffinity(0))
        self._free: queue.SimpleQueue[Child] = queue.SimpleQueue()
        command = Command("the sandbox", ["-P", "-c", START, str(Path(__file__).parents[3])])
        self._children = [Child(command) for _ in range(count)]
        for child in self._children:
            self._free.put(child)
        # Linux ends a child with the thread that started it, so the threads last as long as the children.
        self._pool = ThreadPoolExecutor(count)

    def run(self, job: Mapping[str, Any], limits: ForkLimits | None = None) -> dict[str, Any]:
        """Return the reply to one job; its status is ``ok``, ``compile_error`` or ``timeout``."""
        limits = limits or self.limits
        request = {**job, "limit_s": limits.seconds, "memory_bytes": limits.memory_bytes}
        child = self._free.get()
        try:
            return child.ask(request, limits.seconds + GRACE_S)
        finally:
            self._free.put(child)

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
        futures = {self._pool.submit(self.run, job, limits): index for index, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                done(futures[future], future.result())
        except BaseException:
            for future in futures:
                future.cancel()
            self.close()
            raise

    def describe(self, source: Source, size: Size, folder: str | None = None) -> Description:
        """Return a pipeline at a size; example images are saved to `folder` if one is given.

        Raises
        ------
        InputError
            If it cannot be built or scheduled; the message says why.
        """
        reply = self.run({"kind": "describe", **_where(source, size), "folder": folder})
        if reply["status"] != "ok":
            message = str(reply["message"])
            place = source.place if ":" in source.place else source.name
            is_placed = message.startswith(place.rpartition(":")[0] or place)
            where = "" if is_placed else f"{place} at {size[0]}x{size[1]}: "
            raise InputError(f"{where}{message}")
        operands = tuple(reply["arguments"]), tuple(reply["outputs"])
        graph = Graph.from_json(reply["graph"])
        return Description(graph, *operands, reply["rounding"], reply["code"])

    def difference(self, source: Source, size: Size, other: Size) -> str:
        """Return how a pipeline's algorithm differs between two sizes, empty if it does not.

        Raises
        ------
        InputError
            If it cannot be built at the other size.
        """
        reply = self.run({"kind": "difference", **_where(source, size), "other": list(other)})
        if reply["status"] != "ok":
            raise InputError(str(reply["message"]))
        return str(reply["difference"])

    def close(self) -> None:
        """End all processes and threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.end()

    def __enter__(self) -> Workshop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def compile_job(source: Source, size: Size, candidate: Candidate, target: str, out: str) -> dict[str, Any]:
    """Return the job of compiling a candidate to the shared library `out`."""
    where = _where(source, size)
    return {"kind": "compile", **where, "candidate": candidate.to_json(), "target": target, "out": out}


def autoschedule_job(
    source: Source, size: Size, scheduler: str, parameters: Mapping[str, Any], target: str, label: str
) -> dict[str, Any]:
    """Return the job of asking an autoscheduler; the reply's candidate bears `label` as its source."""
    return {
        "kind": "autoschedule",
        **_where(source, size),
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


def _where(source: Source, size: Size) -> dict[str, Any]:
    return {"name": source.name, "place": source.place, "size": list(size)}
