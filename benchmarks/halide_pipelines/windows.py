"""Stencils, pyramids and products, as users write them, each with the same in NumPy beside it."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Made = tuple[Any, list[Any], Any]
NETWORK = (
    *((1, 2), (4, 5), (7, 8), (0, 1), (3, 4), (6, 7), (1, 2), (4, 5), (7, 8), (0, 3)),
    *((5, 8), (4, 7), (3, 6), (1, 4), (2, 5), (4, 7), (4, 2), (6, 4), (4, 2)),
)
"""Paeth's median of nine: pairs put in order, after which the fifth is the median."""
DEEP = 48


def _bytes(*shape: int) -> Array:
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def _floats(*shape: int) -> Array:
    return np.random.default_rng(1).random(shape, dtype=np.float32)


def median(width: int, height: int) -> Made:
    """Build the median of 3x3 by a sorting network, and what the image differs from it."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    p = [edged[x + i % 3 - 1, y + i // 3 - 1] for i in range(9)]
    for a, b in NETWORK:
        p[a], p[b] = hl.min(p[a], p[b]), hl.max(p[a], p[b])
    middle, output = hl.Func("middle"), hl.Func("output")
    middle[x, y] = p[4]
    output[x, y] = hl.absd(middle[x, y], edged[x, y]) + middle[x + 1, y]
    return output, [(image, _bytes(height, width))], [width, height]


def median_reference(image: Array) -> Array:
    width = image.shape[1]
    edged = np.pad(image, ((1, 1), (1, 2)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(edged, (3, 3))
    middle = np.median(windows, axis=(2, 3)).astype(np.int32)
    return (np.abs(middle[:, :width] - image) + middle[:, 1 : width + 1]).astype(np.uint8)


def resize(width: int, height: int) -> Made:
    """Half the size and back, by shifts: rows and columns are read at ``x << 1`` and ``x >> 1``."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    across, down, wide, output = (hl.Func(name) for name in ("across", "down", "wide", "output"))
    ends = hl.u16(edged[(x << 1) - 1, y]) + hl.u16(edged[(x << 1) + 2, y])
    middle = hl.u16(edged[x << 1, y]) + hl.u16(edged[(x << 1) + 1, y])
    across[x, y] = ends + 3 * middle
    down[x, y] = (across[x, (y << 1) - 1] + across[x, (y << 1) + 2]) + 3 * (
        across[x, y << 1] + across[x, (y << 1) + 1]
    )
    wide[x, y] = 3 * hl.u32(down[x >> 1, y]) + hl.u32(down[(x >> 1) - 1 + 2 * (x & 1), y])
    output[x, y] = (3 * wide[x, y >> 1] + wide[x, (y >> 1) - 1 + 2 * (y & 1)]) >> 6
    return output, [(image, _bytes(height, width))], [width, height]


def resize_reference(image: Array) -> Array:
    height, width = image.shape

    def half(array: Array, axis: int, extent: int) -> Array:
        places = np.arange(-1, (extent + 1) // 2 + 1)
        taps = [np.take(array, np.clip(2 * places + i, 0, extent - 1), axis) for i in (-1, 0, 1, 2)]
        return taps[0] + taps[3] + 3 * (taps[1] + taps[2])

    def double(array: Array, axis: int, extent: int) -> Array:
        places = np.arange(extent)
        near, far = places // 2 + 1, places // 2 + 2 * (places % 2)
        return 3 * np.take(array, near, axis) + np.take(array, far, axis)

    down = half(half(image.astype(np.int64), 1, width), 0, height)
    return (double(double(down, 1, width), 0, height) >> 6).astype(np.uint32)


def mirrored(width: int, height: int) -> Made:
    """Build a stencil with the image mirrored at its edges, whose pixels are not repeated."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    edged = hl.BoundaryConditions.mirror_interior(image)
    rows, output = hl.Func("rows"), hl.Func("output")
    rows[x, y] = hl.i16(edged[x - 2, y]) - hl.i16(edged[x + 2, y])
    output[x, y] = rows[x, y - 1] + 2 * rows[x, y] + rows[x, y + 1]
    return output, [(image, _bytes(height, width))], [width, height]


def mirrored_reference(image: Array) -> Array:
    edged = np.pad(image.astype(np.int16), ((1, 1), (2, 2)), mode="reflect")
    rows = edged[:, :-4] - edged[:, 4:]
    return rows[:-2] + 2 * rows[1:-1] + rows[2:]


def pyramid16(width: int, height: int) -> Made:
    """Two levels of a pyramid in half precision."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(16), 2, "input")
    two, quarter = hl.cast(hl.Float(16), 2), hl.cast(hl.Float(16), 0.25)
    level = hl.BoundaryConditions.repeat_edge(image)
    for i in range(2):
        across, down = hl.Func(f"across{i}"), hl.Func(f"down{i}")
        across[x, y] = (level[2 * x - 1, y] + two * level[2 * x, y] + level[2 * x + 1, y]) * quarter
        down[x, y] = (across[x, 2 * y - 1] + two * across[x, 2 * y] + across[x, 2 * y + 1]) * quarter
        level = down
    output = hl.Func("output")
    output[x, y] = level[x, y]
    return output, [(image, _floats(4 * height, 4 * width).astype(np.float16))], [width, height]


def pyramid16_reference(image: Array) -> Array:
    current = image.astype(np.float64)
    margin = 1
    height, width = image.shape[0] // 4, image.shape[1] // 4
    for extents in ((2 * height + 2 * margin, 2 * width + 2 * margin), (height, width)):
        first = -margin if margin else 0
        for axis, extent in enumerate(extents):
            places = 2 * (np.arange(extent) + first)
            base = 0 if margin else 1  # where the finer level's place 0 lies in the array
            taps = [
                np.take(current, np.clip(places + i + base, 0, current.shape[axis] - 1), axis)
                for i in (-1, 0, 1)
            ]
            current = (taps[0] + 2 * taps[1] + taps[2]) / 4
        margin = 0
    return current


def masked(width: int, height: int) -> Made:
    """Grown and shrunk masks: an input, values between and an output that are true or false."""
    x, y = hl.Var("x"), hl.Var("y")
    image, mask = hl.ImageParam(hl.UInt(8), 2, "input"), hl.ImageParam(hl.Bool(), 2, "mask")
    pixels, held = hl.BoundaryConditions.repeat_edge(image), hl.BoundaryConditions.repeat_edge(mask)
    bright, grown, output = hl.Func("bright"), hl.Func("grown"), hl.Func("output")
    bright[x, y] = held[x, y] & (pixels[x, y] > 100)
    grown[x, y] = bright[x - 1, y] | bright[x, y] | bright[x + 1, y]
    output[x, y] = grown[x, y - 1] & grown[x, y + 1]
    inputs = [(image, _bytes(height, width)), (mask, _bytes(height, width)[::-1] > 60)]
    return output, inputs, [width, height]


def masked_reference(image: Array, mask: Array) -> Array:
    bright = np.pad(mask & (image > 100), 1, mode="edge")
    grown = bright[:, :-2] | bright[:, 1:-1] | bright[:, 2:]
    return grown[:-2] & grown[2:]


def gamma(width: int, height: int) -> Made:
    """Build a table in a buffer that is part of the pipeline, looked up for a pixel and its neighbours."""
    x, y = hl.Var("x"), hl.Var("y")
    table = hl.Buffer((255 * (np.arange(256) / 255) ** 0.45).astype(np.uint8), "table")
    image = hl.ImageParam(hl.UInt(8), 2, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    bright, output = hl.Func("bright"), hl.Func("output")
    bright[x, y] = hl.u16(table[hl.i32(edged[x, y])])
    output[x, y] = bright[x - 1, y] + 2 * bright[x, y] + bright[x, y + 1]
    return output, [(image, _bytes(height, width))], [width, height]


def gamma_reference(image: Array) -> Array:
    table = (255 * (np.arange(256) / 255) ** 0.45).astype(np.uint8).astype(np.uint16)
    bright = np.pad(table[image], 1, mode="edge")
    return bright[1:-1, :-2] + 2 * bright[1:-1, 1:-1] + bright[2:, 1:-1]


def gradients(width: int, height: int) -> Made:
    """Two outputs, of a common stencil."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "input")
    edged = hl.BoundaryConditions.repeat_edge(image)
    smooth, gx, gy = hl.Func("smooth"), hl.Func("gx"), hl.Func("gy")
    smooth[x, y] = edged[x - 1, y] + 2 * edged[x, y] + edged[x + 1, y]
    gx[x, y] = smooth[x + 1, y] - smooth[x - 1, y]
    gy[x, y] = smooth[x, y + 1] - smooth[x, y - 1]
    return hl.Pipeline([gx, gy]), [(image, _floats(height, width))], [width, height]


def gradients_reference(image: Array) -> tuple[Array, Array]:
    edged = np.pad(image.astype(np.float64), ((1, 1), (2, 2)), mode="edge")
    smooth = edged[:, :-2] + 2 * edged[:, 1:-1] + edged[:, 2:]
    return smooth[1:-1, 2:] - smooth[1:-1, :-2], smooth[2:, 1:-1] - smooth[:-2, 1:-1]


def peaks(width: int, height: int) -> Made:
    """Where each row is largest, and how large: an output of two values."""
    y = hl.Var("y")
    image = hl.ImageParam(hl.Int(16), 2, "input")
    output = hl.Func("output")
    found = hl.argmax(image[hl.RDom([(0, image.width())], "r").x, y])
    output[y] = (found[0], found[1])
    example = np.random.default_rng(1).integers(-999, 999, (height, width), dtype=np.int16)
    return output, [(image, example)], [height]


def peaks_reference(image: Array) -> tuple[Array, Array]:
    return image.argmax(axis=1).astype(np.int32), image.max(axis=1)


def quantised(width: int, height: int) -> Made:
    """Build a product of bytes with zero points: sums of rows and columns beside the product's."""
    x, y = hl.Var("x"), hl.Var("y")
    a, b = hl.ImageParam(hl.UInt(8), 2, "a"), hl.ImageParam(hl.Int(8), 2, "b")
    zero = hl.Param(hl.Int(32), "zero")
    k = hl.RDom([(0, a.dim(0).extent())], "k")
    rows, columns, product, output = (hl.Func(name) for name in ("rows", "columns", "product", "output"))
    rows[y] = hl.i32(0)
    rows[y] += hl.i32(a[k, y])
    columns[x] = hl.i32(0)
    columns[x] += hl.i32(b[x, k])
    product[x, y] = hl.i32(0)
    product[x, y] += hl.i32(a[k, y]) * hl.i32(b[x, k])
    output[x, y] = product[x, y] - zero * columns[x] + rows[y]
    signed = _bytes(DEEP, width).view(np.int8)
    return output, [(a, _bytes(height, DEEP)), (b, signed), (zero, 3)], [width, height]


def quantised_reference(a: Array, b: Array, zero: int) -> Array:
    left, right = a.astype(np.int32), b.astype(np.int32)
    return left @ right - zero * right.sum(axis=0) + left.sum(axis=1)[:, None]
