"""How much each Func computes under a schedule, how often, and over what extents at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.halide.graph.model import Access, Func, Graph
from perfpred.halide.schedule.loop_nest import INNERMOST, ROOT, Extents, FuncNest, Nests, StageNest


@dataclass
class FuncWork:
    """What a Func does at a size.

    Attributes
    ----------
    times : float
        How often it is computed.
    extents : tuple of float
        Of what is computed at a time.
    stored : tuple of float
        Of what is allocated at a time.
    loops : list of (StageNest, Extents, float)
        Each stage with the extents of its loops at a time, and its points in all.
    sliding : bool
        Whether it computes only what the step before it did not.
    root : str
        The Func whose outermost loops it is in; itself if it is computed whole.
    allocations : float
        How often its storage is made.
    """

    times: float
    extents: tuple[float, ...]
    stored: tuple[float, ...]
    loops: list[tuple[StageNest, Extents, float]]
    sliding: bool
    root: str
    allocations: float = 1.0


def all_work(nests: Nests, graph: Graph) -> dict[str, FuncWork]:
    """Return the work of each Func that is not inlined, consumers first."""
    found: dict[str, FuncWork] = {}
    regions: dict[tuple[str, str], dict[str, tuple[float, ...]]] = {}
    for func in reversed(graph.funcs):
        if func.key in nests.funcs:
            found[func.key] = _work(func, nests, graph, found, regions)
    return found


def _work(
    func: Func,
    nests: Nests,
    graph: Graph,
    found: dict[str, FuncWork],
    regions: dict[tuple[str, str], dict[str, tuple[float, ...]]],
) -> FuncWork:
    nest = nests.funcs[func.key]
    place = _innermost_place(func.key, nests, graph) if nest.compute == INNERMOST else nest.compute
    if place == ROOT or place[0] not in found:
        return _finished(func, nest, 1.0, func.extents, func.extents, func.key)
    outer, loop = place
    around = found[outer]
    at = _region(outer, loop, nests, graph, found, regions).get(func.key, func.extents)
    times = around.times * _iterations(around, loop)
    store = nest.store
    if store is None or store == place:
        return _finished(func, nest, times, at, at, around.root)
    if store == ROOT or store[0] not in found:
        whole, stores = func.extents, 1.0
    else:
        whole = _region(store[0], store[1], nests, graph, found, regions).get(func.key, func.extents)
        stores = found[store[0]].times * _iterations(found[store[0]], store[1])
    return _slid(func, nest, times, stores, at, whole, around.root)


def _slid(
    func: Func,
    nest: FuncNest,
    times: float,
    stores: float,
    at: tuple[float, ...],
    whole: tuple[float, ...],
    root: str,
) -> FuncWork:
    """Return the work of a sliding window: the region of the storage once, in pieces."""
    total, steps = stores * math.prod(whole), max(times, 1.0)
    piece, extents = total / steps, list(at)
    # the extent that shrinks is the one that moves: the outermost that is not all there at once
    moving = [index for index in range(len(at)) if at[index] < whole[index]]
    if moving:
        index = moving[-1]
        rest = math.prod(extent for number, extent in enumerate(at) if number != index)
        extents[index] = min(at[index], max(1.0, piece / max(rest, 1.0)))
    work = _finished(func, nest, times, tuple(extents), at, root)
    work.sliding, work.allocations = True, stores
    return work


def _finished(
    func: Func,
    nest: FuncNest,
    times: float,
    extents: tuple[float, ...],
    stored: tuple[float, ...],
    root: str,
) -> FuncWork:
    dims = dict(zip(func.args, extents, strict=True))
    loops = []
    for stage, mine in zip(func.stages, nest.stages, strict=True):
        sizes = {loop.name: dims.get(loop.name, loop.extent) for loop in stage.loops}
        points = times * math.prod(sizes.values())
        loops.append((mine, mine.extents(sizes), points))
    return FuncWork(times, extents, stored, loops, sliding=False, root=root, allocations=times)


def _iterations(work: FuncWork, loop: str) -> float:
    """Return how often the body of a loop runs each time its Func is computed."""
    for nest, extents, _ in reversed(work.loops):
        if loop in nest.order:
            return math.prod(extents[name] for name in nest.order[nest.order.index(loop) :])
    return 1.0


def _region(
    outer: str,
    loop: str,
    nests: Nests,
    graph: Graph,
    found: dict[str, FuncWork],
    known: dict[tuple[str, str], dict[str, tuple[float, ...]]],
) -> dict[str, tuple[float, ...]]:
    """Return what one step of a loop needs of each Func and input, through all that is not computed whole."""
    if (outer, loop) not in known:
        known[outer, loop] = needed(outer, loop, nests, graph, found[outer])
    return known[outer, loop]


def needed(outer: str, loop: str, nests: Nests, graph: Graph, work: FuncWork) -> dict[str, tuple[float, ...]]:
    """Return the extents that one step of a loop needs of each Func and input; "" is the whole Func.

    Parameters
    ----------
    outer : str
        The Func whose loops they are.
    loop : str
        The loop whose step it is.
    nests : Nests
        Loop nests by Func.
    graph : Graph
        The pipeline at its size.
    work : FuncWork
        Of each Func.
    """
    start = graph.by_key[outer]
    regions: dict[str, tuple[float, ...]] = {}
    own = [1.0] * len(start.args)
    for stage, (nest, extents, _) in zip(start.stages, work.loops, strict=True):
        inside = (
            nest.order if not loop else nest.order[: nest.order.index(loop)] if loop in nest.order else None
        )
        if inside is None:
            continue
        loops = nest.covered(inside, extents)
        own = [max(size, loops.get(name, 1.0)) for name, size in zip(start.args, own, strict=True)]
        _read(start, stage.accesses, loops, graph, regions)
    regions[outer] = tuple(own)
    position = {func.key: index for index, func in enumerate(graph.funcs)}
    for func in reversed(graph.funcs[: position[outer]]):
        region = regions.get(func.key)
        if region is None or (func.key in nests.funcs and nests.funcs[func.key].compute == ROOT):
            continue
        dims = dict(zip(func.args, region, strict=True))
        for stage in func.stages:
            loops = {each.name: dims.get(each.name, each.extent) for each in stage.loops}
            _read(func, stage.accesses, loops, graph, regions)
    return regions


def _read(
    func: Func,
    accesses: Sequence[Access],
    loops: Extents,
    graph: Graph,
    regions: dict[str, tuple[float, ...]],
) -> None:
    for access in accesses:
        if access.source == func.key:
            continue
        found = access.extents(loops, graph.extents(access.source))
        known = regions.get(access.source)
        regions[access.source] = found if known is None else tuple(map(max, found, known))


def _innermost_place(key: str, nests: Nests, graph: Graph) -> tuple[str, str]:
    """Return the innermost loop of the first reader that has loops."""
    for consumer in graph.consumers[key]:
        if consumer in nests.funcs:
            order = nests.funcs[consumer].stages[-1].order
            return (consumer, order[0]) if order else ROOT
        place = _innermost_place(consumer, nests, graph)
        if place != ROOT:
            return place
    return ROOT
