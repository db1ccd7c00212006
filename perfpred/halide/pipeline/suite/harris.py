"""Harris corners: gradients, their products summed over 3x3, and a response of those."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.suite import examples
from perfpred.halide.pipeline.suite.examples import Array

LUMA = (0.299, 0.587, 0.114)


def harris(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 3, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    names = ("gray", "Iy", "Ix", "Ixx", "Iyy", "Ixy", "Sxx", "Syy", "Sxy", "output")
    gray, iy, ix, ixx, iyy, ixy, sxx, syy, sxy, output = (hl.Func(name) for name in names)
    red, green, blue = (hl.f32(weight) * edged[x, y, i] for i, weight in enumerate(LUMA))
    gray[x, y] = red + green + blue
    a, b = hl.f32(1 / 12), hl.f32(2 / 12)
    iy[x, y] = (
        (gray[x - 1, y + 1] - gray[x - 1, y - 1]) * a
        + (gray[x, y + 1] - gray[x, y - 1]) * b
        + (gray[x + 1, y + 1] - gray[x + 1, y - 1]) * a
    )
    ix[x, y] = (
        (gray[x + 1, y - 1] - gray[x - 1, y - 1]) * a
        + (gray[x + 1, y] - gray[x - 1, y]) * b
        + (gray[x + 1, y + 1] - gray[x - 1, y + 1]) * a
    )
    ixx[x, y] = ix[x, y] * ix[x, y]
    iyy[x, y] = iy[x, y] * iy[x, y]
    ixy[x, y] = ix[x, y] * iy[x, y]
    for total, part in ((sxx, ixx), (syy, iyy), (sxy, ixy)):
        total[x, y] = _around(part, x, y)
    trace = sxx[x, y] + syy[x, y]
    output[x, y] = sxx[x, y] * syy[x, y] - sxy[x, y] * sxy[x, y] - hl.f32(0.04) * trace * trace
    return output, [(image, examples.floats(3, height, width))], [width, height]


def _around(func: Any, x: Any, y: Any) -> Any:
    taps = [func[x + i, y + j] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    total = taps[0]
    for tap in taps[1:]:
        total = total + tap
    return total


def reference(image: Array) -> Array:
    """Return the same by NumPy."""
    edged = np.pad(image.astype(np.float64), ((0, 0), (2, 2), (2, 2)), mode="edge")
    gray = sum(weight * edged[i] for i, weight in enumerate(LUMA))
    smooth = np.array([1, 2, 1]) / 12
    dy, dx = gray[2:] - gray[:-2], gray[:, 2:] - gray[:, :-2]
    iy = sum(weight * dy[:, i : dy.shape[1] - 2 + i] for i, weight in enumerate(smooth))
    ix = sum(weight * dx[i : dx.shape[0] - 2 + i] for i, weight in enumerate(smooth))
    sxx, syy, sxy = (_sum9(part) for part in (ix * ix, iy * iy, ix * iy))
    return np.asarray(sxx * syy - sxy * sxy - 0.04 * (sxx + syy) ** 2)


def _sum9(part: Array) -> Array:
    height, width = part.shape[0] - 2, part.shape[1] - 2
    return np.asarray(sum(part[j : j + height, i : i + width] for i in range(3) for j in range(3)))
