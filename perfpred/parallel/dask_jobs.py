"""Jobs on the workers of a Dask cluster.

They are submitted one by one, a few more than there are workers. joblib's backend for Dask is not used: it
keeps copies of large arguments on single workers, which are lost with that worker, and it waits for ever for
a job that has ended several workers.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from perfpred.errors import PerfpredError
from perfpred.parallel.call import Job, Numbered, numbered

if TYPE_CHECKING:
    from distributed import Client, Future

POLL_S = 2.0
ALONE_S = 30.0
"""How long a cluster may be without any worker."""
AHEAD = 2
"""Jobs per thread of the workers that wait at the scheduler."""


def results(client: Client, address: str, jobs: Iterator[tuple[int, Job]]) -> Generator[Numbered, None, None]:
    """Run numbered jobs; yields their results as they come.

    A job whose worker is killed runs again on another.

    Parameters
    ----------
    client : distributed.Client
    address : str
        Of the scheduler, for messages.
    jobs : iterator of (int, Job)

    Raises
    ------
    PerfpredError
        If the scheduler or all workers go away, or a job ended several workers.
    """
    from distributed import KilledWorker, wait

    waiting: dict[Future[Numbered], int] = {}
    seen = _Seen(client, address)
    try:
        while True:
            room = AHEAD * seen.threads() - len(waiting)
            for index, job in _first(jobs, room):
                # In one tuple, so that Dask sees one small argument and leaves it as it is.
                waiting[client.submit(numbered, index, job, pure=False)] = index
            if not waiting:
                return
            try:
                with client.as_current():
                    done = wait(list(waiting), timeout=POLL_S, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                continue
            for each in done:
                waiting.pop(each)
                yield each.result()
    except KilledWorker as error:
        raise PerfpredError(
            f"a job ended {error.allowed_failures + 1} workers of the cluster, for want of memory perhaps"
        ) from None
    except Exception as error:
        if isinstance(error, PerfpredError) or client.status == "running":
            raise
        raise _gone(address) from None
    finally:
        if client.status == "running":
            client.cancel(list(waiting))


class _Seen:
    """How many threads a cluster has, and since when it has none."""

    def __init__(self, client: Client, address: str) -> None:
        self._client, self._address = client, address
        self._last = time.monotonic()

    def threads(self) -> int:
        """Return how many there are, at least 1; raises `PerfpredError` once there were none for long."""
        if self._client.status != "running":
            raise _gone(self._address)
        count: int = sum(self._client.nthreads().values())
        now = time.monotonic()
        if count:
            self._last = now
        elif now - self._last > ALONE_S:
            raise PerfpredError(f"the cluster at {self._address} has had no worker for {ALONE_S:g} s")
        return max(count, 1)


def _first(jobs: Iterator[tuple[int, Job]], count: int) -> Iterator[tuple[int, Job]]:
    for _ in range(count):
        try:
            yield next(jobs)
        except StopIteration:
            return


def _gone(address: str) -> PerfpredError:
    return PerfpredError(f"the cluster at {address} no longer answers")
