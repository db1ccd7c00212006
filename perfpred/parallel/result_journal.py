"""Results of jobs, written down as they come, so that a killed run is continued by repeating it.

A journal is a file of JSON lines, named after everything that its results depend on: the jobs, the code of
perfpred, and the packages under it. Another command, or another version, begins another file.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from perfpred.documents.claim import Claim
from perfpred.documents.journal import Journal
from perfpred.errors import InputError, MeasurementError, PerfpredError, PerfpredWarning
from perfpred.parallel.environment import code_digest, package_versions


@dataclass(frozen=True)
class Form:
    """How a result is written down.

    Parameters
    ----------
    to_json : callable
        A result to JSON values.
    from_json : callable
        These to an equal result; raises `InputError` if they are none.
    """

    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


PLAIN = Form(_same, _same)
"""Results that are JSON values themselves; numbers of NumPy are written as numbers."""


class ResultJournal:
    """The journals of a run, each beside the run's output; they go when the run is complete.

    They stay if the run is interrupted or its work fails, and go if the request turns out to be wrong.
    The results of one call of `perfpred.train` or `perfpred.evaluate` are in one file. A run whose
    journal cannot be written, or is being written by another process, goes on without; `PerfpredWarning`
    says so.

    Parameters
    ----------
    beside : path-like
        What the run is to write, such as the folder of models; journals are named after it.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> with ResultJournal(Path(mkdtemp()) / "models") as journal:
    ...     results = journal.opened(["job 1", "job 2"], PLAIN)
    ...     results.add(1, [0.5])
    ...     print(results.found)
    {1: [0.5]}
    """

    def __init__(self, beside: str | Path) -> None:
        self.beside = Path(beside).absolute()
        self._opened: list[Results] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._opened:
            each.close(remove=error is None or isinstance(error, InputError) or not each.found)

    def opened(self, jobs: Sequence[Any], form: Form) -> Results:
        """Return the results of these jobs that are known already, to which others are added.

        Parameters
        ----------
        jobs : sequence of JSON values
            What distinguishes each job from every other.
        form : Form
            How results are written.
        """
        identity = {"jobs": list(jobs), "code": code_digest(), "packages": package_versions()}
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True, default=_plain).encode()).hexdigest()
        path = self.beside.with_name(f"{self.beside.name}.{digest[:12]}.journal")
        found = Results(_journal(path, {"results": len(jobs), "identity": digest}), len(jobs), form)
        self._opened.append(found)
        return found

    def kept(self) -> list[tuple[Path, int]]:
        """Return the journals that hold results, and how many each holds."""
        return [(each.path, len(each.found)) for each in self._opened if each.path and each.found]


class Results:
    """The results of some jobs, as far as they are known.

    Attributes
    ----------
    found : dict of int to object
        Results by the position of their job.
    path : Path or None
        Where they are written; None if they are not.
    """

    def __init__(self, journal: Journal | None, total: int, form: Form) -> None:
        self.path = None if journal is None else journal.path
        self.found: dict[int, Any] = {}
        self._journal, self._form = journal, form
        for entry in () if journal is None else journal.entries():
            index = entry.get("job")
            if isinstance(index, int) and 0 <= index < total and "result" in entry:
                self._take(index, entry["result"])

    def add(self, index: int, result: Any) -> None:
        """Write down the result of one job; where that fails, the run goes on without its journal."""
        self.found[index] = result
        if self._journal is None:
            return
        try:
            written = json.loads(json.dumps(self._form.to_json(result), default=_plain))
            self._journal.append({"job": index, "result": written})
        except MeasurementError as error:
            _warn(f"{self.path}: results are no longer written down: {error}")
            self._journal.close()
            self._journal = None

    def close(self, *, remove: bool) -> None:
        """Let go of the journal, and remove its file if asked to."""
        if remove and self.path is not None:
            self.path.unlink(missing_ok=True)
        if self._journal is not None:
            self._journal.close()

    def _take(self, index: int, written: Any) -> None:
        try:
            self.found[index] = self._form.from_json(written)
        except PerfpredError:  # it is worked out again
            self.found.pop(index, None)


def _journal(path: Path, plan: Mapping[str, Any]) -> Journal | None:
    try:
        claim = Claim(path)
    except PerfpredError as error:
        _warn(f"results are not written down as they come, so an interrupted run begins again: {error}")
        return None
    try:
        return Journal(claim, plan, resume=True)
    except InputError:  # damaged, or nothing of ours
        return Journal(Claim(path), plan, resume=False, overwrite=True)


def _warn(sentence: str) -> None:
    warnings.warn(sentence, PerfpredWarning, stacklevel=5)


def _plain(value: Any) -> Any:
    """Return a number of NumPy as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON value")
