"""The reference schedule, whose output is right: each Func computed whole, a value at a time."""

from __future__ import annotations

from perfpred.halide.graph.model import Func, Graph
from perfpred.halide.schedule.candidate import Candidate, Directive

SOURCE = "reference"
UNFUSED = "strict_float"
"""The feature of a target that keeps multiplications and additions from being fused."""


MAX_INLINED = 64.0
"""Operations of a Func, with all inlined into it, that may be done again for each value that reads it."""


def reference_schedule(graph: Graph) -> Candidate:
    """Return the schedule that is too plain to be wrong.

    Wrappers that compute nothing are inlined, and so is what Halide finds no bounds of.
    """
    stored = [func for func in graph.funcs if func.key in graph.outputs or not _inlined(func)]
    return Candidate(tuple(Directive(func.key, 0, "compute_root") for func in stored), SOURCE)


def inlined_schedule(graph: Graph) -> Candidate | None:
    """Return the schedule that inlines what is cheap and computes the rest whole, None where nothing is.

    It is as plain as the reference, but rounds otherwise: what is inlined is fused with what reads it.
    """
    work: dict[str, float] = {}
    for func in graph.funcs:  # producers first
        stages = [
            stage.operations + sum(work.get(each.source, 0.0) * each.count for each in stage.accesses)
            for stage in func.stages
        ]
        reads = max((_reads(graph, reader, func.key) for reader in graph.consumers[func.key]), default=0.0)
        if func.inlinable and func.key not in graph.outputs and reads * stages[0] <= MAX_INLINED:
            work[func.key] = stages[0]
    if all(_inlined(graph.by_key[key]) for key in work):
        return None
    stored = [func.key for func in graph.funcs if not (func.key in work or func.unbounded)]
    return Candidate(tuple(Directive(key, 0, "compute_root") for key in stored), f"{SOURCE}-inlined")


def _reads(graph: Graph, reader: str, key: str) -> float:
    stages = graph.by_key[reader].stages
    return max(sum(each.count for each in stage.accesses if each.source == key) for stage in stages)


def _inlined(func: Func) -> bool:
    return func.unbounded or (func.inlinable and func.stages[0].operations == 0)
