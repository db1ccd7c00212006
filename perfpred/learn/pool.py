"""A pool of worker processes that ends with its parent, however that ends.

joblib's workers wait for minutes for work that a killed parent will never send. Here, each watches whether
its parent is still there, and ends within a second if it is not. joblib's trackers, which remove shared
memory and semaphores, end when the last worker has.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor
from typing import Any

from joblib import Parallel, effective_n_jobs, parallel_config

from perfpred.errors import InputError, PerfpredError
from perfpred.progress import Progress

_POLL_S = 0.5


def run(jobs: Iterable[Any], total: int, n_jobs: int, progress: Progress | None = None) -> list[Any]:
    """Run jobs in worker processes and return their results in order.

    Parameters
    ----------
    jobs : iterable of joblib.delayed calls
    total : int
        How many there are.
    n_jobs : int
        Processes, as in joblib; with 1, and with one job, they run in this one.
    progress : Progress, optional
        Told after each job, in order.

    Raises
    ------
    InputError
        If `n_jobs` is 0.
    PerfpredError
        If a worker was killed; what a job raises is raised as it is.
    """
    if n_jobs == 0:
        raise InputError("n_jobs must not be 0; 1 is this process alone, -1 is one per processor")
    processes = min(effective_n_jobs(n_jobs), max(total, 1))
    if processes == 1:
        return _collected(Parallel(n_jobs=1, return_as="generator")(jobs), total, progress)
    with parallel_config(backend="loky", initializer=end_with_parent, initargs=(os.getpid(),)):
        # Arrays travel as they are: memory-mapped ones would be files that outlast a killed pool.
        pool = Parallel(n_jobs=processes, return_as="generator", max_nbytes=None)
        try:
            return _collected(pool(jobs), total, progress)
        except BrokenExecutor:
            reason = "a worker process was killed, for want of memory perhaps"
            raise PerfpredError(f"{reason}; there were {processes}, try fewer") from None


def _collected(results: Iterable[Any], total: int, progress: Progress | None) -> list[Any]:
    found = []
    for result in results:
        found.append(result)
        if progress is not None:
            progress.update(len(found), total, "")
    return found


def end_with_parent(parent: int) -> None:
    """Let this process end soon after process `parent`, whose child it is.

    A death signal of the kernel would come when the *thread* that started the worker ends, which may be long
    before its process does; so the parent is looked at instead.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_S)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
