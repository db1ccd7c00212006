"""The largest value of a 13x13 window, by windows of 2, 4 and 8 along each axis."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

SHIFTS = (1, 2, 4, 5)
"""Two windows this far apart make the next; the last one is 13 wide."""
RADIUS = 6


def max_filter(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "input")
    current = hl.BoundaryConditions.repeat_edge(image)
    for stage, shift in enumerate(SHIFTS):
        taller = hl.Func(f"down_{stage}")
        taller[x, y] = hl.max(current[x, y], current[x, y + shift])
        current = taller
    for stage, shift in enumerate(SHIFTS):
        wider = hl.Func(f"across_{stage}")
        wider[x, y] = hl.max(current[x, y], current[x + shift, y])
        current = wider
    output = hl.Func("output")
    output[x, y] = current[x - RADIUS, y - RADIUS]
    return output, [(image, examples.floats(height, width))], [width, height]


def reference(image: Array) -> Array:
    """Return the same by NumPy."""
    edged = np.pad(image, RADIUS, mode="edge")
    side = 2 * RADIUS + 1
    windows = np.lib.stride_tricks.sliding_window_view(edged, (side, side))
    return np.asarray(windows.max(axis=(2, 3)))
