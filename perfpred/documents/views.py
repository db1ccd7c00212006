"""Parts of a journal, each a log of its own: who writes one need not know what else the journal holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

Entry: TypeAlias = Mapping[str, Any]


class Log(Protocol):
    """Where entries are kept: a journal, or a part of one."""

    def append(self, entry: Entry) -> None:
        """Add one entry."""
        ...

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries so far, in order."""
        ...


class KeyView:
    """The entries of a log that have some key.

    Parameters
    ----------
    log : Log
    key : str
        What an entry must have to be seen.
    name : str
        What the writer and the reader of the view know the key as; by default the key itself.
    accepts : callable, optional
        Which of the entries with the key are seen; by default all.
    """

    def __init__(
        self, log: Log, key: str, name: str = "", accepts: Callable[[Entry], bool] | None = None
    ) -> None:
        self._log, self._key, self._name, self._accepts = log, key, name or key, accepts

    def append(self, entry: Entry) -> None:
        """Add an entry."""
        self._log.append(_renamed(entry, self._name, self._key))

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries so far, in order."""
        for entry in self._log.entries():
            if self._key in entry and (self._accepts is None or self._accepts(entry)):
                yield _renamed(entry, self._key, self._name)


class NameView:
    """A log whose entries name what they are of: they find its number, wherever it is when they are read.

    What there is to number may depend on other entries of a journal, any of which may be lost.

    Parameters
    ----------
    log : Log
    names : sequence of str
        The name of each number.
    number, name : str
        The keys of both: whoever appends gives the number, and the log keeps the name beside it.
    """

    def __init__(self, log: Log, names: Sequence[str], number: str = "row", name: str = "of") -> None:
        self._log, self._names, self._number, self._name = log, names, number, name
        self._numbers = {each: index for index, each in enumerate(names)}

    def append(self, entry: Entry) -> None:
        """Add one entry."""
        self._log.append({**entry, self._name: self._names[entry[self._number]]})

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries of what there is; one without a name keeps its number."""
        for entry in self._log.entries():
            name = entry.pop(self._name, None)
            if name is None:
                yield entry
            elif name in self._numbers:
                yield {**entry, self._number: self._numbers[name]}


def _renamed(entry: Entry, old: str, new: str) -> dict[str, Any]:
    return {(new if key == old else key): value for key, value in entry.items()}
