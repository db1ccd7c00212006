"""Whether a schedule can run at a size: whole tiles must fit where more than is needed cannot be computed."""

from __future__ import annotations

from perfpred.halide.graph.model import Func, Graph
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.loop_nest import StageNest
from perfpred.halide.schedule.miscompiled import miscompiled

GUARDED = ("GuardWithIf", "Predicate", "PredicateLoads", "PredicateStores")


def is_applicable(candidate: Candidate, graph: Graph) -> bool:
    """Say whether a schedule can run at the size of a graph, and is not known to be compiled wrongly."""
    return too_small(candidate, graph) is None and miscompiled(candidate, graph) is None


def too_small(candidate: Candidate, graph: Graph) -> str | None:
    """Return why the size of a graph is too small for a candidate, None if it is not.

    Halide shifts the last tile of an output inwards, so an output smaller than a tile is an error when it
    runs. Other Funcs are made as large as their tiles, which is an error where an input is read without a
    boundary condition: it would be read out of bounds.
    """
    if candidate.runs_autoscheduler:
        return None
    for key in (*graph.outputs, *sorted(graph.exposed - set(graph.outputs))):
        func = graph.by_key[key]
        for number in range(len(func.stages)):
            found = _tile_problem(func, number, candidate)
            if found is not None:
                beyond = "" if key in graph.outputs else "; it reads an input without a boundary condition"
                return f"{found}{beyond}"
    return None


def _tile_problem(func: Func, number: int, candidate: Candidate) -> str | None:
    """Return which tiles of a definition are larger than its Func, unless a guard cuts them off."""
    stage = func.stages[number]
    names = tuple(loop.name for loop in stage.loops)
    nest = StageNest(names, list(names))
    sizes = {loop.name: loop.extent for loop in stage.loops} | dict(zip(func.args, func.extents, strict=True))
    guarded = set(stage.rvars)  # as Halide does with the loops of a reduction
    for directive in candidate.of(func.key):
        if directive.stage != number or directive.method not in ("split", "fuse", "rename", "reorder"):
            continue
        if directive.method == "split":
            old, factor = str(directive.args[0]), int(directive.args[3])
            tail = str(directive.args[4]) if len(directive.args) > 4 else "Auto"
            extent = nest.extents(sizes).get(old, float(factor))
            if extent < factor and tail not in GUARDED and old not in guarded:
                return f"tiles of {factor} along {old} of {func.key} do not fit into {extent:g}"
            if old in guarded:
                guarded |= {str(each) for each in directive.args[1:3]}
        nest.apply(directive)
    return None
