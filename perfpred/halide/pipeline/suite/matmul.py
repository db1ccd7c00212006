"""A matrix product with a bias: large enough a reduction that registers and caches must be blocked."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array


def matmul(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline: C of height rows is A of width columns times a square B."""
    x, y = hl.Var("x"), hl.Var("y")
    a, b = hl.ImageParam(hl.Float(32), 2, "A"), hl.ImageParam(hl.Float(32), 2, "B")
    k = hl.RDom([(0, a.dim(0).extent())], "k")
    product, output = hl.Func("product"), hl.Func("output")
    product[x, y] = hl.f32(0.0)
    product[x, y] += a[k, y] * b[x, k]
    output[x, y] = product[x, y]
    inputs = [(a, examples.floats(height, width)), (b, examples.floats(width, width))]
    return output, inputs, [width, height]


def reference(a: Array, b: Array) -> Array:
    """Return the same by NumPy."""
    return np.asarray(a.astype(np.float64) @ b.astype(np.float64))
