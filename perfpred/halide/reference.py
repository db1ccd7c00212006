"""The reference schedule, whose output is right: each Func computed whole, a value at a time."""

from __future__ import annotations

from perfpred.halide.candidate import Candidate, Directive
from perfpred.halide.graph.model import Func, Graph

SOURCE = "reference"


def reference_schedule(graph: Graph) -> Candidate:
    """Return the schedule that is too plain to be wrong; wrappers that compute nothing are inlined."""
    stored = [func for func in graph.funcs if func.key in graph.outputs or not _wrapper(func)]
    return Candidate(tuple(Directive(func.key, 0, "compute_root") for func in stored), SOURCE)


def integers_only(graph: Graph) -> bool:
    """Whether no float is computed, so that every schedule gives the same bits."""
    return all(func.is_integer for func in graph.funcs)


def _wrapper(func: Func) -> bool:
    return func.inlinable and func.stages[0].operations == 0
