"""Varying a plan: one decision made otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from perfpred.halide.graph.model import Graph
from perfpred.halide.schedule.plan import FuncPlan, LoopPlan, Plan
from perfpred.halide.space.loops import CHUNKS
from perfpred.halide.space.rules import levels
from perfpred.halide.space.sample import LEVELS, draw_level, member_plan, root_plan
from perfpred.halide.space.style import Style

Move = Callable[[str, Plan, Graph, Style, np.random.Generator], FuncPlan | None]


def mutate(plan: Plan, graph: Graph, style: Style, rng: np.random.Generator) -> Plan:
    """Return a plan with one Func's decisions changed; it may be illegal, or the same.

    Parameters
    ----------
    plan : Plan
        What is changed a little.
    graph : Graph
        The pipeline at its size.
    style : Style
        How loops are chosen.
    rng : numpy.random.Generator
    """
    keys = [func.key for func in graph.funcs if func.key in plan.funcs or func.inlinable]
    heavy = np.array([1.0 + (key in plan.funcs) * 9.0 for key in keys])
    key = str(rng.choice(keys, p=heavy / heavy.sum()))
    if key not in plan.funcs:
        return _with(plan, key, _new_place(key, plan, graph, style, rng), graph)
    move: Move = _MOVES[int(rng.choice(len(_MOVES), p=_WEIGHTS))]
    return _with(plan, key, move(key, plan, graph, style, rng), graph)


def _with(plan: Plan, key: str, made: FuncPlan | None, graph: Graph) -> Plan:
    """Return the plan with another one for a Func, or with the Func inlined."""
    funcs = {name: each for name, each in plan.funcs.items() if name != key}
    if made is not None:
        funcs[key] = made
    return Plan({func.key: funcs[func.key] for func in graph.funcs if func.key in funcs})


def _scaled(size: int, rng: np.random.Generator) -> int:
    factor = float(rng.choice((0.25, 0.5, 0.5, 2, 2, 4)))
    return max(1, round(size * factor))


def _tile(key: str, plan: Plan, _graph: Graph, style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Make a tile larger or smaller, or cut a dimension that is not."""
    func = plan.funcs[key]
    if func.root:
        return _level(key, plan, _graph, style, rng)
    names = list(dict.fromkeys((*func.stages[0].inner, *func.stages[0].outer)))
    if not names:  # a number: its first definition has no loops
        return func
    name = str(rng.choice(names))
    known = dict(func.stages[0].tiles).get(name)
    block = dict(func.stages[0].blocks).get(name, 1)
    least = max(block, func.stages[0].lanes if name == func.stages[0].vector else 1)
    size = max(least, _scaled(known, rng) if known else int(rng.choice((8, 16, 32, 64, 128, 256))))
    size = size // least * least
    return replace(func, stages=tuple(_tiled(stage, name, size) for stage in func.stages))


def _tiled(stage: LoopPlan, name: str, size: int) -> LoopPlan:
    if name not in (*stage.inner, *stage.outer):
        return stage
    tiles = {**dict(stage.tiles), name: size}
    inner = stage.inner if name in stage.inner else (*stage.inner, name)
    outer = stage.outer if name in stage.outer else (*stage.outer, name)
    return replace(stage, tiles=tuple(tiles.items()), inner=inner, outer=outer)


def _block(key: str, plan: Plan, graph: Graph, _style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Change how many copies of a statement are made, in all stages and in those that fill the blocks."""
    func = plan.funcs[key]
    names = [loop.name for loop in graph.by_key[key].stages[0].loops if loop.pure]
    if not names:
        return func
    name = str(rng.choice(names))
    first = func.stages[0]
    unit = first.lanes if name == first.vector else 1
    size = unit * int(rng.choice((1, 2, 3, 4, 6, 8)))
    return replace(func, stages=tuple(_blocked(stage, name, size, unit) for stage in func.stages))


def _blocked(stage: LoopPlan, name: str, size: int, unit: int) -> LoopPlan:
    if name not in (*stage.inner, *stage.outer):
        return stage
    blocks = {key: value for key, value in stage.blocks if key != name}
    if size > unit:
        blocks[name] = size
    tiles = {key: (max(size, value // size * size) if key == name else value) for key, value in stage.tiles}
    return replace(stage, blocks=tuple(blocks.items()), tiles=tuple(tiles.items()))


def _cut_sums(key: str, plan: Plan, graph: Graph, _style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Add the terms of a long reduction in other chunks, or all at once."""
    func = plan.funcs[key]
    number = len(func.stages) - 1
    stage, loops = func.stages[number], graph.by_key[key].stages[number]
    if func.root or not loops.rvars or not stage.outer:
        return _tile(key, plan, graph, _style, rng)
    name = loops.rvars[-1]
    tiles, outer = dict(stage.tiles), tuple(each for each in stage.outer if each != name)
    if name in tiles and rng.random() < 0.3:
        del tiles[name]
    elif name in stage.inner and name not in stage.unrolled:
        tiles[name], outer = int(rng.choice(CHUNKS)), (name, *outer)
    changed = replace(stage, tiles=tuple(tiles.items()), outer=outer)
    return replace(func, stages=(*func.stages[:number], changed))


def _lanes(key: str, plan: Plan, _graph: Graph, _style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Make vectors twice or half as wide."""
    func = plan.funcs[key]
    factor = float(rng.choice((0.5, 2)))
    return replace(func, stages=tuple(_widened(stage, factor) for stage in func.stages))


def _widened(stage: LoopPlan, factor: float) -> LoopPlan:
    if not stage.vector:
        return stage
    scale = {key: (round(size * factor) if key == stage.vector else size) for key, size in stage.blocks}
    return replace(stage, lanes=max(2, round(stage.lanes * factor)), blocks=tuple(scale.items()))


def _order(key: str, plan: Plan, _graph: Graph, _style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Swap two neighbouring loops of a stage."""
    func = plan.funcs[key]
    number = int(rng.integers(len(func.stages)))
    stage = func.stages[number]
    inner = [name for name in stage.inner if name not in stage.unrolled]
    if len(inner) < 2:
        return func
    place = int(rng.integers(len(inner) - 1))
    inner[place], inner[place + 1] = inner[place + 1], inner[place]
    changed = replace(stage, inner=(*stage.unrolled, *inner))
    return replace(func, stages=tuple(changed if i == number else each for i, each in enumerate(func.stages)))


def _level(key: str, plan: Plan, graph: Graph, style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Compute a Func further in or out, or store it elsewhere."""
    func = plan.funcs[key]
    if not func.root:
        return _new_place(key, plan, graph, style, rng)
    around = levels(key, func.root, plan, graph)
    if not around:
        return root_plan(graph.by_key[key], graph, style, rng)
    compute = func.compute
    if rng.random() < 0.6 or compute not in around:
        compute = str(rng.choice(around))
    loops = plan.funcs[func.root].stages[-1].loops()
    outside = loops[: loops.index(compute)]
    store = outside[-1] if outside and not graph.by_key[key].scans and rng.random() < 0.6 else ""
    return replace(func, compute=compute, store=store)


def _new_place(key: str, plan: Plan, graph: Graph, style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Inline a Func, compute it whole, or in the loops of its readers' root."""
    func = graph.by_key[key]
    if key in plan.funcs and func.inlinable and key not in graph.outputs and rng.random() < 0.3:
        return None
    roots = [name for name, each in plan.funcs.items() if not each.root and name != key]
    for root in rng.permutation(roots) if roots and rng.random() < 0.7 else ():
        around = levels(key, str(root), plan, graph)
        if around and key not in graph.outputs:
            compute = draw_level(str(rng.choice(LEVELS)), around, rng)
            return member_plan(func, str(root), compute, "", style, rng)
    return root_plan(func, graph, style, rng)


def _redraw(key: str, plan: Plan, graph: Graph, style: Style, rng: np.random.Generator) -> FuncPlan | None:
    """Draw a Func's loops anew where it is."""
    func = plan.funcs[key]
    if func.root:
        return member_plan(graph.by_key[key], func.root, func.compute, func.store, style, rng)
    return root_plan(graph.by_key[key], graph, style, rng)


_MOVES: tuple[Move, ...] = (_tile, _block, _lanes, _order, _level, _new_place, _redraw, _cut_sums)
_WEIGHTS = (0.25, 0.2, 0.1, 0.05, 0.15, 0.1, 0.1, 0.05)
