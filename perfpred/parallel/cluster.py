"""A Dask cluster as the place where jobs run: `with perfpred.cluster("tcp://host:8786"): ...`."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

from perfpred.errors import InputError
from perfpred.parallel.scheduler import ANSWER_S, require_scheduler
from perfpred.parallel.workers import require_same_package

if TYPE_CHECKING:
    from distributed import Client

    from perfpred.parallel.call import Job, Numbered

LOCAL = "local"


class Cluster:
    """Workers that jobs run on.

    Attributes
    ----------
    address : str
        Of the scheduler.
    client : distributed.Client
    """

    def __init__(self, address: str, client: Client) -> None:
        self.address, self.client = address, client

    @property
    def workers(self) -> int:
        """How many processes work for it now."""
        return len(self.client.nthreads())

    def results(self, jobs: Iterator[tuple[int, Job]]) -> Generator[Numbered, None, None]:
        """Run numbered jobs; yields their results as they come, see `perfpred.parallel.dask_jobs`."""
        from perfpred.parallel.dask_jobs import results

        return results(self.client, self.address, jobs)


_current: ContextVar[Cluster | None] = ContextVar("cluster", default=None)


def current() -> Cluster | None:
    """Return the cluster that jobs run on here, None if they run on this machine."""
    return _current.get()


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """Let what is trained, evaluated and replayed meanwhile run on the workers of a Dask cluster.

    A job whose worker is killed runs again on another. Functions and rows travel as pickles between the
    machines, as Dask does it: use a cluster and a network that you trust.

    Parameters
    ----------
    address : str
        Of a scheduler, such as ``tcp://host:8786``; or ``local``, which starts one worker per processor
        here. They import the calling script, so it must guard what it does with
        ``if __name__ == "__main__":``.

    Yields
    ------
    Cluster
        With its number of `workers`.

    Raises
    ------
    InputError
        If there is no scheduler, it has no workers, or one of them has not this perfpred.
    MissingPackageError
        If the extra ``cluster`` is not installed.
    """
    with _scheduler(address) as (reachable, client):
        require_workers(client, reachable)
        require_same_package(client)
        token = _current.set(Cluster(reachable, client))
        try:
            yield _current.get()  # type: ignore[misc]
        finally:
            _current.reset(token)


def require_workers(client: Client, address: str) -> None:
    """Raise `InputError` unless a worker is there, or comes soon."""
    try:
        client.wait_for_workers(1, timeout=ANSWER_S)
    except TimeoutError:
        raise InputError(
            f"the cluster at {address} has no workers: start some, 'dask worker {address} --nthreads 1'"
        ) from None


@contextmanager
def _scheduler(address: str) -> Iterator[tuple[str, Client]]:
    """Connect to a scheduler, or start one; yields its address and a client."""
    from perfpred.extras import missing_package

    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise missing_package(error) or error from None
    if address == LOCAL:
        count = len(os.sched_getaffinity(0))
        with (
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            ) as started,
            Client(started, set_as_default=False) as client,
        ):
            yield started.scheduler_address, client
        return
    require_scheduler(address)
    try:
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    except (OSError, TimeoutError):
        raise InputError(f"the cluster at {address} no longer answers") from None
    try:
        yield address, client
    finally:
        with suppress(Exception):  # the scheduler may be gone, and with it what there was to close
            client.close(timeout=1)
