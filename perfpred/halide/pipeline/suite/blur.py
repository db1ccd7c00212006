"""A 3x3 box blur: along rows, then along columns."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array


def blur(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    across, output = hl.Func("blur_x"), hl.Func("blur_y")
    across[x, y] = (edged[x - 1, y] + edged[x, y] + edged[x + 1, y]) / 3
    output[x, y] = (across[x, y - 1] + across[x, y] + across[x, y + 1]) / 3
    return output, [(image, examples.floats(height, width))], [width, height]


def reference(image: Array) -> Array:
    """Return the same by NumPy."""
    edged = np.pad(image, 1, mode="edge").astype(np.float64)
    across = (edged[:, :-2] + edged[:, 1:-1] + edged[:, 2:]) / 3
    return np.asarray((across[:-2] + across[1:-1] + across[2:]) / 3)
