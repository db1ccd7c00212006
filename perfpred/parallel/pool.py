"""Running jobs that do not depend on each other: in processes of this machine, or on a cluster.

The processes end with their parent, however that ends. joblib's workers wait for minutes for work that a
killed parent will never send. Here, each watches whether its parent is still there, and ends within a second
if it is not. joblib's trackers, which remove shared memory and semaphores, end when the last worker has.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager
from typing import Any, TypeAlias

from joblib import Parallel, delayed, effective_n_jobs, parallel_config

from perfpred.errors import InputError, PerfpredError
from perfpred.parallel.call import Job, Numbered, numbered
from perfpred.parallel.cluster import current
from perfpred.parallel.result_journal import Results
from perfpred.progress import Progress

_POLL_S = 0.5

_Jobs: TypeAlias = Iterator[tuple[int, Job]]


def run(
    jobs: Iterable[Job],
    total: int,
    n_jobs: int,
    progress: Progress | None = None,
    known: Results | None = None,
) -> list[Any]:
    """Run jobs and return their results in order.

    Within `perfpred.cluster` they run on its workers, otherwise in processes of this machine.

    Parameters
    ----------
    jobs : iterable of joblib.delayed calls
    total : int
        How many there are.
    n_jobs : int
        Processes, as in joblib; with 1, and with one job, they run in this one. A cluster has as many as it
        has.
    progress : Progress, optional
        Is updated after each job.
    known : Results, optional
        Results of an earlier run, whose jobs do not run again; others are added as they come.

    Raises
    ------
    InputError
        If `n_jobs` is 0.
    PerfpredError
        If a worker was killed, or the cluster went away; what a job raises is raised as it is, of several
        jobs that of the first.
    """
    if n_jobs == 0:
        raise InputError("n_jobs must not be 0; 1 is this process alone, -1 is one per processor")
    found = {} if known is None else dict(known.found)
    missing = ((index, job) for index, job in enumerate(jobs) if index not in found)
    failed: dict[int, PerfpredError] = {}
    with closing(_results(missing, total - len(found), n_jobs)) as results:
        for index, result, error in results:
            if error is not None:
                failed[index] = error
            else:
                found[index] = result
                if known is not None:
                    known.add(index, result)
            if failed and all(each in found for each in range(min(failed))):
                break  # the first that failed is known to be the first
            if progress is not None:
                progress.update(len(found), total, "")
    if failed:
        raise failed[min(failed)]
    return [found[index] for index in range(total)]


def _results(jobs: _Jobs, total: int, n_jobs: int) -> Generator[Numbered, None, None]:
    """Yield the results of jobs as they come."""
    cluster = current()
    if cluster is not None and total:
        return cluster.results(jobs)
    processes = min(effective_n_jobs(n_jobs), max(total, 1))
    if processes == 1:
        return (numbered(index, job) for index, job in jobs)
    return _in_processes(jobs, processes)


def _in_processes(jobs: _Jobs, processes: int) -> Generator[Numbered, None, None]:
    with parallel_config(backend="loky", initializer=end_with_parent, initargs=(os.getpid(),)):
        # Arrays travel as they are: memory-mapped ones would be files that outlast a killed pool.
        pool = Parallel(n_jobs=processes, return_as="generator_unordered", max_nbytes=None)
        try:
            with _closing_quietly(pool(delayed(numbered)(index, job) for index, job in jobs)) as results:
                yield from results
        except BrokenExecutor:
            reason = "a worker process was killed, for want of memory perhaps"
            raise PerfpredError(f"{reason}; there were {processes}, try fewer") from None


@contextmanager
def _closing_quietly(results: Generator[Numbered, None, None]) -> Iterator[Iterable[Numbered]]:
    """Close results at the end; joblib warns of jobs that are cancelled then, which is what is wanted."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()


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
