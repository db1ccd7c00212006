"""A recursive blur: down and up the columns, turned, and again, so that both axes are blurred."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

ALPHA = 0.5


def iir_blur(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    image, alpha = hl.ImageParam(hl.Float(32), 2, "input"), hl.Param(hl.Float(32), "alpha", ALPHA)
    turned = _columns(image, image.dim(1).extent(), alpha, "columns")
    output = _columns(turned, image.dim(0).extent(), alpha, "rows")
    return output, [(image, examples.floats(height, width)), (alpha, ALPHA)], [width, height]


def _columns(source: Any, height: Any, alpha: Any, stem: str) -> Any:
    """Return a source blurred along its second dimension, and transposed."""
    x, y = hl.Var("x"), hl.Var("y")
    blurred, turned = hl.Func(f"{stem}_blurred"), hl.Func(f"{stem}_turned")
    r = hl.RDom([(1, height - 1)], "r")
    up = height - r - 1
    blurred[x, y] = source[x, y]
    blurred[x, r] = (1 - alpha) * blurred[x, r - 1] + alpha * blurred[x, r]
    blurred[x, up] = (1 - alpha) * blurred[x, up + 1] + alpha * blurred[x, up]
    turned[x, y] = blurred[y, x]
    return turned


def reference(image: Array, alpha: float) -> Array:
    """Return the same by NumPy."""
    return _blurred(_blurred(image.astype(np.float64), alpha).T, alpha).T


def _blurred(image: Array, alpha: float) -> Array:
    current = image.copy()
    for y in range(1, len(current)):
        current[y] = (1 - alpha) * current[y - 1] + alpha * current[y]
    for y in reversed(range(len(current) - 1)):
        current[y] = (1 - alpha) * current[y + 1] + alpha * current[y]
    return current
