"""Whether a schedule can run at a size: whole tiles of its outputs must fit into it."""

from __future__ import annotations

from perfpred.halide.candidate import AUTOSCHEDULE, Candidate
from perfpred.halide.features.nest import StageNest
from perfpred.halide.graph.model import Func, Graph
from perfpred.halide.miscompiled import miscompiled

GUARDED = ("GuardWithIf", "Predicate", "PredicateLoads", "PredicateStores")


def is_applicable(candidate: Candidate, graph: Graph) -> bool:
    """Say whether a schedule can run at the size of a graph, and is not known to be compiled wrongly."""
    return too_small(candidate, graph) is None and miscompiled(candidate, graph) is None


def too_small(candidate: Candidate, graph: Graph) -> str | None:
    """Return why the size of a graph is too small for a candidate, None if it is not.

    Halide shifts the last tile of an output inwards, so an output smaller than a tile is an error when it
    runs. Other Funcs are simply made as large as their tiles.
    """
    if any(each.method == AUTOSCHEDULE for each in candidate.directives):
        return None
    problems = (_output_problem(graph.by_key[key], candidate) for key in graph.outputs)
    return next((each for each in problems if each is not None), None)


def _output_problem(output: Func, candidate: Candidate) -> str | None:
    names = tuple(loop.name for loop in output.stages[0].loops)
    nest = StageNest(names, list(names))
    sizes = dict(zip(output.args, output.extents, strict=True))
    for directive in candidate.of(output.key):
        if directive.stage or directive.method not in ("split", "fuse", "rename", "reorder"):
            continue
        if directive.method == "split":
            old, factor = str(directive.args[0]), int(directive.args[3])
            tail = str(directive.args[4]) if len(directive.args) > 4 else "Auto"
            extent = nest.extents(sizes).get(old, float(factor))
            if extent < factor and tail not in GUARDED:
                return f"tiles of {factor} along {old} of {output.key} do not fit into {extent:g}"
        nest.apply(directive)
    return None
