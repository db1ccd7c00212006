"""A depthwise separable convolution: a 3x3 filter a channel, then a mix of the channels, bias, and ReLU."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

CHANNELS = 32


def depthwise(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline; the image is padded by a pixel on each side."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    image, weights = hl.ImageParam(hl.Float(32), 3, "input"), hl.ImageParam(hl.Float(32), 3, "depth_filter")
    mix, bias = hl.ImageParam(hl.Float(32), 2, "point_filter"), hl.ImageParam(hl.Float(32), 1, "bias")
    r, k = hl.RDom([(0, 3), (0, 3)], "r"), hl.RDom([(0, CHANNELS)], "k")
    deep, pointwise, output = hl.Func("deep"), hl.Func("pointwise"), hl.Func("relu")
    deep[x, y, c] = hl.f32(0.0)
    deep[x, y, c] += weights[r.x, r.y, c] * image[x + r.x, y + r.y, c]
    pointwise[x, y, c] = bias[c]
    pointwise[x, y, c] += mix[k, c] * deep[x, y, k]
    output[x, y, c] = hl.max(pointwise[x, y, c], 0.0)
    inputs = [
        (image, examples.floats(CHANNELS, height + 2, width + 2)),
        (weights, examples.floats(CHANNELS, 3, 3) - np.float32(0.5)),
        (mix, examples.floats(CHANNELS, CHANNELS) - np.float32(0.5)),
        (bias, examples.floats(CHANNELS)),
    ]
    return output, inputs, [width, height, CHANNELS]


def reference(image: Array, weights: Array, mix: Array, bias: Array) -> Array:
    """Return the same by NumPy.

    Parameters
    ----------
    image, weights, mix, bias : ndarray
    """
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), (3, 3), axis=(1, 2))
    deep = np.einsum("cyxkl,ckl->cyx", windows, weights.astype(np.float64))
    total = np.einsum("cyx,oc->oyx", deep, mix.astype(np.float64))
    return np.asarray(np.maximum(total + bias[:, None, None], 0))
