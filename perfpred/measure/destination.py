"""Where a campaign writes: the path a user or a campaign file gave, with names put into it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from perfpred.errors import InputError
from perfpred.measure.plan import Plan
from perfpred.measure.process import Subject
from perfpred.names import slug

PLACEHOLDER = re.compile(r"\{(kernel|variant|hardware|cpu)\}")
PLACEHOLDERS = "{kernel}, {variant}, {hardware}, {cpu}"
MAX_CHARACTERS = 1000


@dataclass(frozen=True)
class Destination:
    """Where a campaign writes.

    Parameters
    ----------
    out : str
        Path of the CSVs; may hold placeholders.
    campaign : str, optional
        Name of the campaign; its journal bears it, so campaigns that write into one folder have a journal
        each.
    within : Path, optional
        The folder that `out` is relative to, and that nothing is written outside of: that of a campaign
        file, which may be a stranger's. Without it `out` may be anywhere.

    Raises
    ------
    InputError
        If `out` names no file, leaves `within`, or has anything but the placeholders in braces.

    Examples
    --------
    >>> Destination("datasets/matmul-{variant}-{hardware}.csv").journal.as_posix()
    'datasets/matmul.journal'
    >>> Destination("datasets/{kernel}-{cpu}.csv", "threads").journal.as_posix()
    'datasets/threads.journal'
    """

    out: str
    campaign: str | None = None
    within: Path | None = None

    def __post_init__(self) -> None:
        problem = _problem(self.out, self._kind, is_free=self.within is None)
        if problem is not None:
            raise InputError(problem)

    @property
    def _kind(self) -> str:
        return "--out" if self.within is None else "out of a campaign file"

    @property
    def journal(self) -> Path:
        """Where raw timings go: beside the outputs, or above them where they have folders of their own."""
        *folders, name = Path(self.out).parts
        shared = list(takewhile(lambda part: not PLACEHOLDER.search(part), folders))
        bare = re.sub(rf"[-_.]?{PLACEHOLDER.pattern}", "", name)
        own = "" if bare.startswith(".csv") else stem(Path(bare))
        return self._folder.joinpath(*shared, f"{self.campaign or own or 'campaign'}.journal")

    def paths(self, plan: Plan) -> dict[Path, list[Subject]]:
        """Return the CSVs a plan is written to, each with its subjects, all of one kernel.

        Raises
        ------
        InputError
            If several kernels would be put into one file, or a link leads out of `within`.
        """
        paths: dict[Path, list[Subject]] = {}
        for subject in plan.subjects:
            paths.setdefault(self._path(subject), []).append(subject)
        for path, subjects in paths.items():
            if len({subject.kernel for subject in subjects}) > 1:
                raise InputError(f"{path} would hold several kernels: put {{kernel}} into --out")
        if self.within is not None:
            for path in (*paths, self.journal):
                _require_inside(path, self.within)
        return paths

    @property
    def _folder(self) -> Path:
        return self.within or Path()

    def _path(self, subject: Subject) -> Path:
        values = {"kernel": subject.kernel, "variant": subject.variant}
        values |= {"hardware": subject.hardware.id, "cpu": subject.hardware.cpu}
        return self._folder / PLACEHOLDER.sub(lambda found: _clean(values[found[1]]), self.out)


def stem(path: Path) -> str:
    """Return the name of a CSV without its suffixes."""
    return path.name.removesuffix(".gz").removesuffix(".csv")


def card_path(path: Path) -> Path:
    """Return where the card of a CSV is."""
    return path.with_name(f"{stem(path)}.md")


def _problem(out: str, kind: str, *, is_free: bool) -> str | None:
    """Return why nothing can be written to `out`, or None."""
    shown = repr(out if len(out) < 80 else f"{out[:77]}...")
    if len(out) > MAX_CHARACTERS or not out.isprintable():
        return f"{kind} must be a path of printable characters, at most {MAX_CHARACTERS}, but is {shown}"
    if re.search(r"[{}]", PLACEHOLDER.sub("", out)):
        return f"{kind} may hold {PLACEHOLDERS}, but no other braces, and is {shown}"
    last = out.rpartition("/")[2]
    if last in ("", ".", ".."):
        return f"{kind} must name a CSV file, but is {shown}"
    if not is_free and (Path(out).is_absolute() or ".." in Path(out).parts):
        return f"{kind} must stay in the folder of that file, but is {shown}; --out may name any place"
    return None


def _require_inside(path: Path, folder: Path) -> None:
    """Raise `InputError` if links lead a path out of a folder."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise InputError(f"{path} leads out of {folder} by a symbolic link: --out may name any place")


def _clean(value: str) -> str:
    """Return a name as a part of a file name."""
    return slug(value, keep="_.+-").lstrip(".") or "-"
