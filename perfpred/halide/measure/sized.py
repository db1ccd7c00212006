"""Pipelines that use their size as a number, which makes them another algorithm at each size."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.errors import InputError
from perfpred.halide.graph.model import Graph
from perfpred.halide.measure.workers import Description, HalideWorkers
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.pipeline.workload import Workload


def require_one_algorithm(described: Mapping[Size, Description], workers: HalideWorkers) -> None:
    """Raise `InputError` unless a pipeline is one algorithm at all sizes: what is learned is of one."""
    (first, one), *rest = described.items()
    for size, other in rest:
        if other.graph.algorithm == one.graph.algorithm:
            continue
        raise InputError(
            f"{one.workload.name} must be one algorithm at all sizes to be measured at several, but is "
            f"another at {size_text(size)} than at {size_text(first)}"
            f"{why_another(one.workload, size, workers)}; {remedy(one.graph)}, "
            "or measure each size by itself"
        )


def remedy(graph: Graph) -> str:
    """Return what makes a pipeline that uses its size as a number one algorithm."""
    name = graph.inputs[0].key if graph.inputs else "image"
    return f"use the extents of an input, such as {name}.width() or {name}.height(), in place of numbers"


def why_another(workload: Workload, other: Size, workers: HalideWorkers) -> str:
    """Return what differs at another size, after a colon; nothing where that is not found out."""
    try:
        said = workers.difference(workload, other)
    except InputError:
        return ""
    return f": {said}" if said else ""
