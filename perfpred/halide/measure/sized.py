"""Pipelines that use their size as a number, which makes them another algorithm at each size."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.errors import InputError
from perfpred.halide.graph.model import Graph
from perfpred.halide.measure.workers import Description, Workshop
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size, size_text


def require_one_algorithm(
    source: PipelineRef, described: Mapping[Size, Description], workshop: Workshop
) -> None:
    """Raise `InputError` unless a pipeline is one algorithm at all sizes: what is learned is of one."""
    (first, one), *rest = described.items()
    for size, other in rest:
        if other.graph.algorithm == one.graph.algorithm:
            continue
        raise InputError(
            f"{source.name} must be one algorithm at all sizes to be measured at several, but is another at "
            f"{size_text(size)} than at {size_text(first)}{why_another(source, first, size, workshop)}; "
            f"{remedy(one.graph)}, or measure each size by itself"
        )


def remedy(graph: Graph) -> str:
    """Return what makes a pipeline that uses its size as a number one algorithm."""
    name = graph.inputs[0].key if graph.inputs else "image"
    return f"use the extents of an input, such as {name}.width() or {name}.height(), in place of numbers"


def why_another(source: PipelineRef, size: Size, other: Size, workshop: Workshop) -> str:
    """Return what differs between two sizes, after a colon; nothing where that is not found out."""
    try:
        said = workshop.difference(source, size, other)
    except InputError:
        return ""
    return f": {said}" if said else ""
