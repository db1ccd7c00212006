"""From the work of each Func to the features of a candidate: one function for training and for choosing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.halide.cost.machine import Target
from perfpred.halide.cost.work import FuncWork, all_work, needed
from perfpred.halide.graph.inlining import inlined_clamps, inlined_operations
from perfpred.halide.graph.model import Access, Func, Graph, Stage
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.loop_nest import Extents, Nests, StageNest, nests

FEATURES = (
    *("log_vector_ops", "log_scalar_ops", "log_recompute", "log_vector_loads", "log_scalar_loads"),
    *("log_stores", "log_l1_bytes", "log_l2_bytes", "log_l3_bytes", "log_critical_ops", "log_tasks"),
    *("idle", "log_iterations", "log_realizations", "log_piece_bytes", "log_root_bytes", "vector_waste"),
    *("log_lanes", "log_copies", "log_spilled", "log_launches", "log_code", "roots", "members", "inlined"),
    *("sliding", "log_inner", "log_pure_ops", "log_pure_bytes", "threads", "log_edge_loads", "log_estimate"),
)
"""Logarithms are natural, of one plus the amount; ``log_estimate`` is a rough time in cycles."""


@dataclass
class _Sums:
    """What is added up over the stages of a schedule."""

    vector_ops: float = 0.0
    scalar_ops: float = 0.0
    operations: float = 0.0
    vector_loads: float = 0.0
    scalar_loads: float = 0.0
    stores: float = 0.0
    iterations: float = 0.0
    waste: float = 0.0
    lanes: float = 0.0
    copies: float = 0.0
    inner: float = 0.0
    spilled: float = 0.0
    code: float = 0.0
    edge_loads: float = 0.0


def features(candidate: Candidate, graph: Graph, target: Target) -> NDArray[np.float64]:
    """Return the features of a candidate at the size of a graph, shape (len(FEATURES),).

    Raises
    ------
    InputError
        If the candidate is no schedule of the pipeline.
    """
    made = nests(candidate, graph)
    work = all_work(made, graph)
    inlined = inlined_operations(made.funcs, graph)
    clamps = inlined_clamps(made.funcs, graph)
    total = _Sums()
    cycles: dict[str, float] = {}
    touched: dict[str, float] = {}
    for key, each in work.items():
        mine = _stage_sums(graph.by_key[key], each, inlined[key], clamps[key], target)
        for name, value in vars(mine).items():
            setattr(total, name, getattr(total, name) + value)
        cost = mine.vector_ops / 2 + mine.scalar_ops + (mine.vector_loads + mine.stores) / 2
        cost += mine.scalar_loads + mine.edge_loads + 2 * mine.iterations
        cycles[each.root] = cycles.get(each.root, 0.0) + cost
        vectors, values = mine.vector_loads + mine.stores, mine.scalar_loads * graph.element_bytes(key)
        touched[each.root] = touched.get(each.root, 0.0) + vectors * target.vector_bytes + values
    traffic = {
        key: [min(level, touched[key]) for level in _traffic(key, made, each, graph, target)]
        for key, each in work.items()
        if each.root == key
    }
    return _row(total, cycles, traffic, made, work, graph, target)


def encode(candidates: Sequence[Candidate], graph: Graph, target: Target) -> NDArray[np.float64]:
    """Return the features of candidates, shape (len(candidates), len(FEATURES))."""
    return np.array([features(each, graph, target) for each in candidates]).reshape(-1, len(FEATURES))


def _row(
    total: _Sums,
    cycles: dict[str, float],
    traffic: dict[str, list[float]],
    made: Nests,
    work: dict[str, FuncWork],
    graph: Graph,
    target: Target,
) -> NDArray[np.float64]:
    roots = [key for key, each in work.items() if each.root == key]
    tasks = {key: _tasks(made.funcs[key].stages[-1], work[key].loops[-1][1]) for key in roots}
    speedup = {key: _speedup(tasks[key], target.threads) for key in roots}
    busy = sum(cycles.get(key, 0.0) for key in roots) or 1.0
    critical = sum(cycles.get(key, 0.0) / speedup[key] for key in roots)
    moved = [sum(each[level] for each in traffic.values()) for level in range(3)]
    paid = sum(
        (each[0] / 64 + each[1] / 24 + each[2] / 10) / max(1.0, min(speedup[key], 2.0))
        for key, each in traffic.items()
    )
    pieces = [
        math.prod(each.stored) * graph.element_bytes(key) for key, each in work.items() if key not in roots
    ]
    whole = [graph.by_key[key].points * graph.element_bytes(key) for key in roots if key not in graph.outputs]
    realizations = sum(each.allocations for key, each in work.items() if key not in roots)
    launches = sum(1.0 for key in roots if tasks[key] > 1)
    operations = max(total.operations, 1.0)
    values = (
        *map(math.log1p, (total.vector_ops, total.scalar_ops)),
        math.log(max(total.operations, 1.0) / max(graph.operations, 1.0)),
        *map(math.log1p, (total.vector_loads, total.scalar_loads, total.stores, *moved, critical)),
        math.log1p(min((tasks[key] for key in roots), default=1.0)),
        critical / busy,
        *map(math.log1p, (total.iterations, realizations, max(pieces, default=0.0), sum(whole))),
        total.waste / operations,
        math.log(max(total.lanes / operations, 1.0)),
        math.log(max(total.copies / operations, 1.0)),
        *map(math.log1p, (total.spilled / operations, launches, total.code)),
        float(len(roots)),
        float(len(work) - len(roots)),
        float(len(graph.funcs) - len(work)),
        float(sum(each.sliding for each in work.values())),
        math.log1p(total.inner / operations),
        *map(math.log1p, (graph.operations, graph.bytes)),
        float(target.threads),
        math.log1p(total.edge_loads),
        math.log(critical + paid + 60 * realizations + 8000 * launches),
    )
    return np.array(values)


def _stage_sums(func: Func, work: FuncWork, inlined: float, clamps: float, target: Target) -> _Sums:
    sums = _Sums()
    for stage, (mine, extents, points) in zip(func.stages, work.loops, strict=True):
        own = max(stage.operations for stage in func.stages)
        cost = stage.operations + max(0.0, inlined - own) + 1.0
        lanes, waste = _lanes(mine, extents)
        copies = math.prod(extents[name] for name, kind in mine.kinds.items() if kind == "unroll")
        per_vector = lanes / max(1.0, lanes * func.element_bytes / target.vector_bytes)
        operations = points * cost
        if lanes > 1:
            sums.vector_ops += operations * waste / per_vector
        else:
            sums.scalar_ops += operations
        held = _held(stage, mine, extents)
        loads, slow = _loads(func, stage.accesses, mine, extents, held)
        if lanes > 1:
            sums.vector_loads += points * waste * (loads + slow) / per_vector
            sums.scalar_loads += points * slow
        else:
            sums.scalar_loads += points * (loads + slow)
        sums.stores += points * waste / (held * (per_vector if lanes > 1 else 1.0))
        sums.iterations += points / (lanes * copies)
        sums.operations += operations
        sums.waste += operations * (waste - 1)
        sums.lanes += operations * lanes
        sums.copies += operations * copies
        sums.inner += operations * (extents[mine.order[0]] if mine.order else 1.0)
        vectors = copies * max(1.0, lanes * func.element_bytes / target.vector_bytes)
        sums.spilled += operations * max(0.0, vectors - 24)
        sums.code += copies * cost
        sums.edge_loads += points * clamps * _edge_share(mine, member=work.root != func.key)
    return sums


def _lanes(nest: StageNest, extents: Extents) -> tuple[float, float]:
    """Return the values a vector, and how many are computed for each that is wanted."""
    for name, kind in nest.kinds.items():
        if kind == "vectorize":
            lanes = extents[name]
            for old, _, inner, factor in nest.cuts:
                if inner == name and factor:
                    wanted = extents[old]
                    return lanes, (-(-wanted // lanes) * lanes) / max(wanted, 1.0)
            return lanes, 1.0
    return 1.0, 1.0


def _loads(
    func: Func, accesses: Sequence[Access], nest: StageNest, extents: Extents, held: float
) -> tuple[float, float]:
    """Return the reads a point that are of neighbours for neighbouring lanes, and those that are not.

    Copies of a statement share what does not move with them, and sums in registers are not read again.
    """
    origins = _origins(nest)
    vector = next((origins[name] for name, kind in nest.kinds.items() if kind == "vectorize"), None)
    vector = vector or (origins[nest.order[0]] if nest.order else "")
    copies = [(origins[name], extents[name]) for name, kind in nest.kinds.items() if kind == "unroll"]
    near = far = 0.0
    for access in accesses:
        stride, moved = 0.0, set()
        for position, index in enumerate(access.indices):
            factors = {} if index is None else dict(index.coefficients)
            moved |= set(factors)
            step = abs(factors.get(vector, 0.0))
            stride = max(stride, 2.0 if index is None else 0.0 if not step else 1.0 if position == 0 else 2.0)
            stride = 2.0 if position == 0 and step > 1 else stride
        anywhere = any(index is None for index in access.indices)
        shared = 1.0 if anywhere else math.prod(extent for name, extent in copies if name not in moved)
        count = access.count / (held if access.source == func.key else shared)
        near, far = (near, far + count) if stride >= 2.0 else (near + count, far)
    return near, far


def _origins(nest: StageNest) -> dict[str, str]:
    """Return the dimension that each loop was cut from; the inner one of a fusion."""
    found = {name: name for name in nest.dims}
    for old, outer, inner, factor in nest.cuts:
        if factor == 0:
            found[old] = found[inner]
        else:
            found[outer] = found[old]
            if inner:
                found[inner] = found[old]
    return found


def _edge_share(nest: StageNest, *, member: bool) -> float:
    """Return how many of the clamped reads are made a value at a time.

    Halide takes the edges of an image out of a loop, so that clamps cost nothing within, but not where the
    loop is one of a tile's: then all reads generate_candidates.
    """
    origins = _origins(nest)
    plain = [origins[name] for name in nest.order if nest.kinds.get(name) not in ("vectorize", "unroll")]
    if len(set(plain)) < len(plain):
        return 1.0
    return 0.15 if member else 0.02


def _held(stage: Stage, nest: StageNest, extents: Extents) -> float:
    """Return how many terms of a reduction are added before their sum leaves the registers."""
    origins, terms = _origins(nest), 1.0
    for name in nest.order:
        if origins[name] in stage.rvars:
            terms *= extents[name]
        elif nest.kinds.get(name) not in ("vectorize", "unroll"):
            break
    return terms


def _tasks(nest: StageNest, extents: Extents) -> float:
    return math.prod(extents[name] for name, kind in nest.kinds.items() if kind == "parallel") or 1.0


def _speedup(tasks: float, threads: int) -> float:
    """Return how many threads are busy on average."""
    if tasks <= 1:
        return 1.0
    return tasks / math.ceil(tasks / threads)


def _traffic(
    key: str, made: Nests, work: FuncWork, graph: Graph, target: Target
) -> tuple[float, float, float]:
    """Return the bytes that come into the first, second and third cache while a root is computed.

    What a loop's body touches comes in once a step of the outermost loop whose body's data fit.
    """
    nest, extents, _ = work.loops[-1]
    steps, levels = 1.0, []
    for loop in ("", *reversed(nest.order)):
        if loop:
            steps *= extents[loop]
        if loop and nest.kinds.get(loop) in ("vectorize", "unroll"):
            break
        regions = needed(key, loop, made, graph, work)
        size = sum(
            math.prod(region) * graph.element_bytes(name)
            for name, region in regions.items()
            if name not in graph.by_key or name in made.funcs
        )
        levels.append((size, steps))
        if size <= target.l1_bytes / 2:
            break
    found = []
    for cache in (target.l1_bytes, target.l2_bytes, target.l3_bytes):
        fitting = next(((size, count) for size, count in levels if size <= 0.75 * cache), levels[-1])
        found.append(fitting[0] * fitting[1])
    return found[0], found[1], found[2]
