"""Eight 5x5 stencils in a row, in 16-bit arithmetic that wraps."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

STAGES = 8


def stencil_chain(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.UInt(16), 2, "input")
    previous = hl.BoundaryConditions.repeat_edge(image)
    for stage in range(STAGES):
        current = hl.Func(f"stage_{stage}" if stage < STAGES - 1 else "output")
        total = hl.u16(0)
        for i in range(-2, 3):
            for j in range(-2, 3):
                total = total + previous[x + i, y + j] * hl.u16((i + 3) * (j + 3))
        current[x, y] = total
        previous = current
    return previous, [(image, examples.uint16s(height, width))], [width, height]


def reference(image: Array) -> Array:
    """Return the same by NumPy."""
    current = np.pad(image, 2 * STAGES, mode="edge")
    for _ in range(STAGES):
        height, width = current.shape[0] - 4, current.shape[1] - 4
        parts = [
            current[j : j + height, i : i + width] * np.uint16((i + 1) * (j + 1))
            for i in range(5)
            for j in range(5)
        ]
        current = sum(parts[1:], start=parts[0])
    return current
