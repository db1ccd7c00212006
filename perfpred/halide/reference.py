"""The reference schedule, whose output is right: each Func computed whole, a value at a time."""

from __future__ import annotations

from perfpred.halide.candidate import Candidate, Directive
from perfpred.halide.graph.model import Func, Graph

SOURCE = "reference"
UNFUSED = "strict_float"
"""The feature of a target that keeps multiplications and additions from being fused."""


def reference_schedule(graph: Graph) -> Candidate:
    """Return the schedule that is too plain to be wrong.

    Wrappers that compute nothing are inlined, and so is what Halide finds no bounds of.
    """
    stored = [func for func in graph.funcs if func.key in graph.outputs or not _inlined(func)]
    return Candidate(tuple(Directive(func.key, 0, "compute_root") for func in stored), SOURCE)


def _inlined(func: Func) -> bool:
    return func.unbounded or (func.inlinable and func.stages[0].operations == 0)
