"""A layer of a convolutional network: 3x3 filters over 32 channels, a bias, and ReLU."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

CHANNELS = 32


def conv_layer(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline; the image is padded by a pixel on each side."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    image, weights = hl.ImageParam(hl.Float(32), 3, "input"), hl.ImageParam(hl.Float(32), 4, "filter")
    bias = hl.ImageParam(hl.Float(32), 1, "bias")
    r = hl.RDom([(0, 3), (0, 3), (0, CHANNELS)], "r")
    conv, output = hl.Func("conv"), hl.Func("relu")
    conv[x, y, c] = bias[c]
    conv[x, y, c] += weights[r.x, r.y, r.z, c] * image[x + r.x, y + r.y, r.z]
    output[x, y, c] = hl.max(conv[x, y, c], 0.0)
    inputs = [
        (image, examples.floats(CHANNELS, height + 2, width + 2)),
        (weights, examples.floats(CHANNELS, CHANNELS, 3, 3) - np.float32(0.5)),
        (bias, examples.floats(CHANNELS)),
    ]
    return output, inputs, [width, height, CHANNELS]


def reference(image: Array, weights: Array, bias: Array) -> Array:
    """Return the same by NumPy."""
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), (3, 3), axis=(1, 2))
    total = np.einsum("iyxkl,oikl->oyx", windows, weights.astype(np.float64), optimize=True)
    return np.asarray(np.maximum(total + bias[:, None, None], 0))
