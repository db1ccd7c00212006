"""Jobs done side by side, each in a process that can be limited and killed."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from perfpred.hardware import allowed_processors
from perfpred.sandbox.child import Child, Command
from perfpred.sandbox.forking import FAILED, ForkLimits, Reply

START = "import sys; sys.path.append(sys.argv.pop()); from perfpred.sandbox.fork_server import main; main()"
"""What starts a server: files of the folder it is started from do not stand in for Python's modules."""
GRACE_S = 15.0
"""What a fork server is given beyond the limit of its job before it is taken for dead."""


@dataclass(frozen=True)
class Job:
    """A function by name, ``module:function``, with plain arguments; it returns what JSON can say."""

    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class WorkerPool:
    """Does jobs in forks of as many servers as there are processors; a context manager, whose end ends them.

    Parameters
    ----------
    preload : sequence of str
        Modules that the servers import before they fork, so that no job waits for them.
    limits : ForkLimits, optional
        Of each job, unless it has its own.
    workers : int, optional
        How many jobs at a time; all processors by default.
    failure : str
        The status of a job that raised or ended its process.
    name : str
        What the servers are called in messages.
    """

    def __init__(
        self,
        preload: Sequence[str] = (),
        limits: ForkLimits | None = None,
        workers: int | None = None,
        failure: str = FAILED,
        name: str = "the sandbox",
    ) -> None:
        self.limits, self._failure = limits or ForkLimits(), failure
        count = workers or len(allowed_processors())
        self._free: queue.SimpleQueue[Child] = queue.SimpleQueue()
        home = str(Path(__file__).parents[2])
        command = Command(name, ["-P", "-c", START, home], {"preload": list(preload)})
        self._children = [Child(command) for _ in range(count)]
        for child in self._children:
            self._free.put(child)
        # Linux ends a child with the thread that started it, so the threads last as long as the children.
        self._pool = ThreadPoolExecutor(count)

    def run(self, job: Job, limits: ForkLimits | None = None) -> Reply:
        """Return the reply to one job; its status is ``ok``, the pool's `failure`, or ``timeout``."""
        limits = limits or self.limits
        request = {
            "function": job.function,
            "arguments": dict(job.arguments),
            "limit_s": limits.seconds,
            "memory_bytes": limits.memory_bytes,
            "failure": self._failure,
        }
        child = self._free.get()
        try:
            return child.ask(request, limits.seconds + GRACE_S)
        finally:
            self._free.put(child)

    def submit(self, work: Callable[[], Reply]) -> Future[Reply]:
        """Have something done that calls `run`, beside other such work."""
        return self._pool.submit(work)

    def run_all(
        self, jobs: Sequence[Job], done: Callable[[int, Reply], None], limits: ForkLimits | None = None
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

    def close(self) -> None:
        """End all processes and threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.end()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
