"""The files that a campaign will write: whether they may be, and whether they still may be at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from perfpred.documents.claim import Claim
from perfpred.errors import InputError, MeasurementError
from perfpred.measure.destination import Destination
from perfpred.measure.plan import Plan

_Seen = tuple[int, int, int] | None


class Outputs:
    """The CSVs of a campaign, as they are found at its start.

    Parameters
    ----------
    plan : Plan
    where : Destination
    replace : bool
        Whether files that exist may be replaced.

    Raises
    ------
    InputError
        If a file exists and may not be replaced; and as `Destination.paths`.

    Attributes
    ----------
    paths : dict of Path to list of Subject
    """

    def __init__(self, plan: Plan, where: Destination, *, replace: bool) -> None:
        self.paths = where.paths(plan)
        require_free(list(self.paths), replace=replace)
        self._journal = where.journal
        self._seen = {path: seen(path) for path in self.paths}

    def require_unchanged(self) -> None:
        """Raise `MeasurementError` if somebody else has written one of the files since the start."""
        for path, before in self._seen.items():
            require_same(path, before, self._journal)


@contextmanager
def claimed(plan: Plan, where: Destination, *, replace: bool) -> Iterator[tuple[Claim, Outputs]]:
    """Hold the journal of a campaign, so that nobody else writes to its outputs; raises as both do."""
    where.paths(plan)  # a wrong request must not even make a folder
    with Claim(where.journal) as claim:
        yield claim, Outputs(plan, where, replace=replace)


def require_free(paths: Sequence[Path], *, replace: bool) -> None:
    """Raise `InputError` if one of the files exists, unless they may be replaced."""
    existing = [path for path in paths if path.exists() or path.is_symlink()]
    if existing and not replace:
        raise InputError(f"{existing[0]} exists: continue with --resume, replace with --overwrite")


def seen(path: Path) -> _Seen:
    """Return what tells that a file is another one later; None where there is none."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns


def require_same(path: Path, before: _Seen, journal: Path) -> None:
    """Raise `MeasurementError` if a file is not as it was `seen` to be."""
    if seen(path) != before:
        raise MeasurementError(
            f"{path} was written by something else while this campaign ran, and is left as it is; "
            f"the timings are in {journal}: move the file away and repeat the command with --resume"
        )
