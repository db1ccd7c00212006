"""Pipelines that count, scan and reduce, as users write them, each with the same in NumPy beside it."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Made = tuple[Any, list[Any], Any]
RADIUS = 3
SHIFTS = 12


def _bytes(*shape: int) -> Array:
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def _floats(*shape: int) -> Array:
    return np.random.default_rng(1).random(shape, dtype=np.float32)


def equalise(width: int, height: int) -> Made:
    """Histogram equalisation: counts where data say, their running sum, and a table looked up."""
    x, y, i = hl.Var("x"), hl.Var("y"), hl.Var("i")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    counts, running, output = hl.Func("counts"), hl.Func("running"), hl.Func("output")
    r = hl.RDom([(0, image.width()), (0, image.height())], "r")
    s = hl.RDom([(1, 255)], "s")
    counts[i] = hl.u32(0)
    counts[hl.i32(image[r.x, r.y])] += hl.u32(1)
    running[i] = counts[i]
    running[s.x] = running[s.x - 1] + running[s.x]
    level = running[hl.i32(image[x, y])] * 255 / hl.u32(image.width() * image.height())
    output[x, y] = hl.u8(hl.clamp(level, 0, 255))
    return output, [(image, _bytes(height, width))], [width, height]


def equalise_reference(image: Array) -> Array:
    running = np.cumsum(np.bincount(image.ravel(), minlength=256).astype(np.uint64))
    return np.minimum(running[image] * 255 // image.size, 255).astype(np.uint8)


def row_histogram(width: int, height: int) -> Made:
    """Build a histogram per row, with a guard on the pixels counted, and the most frequent level's share."""
    y, i = hl.Var("y"), hl.Var("i")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    counts, largest, output = hl.Func("counts"), hl.Func("largest"), hl.Func("output")
    r = hl.RDom([(0, image.width())], "r")
    r.where(image[r.x, y] > 31)
    levels = hl.RDom([(0, 16)], "levels")
    counts[i, y] = hl.i32(0)
    counts[hl.i32(image[r.x, y]) / 16, y] += 1
    largest[y] = hl.i32(1)
    largest[y] = hl.max(largest[y], counts[levels, y])
    output[i, y] = counts[i, y] * 1000 / largest[y]
    return output, [(image, _bytes(height, width))], [16, height]


def row_histogram_reference(image: Array) -> Array:
    found = []
    for row in image:
        counts = np.bincount(row[row > 31] // 16, minlength=16)
        found.append(counts * 1000 // max(1, int(counts.max())))
    return np.array(found, np.int32)


def integral(width: int, height: int) -> Made:
    """Build a box filter by a summed-area table: scans along both axes."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    table, output = hl.Func("table"), hl.Func("output")
    rx, ry = hl.RDom([(1, image.width() - 1)], "rx"), hl.RDom([(1, image.height() - 1)], "ry")
    table[x, y] = hl.u32(image[x, y])
    table[rx, y] += table[rx - 1, y]
    table[x, ry] += table[x, ry - 1]
    left, right = (hl.clamp(x + shift, 0, image.width() - 1) for shift in (-RADIUS, RADIUS))
    top, low = (hl.clamp(y + shift, 0, image.height() - 1) for shift in (-RADIUS, RADIUS))
    output[x, y] = table[right, low] - table[left, low] - table[right, top] + table[left, top]
    return output, [(image, _bytes(height, width))], [width, height]


def integral_reference(image: Array) -> Array:
    height, width = image.shape
    table = np.cumsum(np.cumsum(image.astype(np.uint32), axis=0), axis=1).astype(np.uint32)
    left, right = (np.clip(np.arange(width) + shift, 0, width - 1) for shift in (-RADIUS, RADIUS))
    top, low = (np.clip(np.arange(height) + shift, 0, height - 1) for shift in (-RADIUS, RADIUS))
    return (table[np.ix_(low, right)] - table[np.ix_(low, left)] - table[np.ix_(top, right)]) + table[
        np.ix_(top, left)
    ]


def mean_filter(width: int, height: int) -> Made:
    """Build a mean whose radius is a parameter: the reduction's extents vary."""
    x, y = hl.Var("x"), hl.Var("y")
    image, radius = hl.ImageParam(hl.Float(32), 2, "input"), hl.Param(hl.Int(32), "radius")
    edged = hl.BoundaryConditions.constant_exterior(image, hl.f32(0.5))
    side = 2 * radius + 1
    across, down = hl.RDom([(-radius, side)], "across"), hl.RDom([(-radius, side)], "down")
    rows, total, output = hl.Func("rows"), hl.Func("total"), hl.Func("output")
    rows[x, y] = hl.f32(0)
    rows[x, y] += edged[x + across, y]
    total[x, y] = hl.f32(0)
    total[x, y] += rows[x, y + down]
    output[x, y] = total[x, y] / hl.f32(side * side) - edged[x, y]
    return output, [(image, _floats(height, width)), (radius, 3)], [width, height]


def mean_filter_reference(image: Array, radius: int) -> Array:
    edged = np.pad(image.astype(np.float64), radius, constant_values=0.5)
    windows = np.lib.stride_tricks.sliding_window_view(edged, (2 * radius + 1,) * 2)
    return windows.mean(axis=(2, 3)) - image


def softmax(width: int, height: int) -> Made:
    """Softmax along rows: a maximum, exponentials, their sum, and a quotient, in four Funcs."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "input")
    r = hl.RDom([(0, image.width())], "r")
    largest, powers, total, output = (hl.Func(name) for name in ("largest", "powers", "total", "output"))
    largest[y] = hl.f32(-1e30)
    largest[y] = hl.max(largest[y], image[r, y])
    powers[x, y] = hl.exp(image[x, y] - largest[y])
    total[y] = hl.f32(0)
    total[y] += powers[r, y]
    output[x, y] = powers[x, y] / total[y]
    return output, [(image, 4 * _floats(height, width))], [width, height]


def softmax_reference(image: Array) -> Array:
    powers = np.exp(image.astype(np.float64) - image.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def disparity(width: int, height: int) -> Made:
    """Block matching: sums of absolute differences for each shift, and the shift where they are least."""
    x, y, d = hl.Var("x"), hl.Var("y"), hl.Var("d")
    left, right = hl.ImageParam(hl.UInt(8), 2, "left"), hl.ImageParam(hl.UInt(8), 2, "right")
    one, two = hl.BoundaryConditions.repeat_edge(left), hl.BoundaryConditions.repeat_edge(right)
    r, shifts = hl.RDom([(-1, 3), (-1, 3)], "r"), hl.RDom([(0, SHIFTS)], "shifts")
    apart, cost, output = hl.Func("apart"), hl.Func("cost"), hl.Func("output")
    apart[x, y, d] = hl.u16(hl.absd(one[x, y], two[x - d, y]))
    cost[x, y, d] = hl.u16(0)
    cost[x, y, d] += apart[x + r.x, y + r.y, d]
    found = hl.argmin(cost[x, y, shifts])
    output[x, y] = found[0] * 4096 + hl.i32(found[1])
    inputs = [(left, _bytes(height, width)), (right, _bytes(height, width)[::-1].copy())]
    return output, inputs, [width, height]


def disparity_reference(left: Array, right: Array) -> Array:
    height, width = left.shape
    one = np.pad(left.astype(np.int32), 1, mode="edge")
    costs = []
    for shift in range(SHIFTS):
        columns = np.clip(np.arange(-1, width + 1) - shift, 0, width - 1)
        two = np.pad(right.astype(np.int32), ((1, 1), (0, 0)), mode="edge")[:, columns]
        apart = np.abs(one - two)
        costs.append(sum(apart[j : j + height, i : i + width] for i in range(3) for j in range(3)))
    stacked = np.stack(costs)
    best = stacked.argmin(axis=0)
    return (best * 4096 + stacked.min(axis=0)).astype(np.int32)


def total(width: int, height: int) -> Made:
    """Build the sum over an image: an output without a dimension."""
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    r, output = hl.RDom([(0, image.width()), (0, image.height())], "r"), hl.Func("total")
    output[()] = hl.u32(0)
    output[()] += hl.u32(image[r.x, r.y])
    return output, [(image, _bytes(height, width))], []


def total_reference(image: Array) -> Array:
    return np.asarray(image.sum(dtype=np.uint32))


def touched_up(width: int, height: int) -> Made:
    """Build updates of several kinds on one Func: all of it, a row, a column, and a stencil of another."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Int(32), 2, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    first, second, output = hl.Func("first"), hl.Func("second"), hl.Func("output")
    r = hl.RDom([(0, 4)], "r")
    first[x, y] = edged[x, y] * 3
    first[x, y] += edged[x + r, y] * r
    first[x, 0] += 7
    first[x, y] = first[x, y] ^ (x + 2 * y)
    second[x, y] = first[x - 1, y] + first[x, y + 1]
    second[x, y] = second[x, y] * 5 - first[x, y]
    second[0, y] -= 11
    output[x, y] = second[x, y] + second[x, y - 1] - first[x + 1, y]
    example = np.random.default_rng(1).integers(-1000, 1000, (height, width), dtype=np.int32)
    return output, [(image, example)], [width, height]


def touched_up_reference(image: Array) -> Array:
    height, width = image.shape
    rows, columns = np.arange(-1, height + 1), np.arange(-1, width + 1)

    def pixel(dx: int) -> Array:
        across = np.clip(columns + dx, 0, width - 1)
        return np.asarray(image[np.ix_(np.clip(rows, 0, height - 1), across)])

    first = 3 * pixel(0) + sum(i * pixel(i) for i in range(4))
    first[rows == 0] += 7
    first ^= columns[None, :] + 2 * rows[:, None]
    middle = first[:-1, 1:-1]  # rows -1..height-1, columns 0..width-1
    second = (first[:-1, :-2] + first[1:, 1:-1]) * 5 - middle
    second[:, 0] -= 11
    return (second[1:] + second[:-1] - first[1:-1, 2:]).astype(np.int32)
