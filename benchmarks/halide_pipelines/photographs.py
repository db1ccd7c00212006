"""Pipelines over photographs, as users write them, each with the same in NumPy beside it."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Made = tuple[Any, list[Any], Any]
LUMA = (0.3, 0.6, 0.1)
MATRIX = ((1.6, -0.4, -0.2, 0.01), (-0.3, 1.5, -0.2, 0.02), (0.1, -0.6, 1.5, -0.01))


def _floats(*shape: int) -> Array:
    return np.random.default_rng(1).random(shape, dtype=np.float32)


def nl_means(width: int, height: int) -> Made:
    """Non-local means as in Halide's apps: sums whose extents are parameters, one over the other."""
    x, y, c, dx, dy = (hl.Var(name) for name in ("x", "y", "c", "dx", "dy"))
    image = hl.ImageParam(hl.Float(32), 3, "input")
    patch, search = hl.Param(hl.Int(32), "patch"), hl.Param(hl.Int(32), "search")
    sigma = hl.Param(hl.Float(32), "sigma")
    edged = hl.BoundaryConditions.repeat_edge(image)
    names = ("dc", "d", "blur_y", "blur_d", "w", "with_alpha", "means", "output")
    dc, d, by, blurred, w, alpha, means, output = (hl.Func(name) for name in names)
    channels, patches = hl.RDom([(0, 3)], "channels"), hl.RDom([(-(patch // 2), patch)], "patches")
    s = hl.RDom([(-(search // 2), search), (-(search // 2), search)], "s")
    difference = edged[x, y, c] - edged[x + dx, y + dy, c]
    dc[x, y, dx, dy, c] = difference * difference
    d[x, y, dx, dy] = hl.sum(dc[x, y, dx, dy, channels])
    by[x, y, dx, dy] = hl.sum(d[x, y + patches, dx, dy])
    blurred[x, y, dx, dy] = hl.sum(by[x + patches, y, dx, dy])
    w[x, y, dx, dy] = hl.exp(blurred[x, y, dx, dy] * hl.f32(-1) / (sigma * sigma * patch * patch))
    alpha[x, y, c] = hl.mux(c, [edged[x, y, 0], edged[x, y, 1], edged[x, y, 2], hl.f32(1)])
    means[x, y, c] = hl.f32(0)
    means[x, y, c] += w[x, y, s.x, s.y] * alpha[x + s.x, y + s.y, c]
    output[x, y, c] = hl.clamp(means[x, y, c] / means[x, y, 3], 0, 1)
    inputs = [(image, _floats(3, height, width)), (patch, 3), (search, 3), (sigma, 0.5)]
    return output, inputs, [width, height, 3]


def nl_means_reference(image: Array, patch: int, search: int, sigma: float) -> Array:
    _, height, width = image.shape
    p, s = patch // 2, search // 2
    far = p + s
    edged = np.pad(image.astype(np.float64), ((0, 0), (far, far), (far, far)), mode="edge")
    total, weights = np.zeros((3, height, width)), np.zeros((height, width))

    def window(dx: int, dy: int, wide: int) -> Array:
        top, left = far - wide + dy, far - wide + dx
        return edged[:, top : top + height + 2 * wide, left : left + width + 2 * wide]

    for dy in range(-s, search - s):
        for dx in range(-s, search - s):
            apart = ((window(0, 0, p) - window(dx, dy, p)) ** 2).sum(axis=0)
            patches = sum(apart[j : j + height, i : i + width] for i in range(patch) for j in range(patch))
            weight = np.exp(-patches / (sigma * sigma * patch * patch))
            total += weight * window(dx, dy, 0)
            weights += weight
    return np.clip(total / weights, 0, 1)


def relight(width: int, height: int) -> Made:
    """Colours over the local mean of luminance: box blurs by ``hl.sum``, read by every channel."""
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    image = hl.ImageParam(hl.Float(32), 3, "image")
    edged = hl.BoundaryConditions.repeat_edge(image)
    box, three = hl.RDom([(-2, 5)], "box"), hl.RDom([(0, 3)], "three")
    weight, grey, rows, mean, output = (
        hl.Func(name) for name in ("weight", "grey", "rows", "mean", "output")
    )
    weight[c] = hl.mux(c, [hl.f32(each) for each in LUMA])
    grey[x, y] = hl.sum(edged[x, y, three] * weight[three])
    rows[x, y] = hl.sum(grey[x + box, y]) / 5
    mean[x, y] = hl.sum(rows[x, y + box]) / 5
    output[x, y, c] = edged[x, y, c] / (mean[x, y] + hl.f32(0.1))
    return output, [(image, _floats(3, height, width))], [width, height, 3]


def relight_reference(image: Array) -> Array:
    _, height, width = image.shape
    edged = np.pad(image.astype(np.float64), ((0, 0), (2, 2), (2, 2)), mode="edge")
    grey = np.tensordot(LUMA, edged, axes=1)
    rows = sum(grey[:, i : i + width] for i in range(5)) / 5
    mean = sum(rows[i : i + height] for i in range(5)) / 5
    return image / (mean + 0.1)


def demosaic(width: int, height: int) -> Made:
    """Build a mosaic of red, green and blue, filled in by its neighbours, through a matrix of colours."""
    x, y, c, k = (hl.Var(name) for name in "xyck")
    image = hl.ImageParam(hl.Float(32), 2, "mosaic")
    matrix = hl.ImageParam(hl.Float(32), 2, "matrix")
    warmth = hl.Param(hl.Float(32), "warmth")
    edged = hl.BoundaryConditions.repeat_edge(image)
    names = ("denoised", "green", "red", "blue", "full", "m", "corrected", "output")
    denoised, green, red, blue, full, m, corrected, output = (hl.Func(name) for name in names)
    low = hl.min(hl.min(edged[x - 2, y], edged[x + 2, y]), hl.min(edged[x, y - 2], edged[x, y + 2]))
    high = hl.max(hl.max(edged[x - 2, y], edged[x + 2, y]), hl.max(edged[x, y - 2], edged[x, y + 2]))
    denoised[x, y] = hl.clamp(edged[x, y], low, high)
    odd_x, odd_y = (x & 1) == 1, (y & 1) == 1
    across = (denoised[x - 1, y] + denoised[x + 1, y]) / 2
    down = (denoised[x, y - 1] + denoised[x, y + 1]) / 2
    corners = (
        (denoised[x - 1, y - 1] + denoised[x + 1, y - 1]) + (denoised[x - 1, y + 1] + denoised[x + 1, y + 1])
    ) / 4
    green[x, y] = hl.select(odd_x == odd_y, (across + down) / 2, denoised[x, y])
    red[x, y] = hl.select(odd_y, hl.select(odd_x, corners, down), hl.select(odd_x, across, denoised[x, y]))
    blue[x, y] = hl.select(odd_y, hl.select(odd_x, denoised[x, y], across), hl.select(odd_x, down, corners))
    full[x, y, c] = hl.mux(c, [red[x, y], green[x, y], blue[x, y]])
    m[k, c] = matrix[k, c] * warmth + (1 - warmth) * hl.select(k == c, hl.f32(1), hl.f32(0))
    corrected[x, y, c] = m[3, c] + m[0, c] * full[x, y, 0] + m[1, c] * full[x, y, 1] + m[2, c] * full[x, y, 2]
    output[x, y, c] = hl.clamp(corrected[x, y, c], 0, 1)
    example = np.array(MATRIX, np.float32)
    inputs = [(image, _floats(height, width)), (matrix, example), (warmth, 0.7)]
    return output, inputs, [width, height, 3]


def demosaic_reference(image: Array, matrix: Array, warmth: float) -> Array:
    height, width = image.shape
    edged = np.pad(image.astype(np.float64), 3, mode="edge")
    around = [_shifted(edged, 1, dx, dy) for dx, dy in ((-2, 0), (2, 0), (0, -2), (0, 2))]
    middle = _shifted(edged, 1, 0, 0)
    denoised = np.maximum(np.minimum(middle, np.max(around, axis=0)), np.min(around, axis=0))
    here, left, right, up, low = (
        _shifted(denoised, 0, dx, dy, 1) for dx, dy in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
    )
    corners = sum(_shifted(denoised, 0, dx, dy, 1) for dx in (-1, 1) for dy in (-1, 1)) / 4
    across, down = (left + right) / 2, (up + low) / 2
    odd_x = (np.arange(width) % 2 == 1)[None, :] & np.ones((height, 1), bool)
    odd_y = (np.arange(height) % 2 == 1)[:, None] & np.ones((1, width), bool)
    green = np.where(odd_x == odd_y, (across + down) / 2, here)
    red = np.where(odd_y, np.where(odd_x, corners, down), np.where(odd_x, across, here))
    blue = np.where(odd_y, np.where(odd_x, here, across), np.where(odd_x, down, corners))
    m = matrix.astype(np.float64) * warmth + (1 - warmth) * np.eye(3, 4)
    corrected = np.tensordot(m[:, :3], np.stack([red, green, blue]), axes=1) + m[:, 3, None, None]
    return np.clip(corrected, 0, 1)


def _shifted(edged: Array, margin: int, dx: int, dy: int, pad: int = 3) -> Array:
    """Return a padded image moved by an offset, with a margin left around it."""
    height, width = edged.shape[0] - 2 * pad, edged.shape[1] - 2 * pad
    top, left = pad - margin + dy, pad - margin + dx
    return edged[top : top + height + 2 * margin, left : left + width + 2 * margin]


def guided(width: int, height: int) -> Made:
    """Build a guided filter: moments of windows that share their producers, and averaged coefficients."""
    x, y = hl.Var("x"), hl.Var("y")
    image, guide = hl.ImageParam(hl.Float(32), 2, "input"), hl.ImageParam(hl.Float(32), 2, "guide")
    source, leader = hl.BoundaryConditions.repeat_edge(image), hl.BoundaryConditions.repeat_edge(guide)
    squares, products, gain, shift, output = (
        hl.Func(name) for name in ("squares", "products", "gain", "shift", "output")
    )
    squares[x, y] = leader[x, y] * leader[x, y]
    products[x, y] = leader[x, y] * source[x, y]
    mean_i, mean_p = _mean(leader, "mean_i"), _mean(source, "mean_p")
    mean_ii, mean_ip = _mean(squares, "mean_ii"), _mean(products, "mean_ip")
    spread = mean_ii[x, y] - mean_i[x, y] * mean_i[x, y]
    gain[x, y] = (mean_ip[x, y] - mean_i[x, y] * mean_p[x, y]) / (spread + hl.f32(0.01))
    shift[x, y] = mean_p[x, y] - gain[x, y] * mean_i[x, y]
    output[x, y] = _mean(gain, "gains")[x, y] * leader[x, y] + _mean(shift, "shifts")[x, y]
    inputs = [(image, _floats(height, width)), (guide, _floats(height, width)[::-1].copy())]
    return output, inputs, [width, height]


def _mean(func: Any, stem: str) -> Any:
    x, y = hl.Var("x"), hl.Var("y")
    r, across, down = hl.RDom([(-2, 5)], "r"), hl.Func(f"{stem}_x"), hl.Func(f"{stem}_y")
    across[x, y] = hl.f32(0)
    across[x, y] += func[x + r, y]
    down[x, y] = hl.f32(0)
    down[x, y] += across[x, y + r]
    mean = hl.Func(stem)
    mean[x, y] = down[x, y] / 25
    return mean


def guided_reference(image: Array, guide: Array) -> Array:
    source = np.pad(image.astype(np.float64), 4, mode="edge")
    leader = np.pad(guide.astype(np.float64), 4, mode="edge")
    mean_i, mean_p = _box(leader), _box(source)
    gain = (_box(leader * source) - mean_i * mean_p) / (_box(leader * leader) - mean_i**2 + 0.01)
    shift = mean_p - gain * mean_i
    return _box(gain) * guide + _box(shift)


def _box(array: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(array, (5, 5))
    return np.asarray(windows.mean(axis=(2, 3)))
