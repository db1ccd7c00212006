"""An unsharp mask: the image minus its Gaussian blur, added back in proportion to the colours."""

from __future__ import annotations

import math
from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

SIGMA = 1.5
KERNEL = [math.exp(-i * i / (2 * SIGMA * SIGMA)) / (math.sqrt(2 * math.pi) * SIGMA) for i in range(4)]
LUMA = (0.299, 0.587, 0.114)


def unsharp(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    image = hl.ImageParam(hl.Float(32), 3, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    gray, down, across = hl.Func("gray"), hl.Func("blur_y"), hl.Func("blur_x")
    sharpen, ratio, output = hl.Func("sharpen"), hl.Func("ratio"), hl.Func("output")
    red, green, blue = (hl.f32(weight) * edged[x, y, i] for i, weight in enumerate(LUMA))
    gray[x, y] = red + green + blue
    weights = [hl.f32(weight) for weight in KERNEL]
    down[x, y] = weights[0] * gray[x, y] + _pairs(
        [gray[x, y - i] + gray[x, y + i] for i in (1, 2, 3)], weights
    )
    across[x, y] = weights[0] * down[x, y] + _pairs(
        [down[x - i, y] + down[x + i, y] for i in (1, 2, 3)], weights
    )
    sharpen[x, y] = 2.0 * gray[x, y] - across[x, y]
    ratio[x, y] = sharpen[x, y] / gray[x, y]
    output[x, y, c] = ratio[x, y] * edged[x, y, c]
    example = examples.floats(3, height, width) + np.float32(0.1)
    return output, [(image, example)], [width, height, 3]


def _pairs(pairs: list[Any], weights: list[Any]) -> Any:
    first, second, third = (pair * weight for pair, weight in zip(pairs, weights[1:], strict=True))
    return first + second + third


def reference(image: Array) -> Array:
    """Return the same by NumPy."""
    _, height, width = image.shape
    edged = np.pad(image.astype(np.float64), ((0, 0), (3, 3), (3, 3)), mode="edge")
    gray = sum(weight * edged[i] for i, weight in enumerate(LUMA))
    taps = [KERNEL[abs(i)] for i in range(-3, 4)]
    down = sum(tap * gray[i : i + height] for i, tap in enumerate(taps))
    across = sum(tap * down[:, i : i + width] for i, tap in enumerate(taps))
    middle = gray[3:-3, 3:-3]
    return np.asarray((2 * middle - across) / middle * image)
