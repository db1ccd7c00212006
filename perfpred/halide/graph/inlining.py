"""What inlining adds to the Funcs that read: operations and clamped reads of a point."""

from __future__ import annotations

from collections.abc import Container

from perfpred.halide.graph.model import Graph


def inlined_operations(kept: Container[str], graph: Graph) -> dict[str, float]:
    """Return, for each Func, the operations of a point with those of the inlined Funcs it reads."""
    total: dict[str, float] = {}
    for func in graph.funcs:
        stages = []
        for stage in func.stages:
            below = sum(
                access.count * total[access.source]
                for access in stage.accesses
                if access.source in total and access.source not in kept
            )
            stages.append(stage.operations + below)
        total[func.key] = max(stages)
    return total


def inlined_clamps(kept: Container[str], graph: Graph) -> dict[str, float]:
    """Return, for each Func, how many clamped reads a point makes, those of inlined Funcs with it."""
    total: dict[str, float] = {}
    for func in graph.funcs:
        stages = []
        for stage in func.stages:
            count = 0.0
            for access in stage.accesses:
                clamped = any(index and index.coefficients and index.clamped for index in access.indices)
                below = total.get(access.source, 0.0) if access.source not in kept else 0.0
                count += access.count * (float(clamped) + below)
            stages.append(count)
        total[func.key] = max(stages)
    return total
