"""Drawing whole plans: a style, then each Func from the output to the inputs."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from perfpred.halide.graph.inlining import inlined_operations
from perfpred.halide.graph.model import Func, Graph
from perfpred.halide.graph.moving import moving
from perfpred.halide.schedule.plan import ROOT, FuncPlan, Plan, dimension
from perfpred.halide.space.loops import fused_reduction_loops, member_loops, root_loops, update_loops
from perfpred.halide.space.rules import levels, users
from perfpred.halide.space.style import Style
from perfpred.hardware import vector_registers

STRIPS = (1, 2, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 256)
COLUMNS = (0, 0, 0, 64, 128, 128, 256, 256, 512)
LEVELS = ("task", "tile", "tile", "row", "row", "row", "block")


def sample_style(graph: Graph, vector_bytes: int, threads: int, rng: np.random.Generator) -> Style:
    """Return what the nests of a candidate have in common.

    Parameters
    ----------
    graph : Graph
        The pipeline at its size.
    vector_bytes : int
        The width of a vector register.
    threads : int
    rng : numpy.random.Generator
    """
    extents = graph.largest_output.extents
    rows = extents[1] if len(extents) > 1 else math.prod(extents)
    strip = int(rng.choice(STRIPS))
    if rng.random() < 0.2:
        strip = max(1, int(-(-rows // (threads * int(rng.choice((1, 1, 2, 4)))))))
    level = str(rng.choice(LEVELS))
    slide = float(rng.choice((0.0, 0.5, 1.0, 1.0)))
    if level == "row" and slide and rng.random() < 0.7:
        strip = max(strip, 32)
    return Style(
        vector_bytes=int(rng.choice((1, 1, 1, 1, 1, 2, 0.5)) * vector_bytes),
        registers=vector_registers(vector_bytes),
        threads=threads,
        strip=strip,
        column=int(rng.choice(COLUMNS)),
        level=level,
        fuse=float(rng.choice((0.0, 0.5, 0.85, 1.0, 1.0))),
        slide=slide,
        inline=float(rng.choice((0.3, 1.0, 1.0, 2.0))),
        block=float(rng.choice((0.0, 0.3, 0.8))),
        turn=bool(rng.random() < 0.45),
        across=bool(rng.random() < (0.1 if len(extents) < 3 else 0.35)),
    )


def sample_plan(graph: Graph, style: Style, rng: np.random.Generator) -> Plan:
    """Return a plan; most are legal, none is checked here."""
    plans: dict[str, FuncPlan] = {}
    alike: dict[tuple[object, ...], float] = {}
    seeds: dict[tuple[object, ...], int] = {}
    for func in reversed(graph.funcs):
        kind = _kind(func, plans, graph)
        if rng.random() < 0.1:  # mostly, Funcs of a kind are treated alike
            kind = (*kind, func.key)
        draw = alike.setdefault(kind, float(rng.random()))
        inlined = func.unbounded or draw < _inlining(func, plans, graph, style)
        if func.key not in graph.outputs and inlined:
            continue
        same = np.random.default_rng(seeds.setdefault(kind, int(rng.integers(1 << 62))))
        plans[func.key] = _placed(func, plans, graph, style, same) or root_plan(func, graph, style, same)
    return Plan({func.key: plans[func.key] for func in graph.funcs if func.key in plans})


def root_plan(func: Func, graph: Graph, style: Style, rng: np.random.Generator) -> FuncPlan:
    """Return a plan of a Func that is computed whole; a reduction's consumer gets blocks it can fill.

    Parameters
    ----------
    func : Func
        It is computed whole.
    graph : Graph
        Whose Func it is.
    style : Style
    rng : numpy.random.Generator
    """
    if _consumes_reduction(func, graph):
        style = replace(style, block=max(style.block, 0.9))
    pure = root_loops(func, func.stages[0], style, rng)
    updates = [update_loops(func, stage, pure, style, rng, root=True) for stage in func.stages[1:]]
    return FuncPlan((pure, *updates))


def member_plan(
    func: Func, root: str, compute: str, store: str, style: Style, rng: np.random.Generator
) -> FuncPlan:
    """Return a plan of a Func that is computed in the loops of another.

    Parameters
    ----------
    func : Func
        The Func that is planned.
    root : str
        The Func whose loops it is computed in.
    compute : str
        The level it is computed at.
    store : str
        The level it is stored at.
    style : Style
        How loops are chosen.
    rng : numpy.random.Generator
    """
    pure = member_loops(func, func.stages[0], style, rng)
    updates = [update_loops(func, stage, pure, style, rng, root=False) for stage in func.stages[1:]]
    return FuncPlan((pure, *updates), root, compute, store)


def inline_chance(func: Func, plans: dict[str, FuncPlan], graph: Graph) -> float:
    """Return how often an expert would inline a Func: by what is computed again if it is."""
    if not func.inlinable:
        return 0.0
    cost = inlined_operations({**plans, **_stored(graph, plans)}, graph)[func.key]
    reads = max(
        (
            access.count
            for consumer in graph.consumers[func.key]
            for stage in graph.by_key[consumer].stages
            for access in stage.accesses
            if access.source == func.key
        ),
        default=1.0,
    )
    readers = len(users(func.key, plans, graph))
    again = cost * (reads * readers - 1)
    if cost == 0:
        return _edge_chance(func, plans, graph)
    if reads * readers <= 1:
        return 0.8
    return 0.4 if again <= 12 else 0.2 if again <= 30 else 0.05 if again <= 90 else 0.0


def _edge_chance(func: Func, plans: dict[str, FuncPlan], graph: Graph) -> float:
    """Return how often to inline what computes nothing.

    Clamped reads cost nothing in plain loops, where Halide takes the edges out, and a lot in tiles.
    """
    accesses = func.stages[0].accesses
    if not any(index and index.clamped for access in accesses for index in access.indices):
        return 0.93
    readers = [plans[reader] for reader in users(func.key, plans, graph)]
    if any(stage.tiles for reader in readers for stage in reader.stages):
        return 0.1
    return 0.6 if any(reader.root for reader in readers) else 0.9


def _stored(graph: Graph, plans: dict[str, FuncPlan]) -> dict[str, FuncPlan]:
    """Return Funcs further up that will hardly be inlined: stencils of more than a little work."""
    return {
        func.key: FuncPlan(())
        for func in graph.funcs
        if func.key not in plans and (not func.inlinable or max(s.operations for s in func.stages) > 2)
    }


def _inlining(func: Func, plans: dict[str, FuncPlan], graph: Graph, style: Style) -> float:
    return float(1 - (1 - inline_chance(func, plans, graph)) ** style.inline)


def _kind(func: Func, plans: dict[str, FuncPlan], graph: Graph) -> tuple[object, ...]:
    """Return what Funcs have in common that are scheduled alike: their form, their work, their readers."""
    work = tuple((len(stage.loops), stage.operations, len(stage.accesses)) for stage in func.stages)
    readers = users(func.key, plans, graph) if func.key not in graph.outputs else set()
    return (func.element_bytes, len(func.args), work, len(readers), func.extents[:1])


def _placed(
    func: Func, plans: dict[str, FuncPlan], graph: Graph, style: Style, rng: np.random.Generator
) -> FuncPlan | None:
    """Return a plan in the loops of the one root that all readers are in, None for a root of its own."""
    readers = users(func.key, plans, graph)
    roots = {plans[reader].root or reader for reader in readers}
    if func.key in graph.outputs or len(roots) != 1:
        return None
    (root,) = roots
    around = levels(func.key, root, Plan(plans), graph)
    if not around:
        return None
    fused = _fused_reduction(func, root, readers, plans, style, around, rng)
    if fused is not None:
        return fused
    if rng.random() >= style.fuse:
        return None
    compute = draw_level(style.level if rng.random() < 0.92 else str(rng.choice(LEVELS)), around, rng)
    if func.scans:
        compute = around[0]
    outside = plans[root].stages[-1].loops()[: around.index(compute)]
    store = ""
    if not func.scans and rng.random() < style.slide:
        parallel = plans[root].stages[-1].parallel
        store = outside[-1] if outside else "" if parallel else ROOT
    made = member_plan(func, root, compute, store, style, rng)
    names = [loop.name for loop in graph.by_key[root].stages[-1].loops]
    return _uncut(made, moving(func.key, root, [dimension(compute, names)], graph)) if store else made


def _uncut(plan: FuncPlan, names: Collection[str]) -> FuncPlan:
    """Return a plan without blocks along the dimensions that a window moves along."""
    stages = [
        replace(stage, blocks=tuple(each for each in stage.blocks if each[0] not in names))
        for stage in plan.stages
    ]
    return replace(plan, stages=tuple(stages))


def draw_level(level: str, around: tuple[str, ...], rng: np.random.Generator) -> str:
    """Return the loop that a kind of level means in a nest, outermost first."""
    tiles = [name for name in around if name.endswith("_o")]
    if level == "task" or len(around) == 1:
        return around[0]
    if level == "tile":
        return tiles[-1] if tiles else around[0]
    if level == "block":
        return around[-1]
    inside = [name for name in around if name not in tiles]
    rows = inside[:-1] if len(inside) > 1 else inside
    return rows[-1] if rows else around[-1]


def _fused_reduction(
    func: Func,
    root: str,
    readers: set[str],
    plans: dict[str, FuncPlan],
    style: Style,
    around: tuple[str, ...],
    rng: np.random.Generator,
) -> FuncPlan | None:
    """Return a reduction computed in registers, a block of its only reader at a time."""
    if func.inlinable or func.scans or readers != {root} or rng.random() >= 0.7:
        return None
    consumer = plans[root].stages[-1]
    pure = fused_reduction_loops(func, func.stages[0], consumer, style)
    if pure is None or any(set(stage.rvars) == set() for stage in func.stages[1:]):
        return None
    updates = []
    for stage in func.stages[1:]:
        loops = update_loops(func, stage, pure, style, rng, root=False)
        reduction = [name for name in stage.rvars if name not in loops.unrolled]
        free = [loop.name for loop in stage.loops if loop.name not in stage.rvars]
        updates.append(replace(loops, inner=(*loops.unrolled, *reduction, *free)))
    return FuncPlan((pure, *updates), root, around[-1])


def _consumes_reduction(func: Func, graph: Graph) -> bool:
    return any(
        not graph.by_key[source].inlinable and len(graph.consumers[source]) == 1
        for source in graph.producers[func.key]
    )
