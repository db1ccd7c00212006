"""Which plans are schedules: what Halide would refuse, and what would compile for ever, is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfpred.halide.graph.inlining import inlined_clamps, inlined_operations
from perfpred.halide.graph.model import Func, Graph, Stage
from perfpred.halide.graph.moving import moving
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.schedule.plan import ROOT, FuncPlan, LoopPlan, Plan, dimension
from perfpred.halide.schedule.rules import MAX_NUMBER
from perfpred.halide.space.lower import lower

MAX_COPIES = 64
"""Copies of a statement that blocks and unrolled reductions may make."""
MAX_LANES = 128
MAX_STATEMENT = 500.0
"""Operations of one statement with its copies: compilers take more than their number in time."""
MAX_CODE = 4000.0
"""Operations of all statements with their copies, as of `code_size`."""
REGISTER_BYTES = 64
HALF_COST = 6.0
"""Instructions that convert a half-precision value and back for each operation, as most machines do."""
MAX_INLINED = 1500.0
"""Operations a point after inlining; beyond it compilers take minutes."""


def problem(plan: Plan, graph: Graph) -> str | None:
    """Return why a plan is no legal schedule of a pipeline, None if it is."""
    for key, each in plan.funcs.items():
        if key not in graph.by_key:
            return f"there is no Func {key}"
        if graph.by_key[key].unbounded and key not in graph.outputs:
            return f"{key} is read without bounds that Halide could find, so it must be inlined"
        found = _stages_problem(graph.by_key[key], each)
        if found is not None:
            return f"{key}: {found}"
    for key, each in plan.funcs.items():  # a place is looked for in loops that were found to be right
        found = _place_problem(key, each, plan, graph)
        if found is not None:
            return f"{key}: {found}"
    found = _inlining_problem(plan, graph)
    if found is None and any(each.store for each in plan.funcs.values()):
        return miscompiled(lower(plan, graph), graph)
    return found


def users(key: str, plan: Mapping[str, FuncPlan], graph: Graph) -> set[str]:
    """Return the Funcs with loops of their own that read a Func, directly or through inlined ones."""
    found: set[str] = set()
    seen, waiting = {key}, [key]
    while waiting:
        for consumer in graph.consumers[waiting.pop()]:
            if consumer in plan:
                found.add(consumer)
            elif consumer not in seen:
                seen.add(consumer)
                waiting.append(consumer)
    return found


def _stages_problem(func: Func, plan: FuncPlan) -> str | None:
    if len(plan.stages) != len(func.stages):
        return f"{len(func.stages)} stages need as many plans, but got {len(plan.stages)}"
    for stage, loops in zip(func.stages, plan.stages, strict=True):
        found = _loops_problem(stage, loops)
        if found is not None:
            return found
    return None


def _loops_problem(stage: Stage, plan: LoopPlan) -> str | None:
    names = [loop.name for loop in stage.loops]
    tiles, blocks = dict(plan.tiles), dict(plan.blocks)
    named = (*plan.inner, *(name for name in plan.outer if name not in tiles))
    if sorted(named) != sorted(names) or any(name not in plan.outer for name in tiles):
        return "each dimension needs a loop inside, and a tiled one another outside"
    largest = max((plan.lanes, *tiles.values(), *blocks.values()))
    if largest > MAX_NUMBER:
        return f"a factor of {largest} is larger than {MAX_NUMBER}"
    copies = _copies(stage, plan)
    if copies > MAX_COPIES:
        return f"{copies:g} copies of a statement are more than {MAX_COPIES}"
    if plan.vector and not 2 <= plan.lanes <= MAX_LANES:
        return f"lanes must be in 2..{MAX_LANES}, but are {plan.lanes}"
    if plan.vector and (plan.vector not in names or blocks.get(plan.vector, plan.lanes) % plan.lanes):
        return "a vector's block must be whole vectors"
    varying = [loop.name for loop in stage.loops if loop.name in plan.unrolled and not loop.constant]
    if varying:
        return f"loop {varying[0]} cannot be unrolled whole, as its extent is not a constant"
    impure = [loop.name for loop in stage.loops if not loop.pure]
    if plan.vector in impure or any(name in impure for name in blocks):
        return "an ordered reduction can neither be a vector nor be unrolled in part"
    if any(name in impure for name in tiles) and not _keeps_order(stage, plan, impure):
        return "of ordered reductions the outermost alone can be cut, its outer loop around all others"
    if plan.parallel and plan.loops() and dimension(plan.loops()[0], names) in impure:
        return "an ordered reduction cannot be parallel"
    for name, block in blocks.items():
        if name in tiles and tiles[name] % block:
            return f"tiles of {tiles[name]} are not whole blocks of {block}"
    return None


def _keeps_order(stage: Stage, plan: LoopPlan, impure: Sequence[str]) -> bool:
    """Whether the terms of a reduction that is cut come in the order they came in before."""
    last = [name for name in stage.rvars if name in impure][-1]
    cut = {name for name, _ in plan.tiles if name in impure}
    return (
        cut == {last} and {name for name in plan.outer if name in impure} == cut and last not in plan.unrolled
    )


def _place_problem(key: str, plan: FuncPlan, whole: Plan, graph: Graph) -> str | None:
    if not plan.root:
        return None
    if key in graph.outputs:
        return "an output is computed whole"
    root = whole.funcs.get(plan.root)
    if root is None or root.root:
        return f"{plan.root} is not computed whole"
    around = levels(key, plan.root, whole, graph)
    if plan.compute not in around:
        return f"{plan.root} has no loop {plan.compute} around all that reads it"
    return _store_problem(graph.by_key[key], plan, root, graph)


def _store_problem(func: Func, plan: FuncPlan, root: FuncPlan, graph: Graph) -> str | None:
    """Return why a window cannot slide: it must move along one loop, whose steps follow each other.

    What is new in a step is often a single row, so the dimension that moves must not be cut: Halide would
    round the rows up and take older ones for computed.
    """
    if not plan.store:
        return None
    if func.scans:
        return "a scan cannot slide"
    names = [loop.name for loop in graph.by_key[plan.root].stages[-1].loops]
    moved = moving(func.key, plan.root, [dimension(plan.compute, names)], graph)
    cut = {name for stage in plan.stages for name in (stage.vector, *dict(stage.blocks), *dict(stage.tiles))}
    if cut & moved.keys():
        return f"{', '.join(sorted(cut & moved.keys()))} moves with the window and must not be cut"
    loops = root.stages[-1].loops()
    place = loops.index(plan.compute)
    if plan.store == ROOT:
        parallel = root.stages[-1].parallel
        return (
            "it can be stored whole if it is computed in a serial outermost loop"
            if place or parallel
            else None
        )
    if plan.store not in loops or loops.index(plan.store) != place - 1:
        return f"it must be stored one loop further out than it is computed, at {plan.compute}"
    return None


def levels(key: str, root: str, plan: Plan, graph: Graph) -> tuple[str, ...]:
    """Return the loops of a root, outermost first, in which all that reads a Func is computed.

    Empty if something outside the root's loops reads it, or more of the root's stages than the last.

    Parameters
    ----------
    key : str
        The Func that is computed there.
    root : str
        The Func whose loops they are.
    plan : Plan
        The plan so far.
    graph : Graph
        The pipeline at its size.
    """
    readers = users(key, plan.funcs, graph)
    if any(reader != root and plan.funcs[reader].root != root for reader in readers):
        return ()
    stages = graph.by_key[root].stages
    if any(_reads(stage, key, plan, graph, root) for stage in stages[:-1]):
        return ()
    loops = plan.funcs[root].stages[-1].loops()
    places = [
        loops.index(plan.funcs[each].compute)
        for each in readers - {root}
        if plan.funcs[each].compute in loops
    ]
    return loops[: min(places) + 1] if places else loops


def _reads(stage: Stage, key: str, plan: Plan, graph: Graph, root: str) -> bool:
    """Whether a stage reads a Func, through inlined Funcs or members of its group too."""
    seen, waiting = {root}, [stage]
    while waiting:
        for access in waiting.pop().accesses:
            if access.source == key:
                return True
            if access.source in seen or access.source not in graph.by_key:
                continue
            seen.add(access.source)
            below = plan.funcs.get(access.source)
            if below is None or below.root == root:
                waiting += graph.by_key[access.source].stages
    return False


def _inlining_problem(plan: Plan, graph: Graph) -> str | None:
    missing = [key for key in graph.outputs if key not in plan.funcs]
    if missing:
        return f"the output {missing[0]} needs loops"
    total = inlined_operations(plan.funcs, graph)
    code, plain = code_size(plan, graph, total), sum(_own(func) for func in graph.funcs)
    if code > max(MAX_CODE, 4 * plain):
        return f"{code:.0f} operations in all, with their copies, are more than {MAX_CODE:.0f}"
    for key, each in plan.funcs.items():
        for stage, loops in zip(graph.by_key[key].stages, each.stages, strict=True):
            size = _copies(stage, loops) * _registers(graph.by_key[key], loops) * total[key]
            if size > max(MAX_STATEMENT, 2 * total[key]):
                return f"{key} has a statement of {size:.0f} operations, more than {MAX_STATEMENT:.0f}"
    for func in graph.funcs:
        if func.key in plan.funcs and total[func.key] > max(MAX_INLINED, 2 * _own(func)):
            return f"{func.key} computes {total[func.key]:.0f} operations a point after inlining"
        if func.key not in plan.funcs and not func.inlinable and graph.consumers[func.key]:
            return f"{func.key} has updates and needs loops of its own"
    return None


def code_size(plan: Plan, graph: Graph, operations: Mapping[str, float]) -> float:
    """Return the operations of all statements with their copies, as a measure of the time to compile.

    Loops around inlined boundary conditions are compiled three times a dimension: within, and at the edges.
    """
    clamped = inlined_clamps(plan.funcs, graph)
    size = 0.0
    for key, each in plan.funcs.items():
        for stage, loops in zip(graph.by_key[key].stages, each.stages, strict=True):
            copies = _copies(stage, loops) * _registers(graph.by_key[key], loops)
            edges = 4.0 if clamped[key] else 1.0
            size += (2 if each.store else 1) * copies * edges * (operations[key] + 4 * clamped[key])
    return size


def _copies(stage: Stage, plan: LoopPlan) -> float:
    """Return how many copies of a stage's statement are made, vectors counted as one."""
    extents = {loop.name: loop.extent for loop in stage.loops}
    copies = float(plan.unrolling)
    for name in plan.unrolled:
        copies *= extents[name]
    return copies


def _registers(func: Func, plan: LoopPlan) -> float:
    """Return how many instructions an operation on a vector takes.

    One for each of the widest registers; where neighbouring lanes are not neighbours in memory, they are
    loaded and stored one at a time.
    """
    each = HALF_COST if func.element_bytes == 2 and not func.is_integer else 1.0
    if plan.vector and plan.vector != func.args[0]:
        return each * max(1.0, plan.lanes / 2)
    return each * max(1.0, plan.lanes * func.element_bytes / REGISTER_BYTES)


def _own(func: Func) -> float:
    return max(stage.operations for stage in func.stages)
