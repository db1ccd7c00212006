"""Along which dimensions of a Func a loop moves what is read of it, and where its steps overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from perfpred.halide.graph.index import Index
from perfpred.halide.graph.model import Access, Func, Graph

Form = tuple[float, float]
"""Scale and offset of an index in a dimension of the root."""
Forms = frozenset[Form]
MANY: Forms = frozenset(((0.0, 0.0), (0.0, 1.0)))
"""Stands for all that is not one point for each point of the root."""


def moving(key: str, root: str, dimensions: Collection[str], graph: Graph) -> dict[str, bool]:
    """Return the dimensions of a Func along which a step of some of a root's loops moves what is read of it.

    With each goes whether neighbouring points of the root read some of the same, so that steps overlap.

    Parameters
    ----------
    key : str
        The Func that is read, directly or through others.
    root : str
        The Func whose loops they are.
    dimensions : collection of str
        The dimensions and reductions of `root` that take the step.
    graph : Graph
        The pipeline.

    Examples
    --------
    >>> from perfpred.halide.graph.model import Access, Func, Loop, Stage
    >>> row = Stage((Loop("y", 8, True),), (), 1, ())
    >>> read = Access("row", (Index((("y", 1.0),), -1, 1),), 3)
    >>> loops = (Loop("x", 8, True), Loop("y", 8, True))
    >>> funcs = (
    ...     Func("row", ("y",), 4, False, (8,), (row,), 0),
    ...     Func("out", ("x", "y"), 4, False, (8, 8), (Stage(loops, (), 1, (read,)),), 1),
    ... )
    >>> graph = Graph("", funcs, (), ("out",))
    >>> moving("row", "out", ["y"], graph), moving("row", "out", ["x"], graph)
    ({'y': True}, {})
    """
    if key == root:
        return {}
    start = frozenset(((1.0, 0.0),)) if len(dimensions) == 1 else MANY
    found: dict[str, dict[str, Forms]] = {root: dict.fromkeys(dimensions, start)}
    for func, reads in _reads(key, root, graph):
        known = found.get(func.key)
        if known is None:
            continue
        if func.key != root:  # an update of a place elsewhere is needed in every step
            known = {name: forms if func.is_pure(name) else MANY for name, forms in known.items()}
        for source, access in reads:
            mine = found.setdefault(source.key, {})
            for name, index in zip(source.args, access.indices, strict=True):
                forms = _through(index, known)
                if forms:
                    mine[name] = mine.get(name, frozenset()) | forms
    return {name: len(forms) > 1 for name, forms in found.get(key, {}).items()}


def mixed(key: str, root: str, dimensions: Collection[str], graph: Graph) -> frozenset[str]:
    """Return the dimensions of a Func along which some reads go with a root's loops and some do not.

    Those that do not are kept within bounds, or at a place that other loops choose; one place for all steps
    is no such read. Parameters are those of `moving`.

    Parameters
    ----------
    key : str
        The Func that is read.
    root : str
        The Func whose loops they are.
    dimensions : collection of str
        The dimensions and reductions of `root` that take the step.
    graph : Graph
        The pipeline.
    """
    ways: dict[str, dict[str, frozenset[str]]] = {root: dict.fromkeys(dimensions, frozenset((_GOING,)))}
    for func, reads in _reads(key, root, graph):
        known = ways.get(func.key)
        if known is None:
            continue
        for source, access in reads:
            mine = ways.setdefault(source.key, {})
            for name, index in zip(source.args, access.indices, strict=True):
                mine[name] = mine.get(name, frozenset()) | _ways(index, known)
    return frozenset(name for name, each in ways.get(key, {}).items() if _GOING in each and len(each) > 1)


def _reads(key: str, root: str, graph: Graph) -> Iterator[tuple[Func, Iterator[tuple[Func, Access]]]]:
    """Yield Funcs with how each reads which others, from a root down to a Func: readers come first."""
    position = {func.key: index for index, func in enumerate(graph.funcs)}
    for func in reversed(graph.funcs[position[key] : position[root] + 1]):
        accesses = (access for stage in func.stages for access in stage.accesses)
        sources = ((graph.by_key.get(access.source), access) for access in accesses)
        yield func, ((source, each) for source, each in sources if source is not None and source is not func)


_GOING, _KEPT, _STAYING = "going", "kept", "staying"


def _ways(index: Index | None, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return how an index goes with a step by how its variables do: nothing if it is one place or unknown."""
    if index is None or not index.coefficients:
        return frozenset()
    found = frozenset((_STAYING,))
    for name, _ in index.coefficients:
        mine = known.get(name) or frozenset((_STAYING,))
        found = frozenset[str]().union(*(_added(one, other) for one in found for other in mine))
    if found != {_GOING} or not (index.clamped or index.partly):
        return found
    return frozenset((_KEPT, _GOING)) if index.partly else frozenset((_KEPT,))


def _added(one: str, other: str) -> frozenset[str]:
    """Return how a sum goes: as what moves does, whatever stays is added to it."""
    return frozenset((one, other)) - {_STAYING} or frozenset((_STAYING,))


def _through(index: Index | None, known: dict[str, Forms]) -> Forms:
    """Return what an index is in the root's dimension, by what its variables are: nothing if it is still."""
    if index is None or index.turns:
        return MANY
    moved = [(known[name], factor) for name, factor in index.coefficients if name in known]
    if not moved:
        return frozenset()
    ((forms, factor), *others) = moved
    if others or len(index.coefficients) > 1 or len(forms) > 1 or index.low != index.high:
        return MANY
    ((scale, offset),) = forms
    if abs(factor) < 1 or index.clamped:
        return MANY
    return frozenset(((scale * factor, offset * factor + index.low),))
