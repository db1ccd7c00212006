"""Things by name: those of this package, those that other packages bring, those of a user's file."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from perfpred.errors import InputError, PerfpredWarning, UnknownNameError


class Named(Protocol):
    """What can be registered: it has a name."""

    @property
    def name(self) -> str:
        """Under which it is found."""


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T], Generic[T]):
    """A mapping from names to things.

    Other packages add to it through entry points of a group: an entry point refers to a thing, or to a list
    of them. They are looked for when a name is not one of this package's, and when all names are asked for.
    One that cannot be loaded, or whose name is taken, is left out with a warning.

    Parameters
    ----------
    what : str
        What the things are called in messages, such as ``kernel``.
    items : iterable
        Those of this package.
    group : str
        Of the entry points, such as ``perfpred.kernels``; empty for none.
    """

    def __init__(self, what: str, items: Iterable[T] = (), group: str = "") -> None:
        self.what, self.group = what, group
        self._items: dict[str, T] = {}
        self._is_complete = not group
        for item in items:
            self.add(item)

    def add(self, item: T, *, replace: bool = False) -> T:
        """Register a thing; raises `InputError` if its name is taken, unless it is to be replaced."""
        if item.name in self._items and not replace:
            raise InputError(f"{self.what} names are distinct, but '{item.name}' is registered twice")
        self._items[item.name] = item
        return item

    def named(self, name: str) -> T:
        """Return the thing called `name`; raises `UnknownNameError` with the nearest name."""
        try:
            return self[name]
        except KeyError:
            raise UnknownNameError(self.what, name, self) from None

    def __getitem__(self, name: str) -> T:
        if name not in self._items:
            self._complete()
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        self._complete()
        return iter(list(self._items))

    def __len__(self) -> int:
        self._complete()
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        if name not in self._items:
            self._complete()
        return name in self._items

    def _complete(self) -> None:
        if self._is_complete:
            return
        self._is_complete = True  # first, as what is loaded may ask
        for point in entry_points(group=self.group):
            try:
                for item in _items(point.load()):
                    self.add(item)
            except Exception as error:  # whatever another package's code raises
                self._warn(point, error)

    def _warn(self, point: EntryPoint, error: Exception) -> None:
        owner = "" if point.dist is None else f" of {point.dist.name}"
        warnings.warn(
            f"the {self.what} '{point.name}'{owner} cannot be used: {type(error).__name__}: {error}",
            PerfpredWarning,
            stacklevel=2,
        )


def _items(loaded: Any) -> Iterable[Any]:
    """Return the things that an entry point brings."""
    return [loaded] if hasattr(loaded, "name") else loaded
