"""Interpolation of the colours where alpha is small, from coarser and coarser levels."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples

LEVELS = 5


def interpolate(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    image = hl.ImageParam(hl.Float(32), 3, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    down = [hl.Func(f"down_{level}") for level in range(LEVELS)]
    down[0][x, y, c] = hl.select(c < 3, edged[x, y, c] * edged[x, y, 3], edged[x, y, 3])
    for level in range(1, LEVELS):
        finer, across = down[level - 1], hl.Func(f"downx_{level}")
        across[x, y, c] = (finer[x * 2 - 1, y, c] + 2.0 * finer[x * 2, y, c] + finer[x * 2 + 1, y, c]) * 0.25
        down[level][x, y, c] = (
            across[x, y * 2 - 1, c] + 2.0 * across[x, y * 2, c] + across[x, y * 2 + 1, c]
        ) * 0.25
    current = down[-1]
    for level in reversed(range(LEVELS - 1)):
        across, up, filled = hl.Func(f"upx_{level}"), hl.Func(f"up_{level}"), hl.Func(f"filled_{level}")
        across[x, y, c] = (current[x / 2, y, c] + current[(x + 1) / 2, y, c]) * 0.5
        up[x, y, c] = (across[x, y / 2, c] + across[x, (y + 1) / 2, c]) * 0.5
        filled[x, y, c] = down[level][x, y, c] + (1.0 - down[level][x, y, 3]) * up[x, y, c]
        current = filled
    output = hl.Func("output")
    output[x, y, c] = current[x, y, c] / current[x, y, 3]
    example = examples.floats(4, height, width) + np.float32(0.05)
    return output, [(image, example)], [width, height, 3]
