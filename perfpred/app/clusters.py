"""Where a command's jobs run, and what becomes of results if it is interrupted."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer

from perfpred.app.campaigns import signals_raised, warnings_shown
from perfpred.app.console import notice
from perfpred.app.interrupts import WorkInterrupted, interruptible

if TYPE_CHECKING:
    from perfpred.parallel.result_journal import ResultJournal

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="Run on the workers of a Dask cluster: its scheduler's address, as tcp://host:8786, or local.",
        show_default=False,
    ),
]


@contextmanager
def on_cluster(address: str | None) -> Iterator[None]:
    """Let jobs run on a cluster, or on this machine if `address` is None."""
    if address is None:
        yield
        return
    from perfpred.parallel.cluster import cluster

    with _silent_dask(), cluster(address) as found:
        plural = "" if found.workers == 1 else "s"
        notice(f"on {found.workers} worker{plural} of the cluster at {found.address}")
        yield


@contextmanager
def _silent_dask() -> Iterator[None]:
    """Keep Dask's logs and warnings off the terminal; what matters is said by errors of ours."""
    import distributed

    for name in (distributed.__name__, *logging.root.manager.loggerDict):
        if name.partition(".")[0] == distributed.__name__:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="distributed")
        yield


@contextmanager
def kept_results(name: str, beside: Path | None = None) -> Iterator[ResultJournal]:
    """Keep results as they come, so that an interrupted command goes on when it is repeated.

    Parameters
    ----------
    name : str
        Of the command.
    beside : Path, optional
        What it writes; without it, journals are in this user's cache.
    """
    from perfpred.parallel.result_journal import ResultJournal

    place = Path(platformdirs.user_cache_dir("perfpred")) / "results" / name if beside is None else beside
    journal = ResultJournal(place)
    try:
        with interruptible(), signals_raised(), warnings_shown(), journal:
            yield journal
    except WorkInterrupted as error:
        kept = journal.kept()
        if not kept:
            raise
        count = sum(each for _, each in kept)
        said = "1 result is" if count == 1 else f"{count} results are"
        paths = " and ".join(str(path) for path, _ in kept[:3])
        raise WorkInterrupted(
            f"{said} kept in {paths}; the same command goes on from there", error.code - 128
        ) from None
