"""The columns of a batch: what its queries give of each parameter."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perfpred.errors import UnknownNameError
from perfpred.predict.reading import Reader
from perfpred.serve.queries import Values

_values = operator.methodcaller("values")


def columns_of(
    kernel: str, readers: Iterable[Reader], shared: Values, queries: Sequence[Values]
) -> Mapping[str, Any]:
    """Return a column per parameter; a value that a query does not give is None in it.

    Parameters
    ----------
    kernel : str
    readers : iterable of Reader
        Those that will answer.
    shared : mapping of str to float or str
        Values of all queries.
    queries : sequence of mapping

    Raises
    ------
    UnknownNameError
        If a query names what is no parameter of any of them.
    """
    known = frozenset().union(*(reader.names for reader in readers))
    kinds = set(map(tuple, queries))  # mostly one: all name the same, in one order
    names = list(dict.fromkeys(name for kind in sorted(kinds) for name in kind))
    for name in (*shared, *names):
        if name not in known:
            raise UnknownNameError(f"parameter of {kernel}", name, known)
    found: dict[str, Any] = {}
    if len(kinds) == 1 and names:
        found = dict(zip(names, map(list, zip(*map(_values, queries), strict=True)), strict=True))
    else:
        found = {name: [query.get(name) for query in queries] for name in names}
    if not names:  # every query is the shared one
        found = {name: [value] * len(queries) for name, value in shared.items()}
    return {**shared, **found}
