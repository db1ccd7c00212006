"""The suite's pyramids and grid in NumPy: planes that know where they lie, as Halide's Funcs do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FAR = 64
"""Pixels beyond the edges that a plane is begun with: more than any level looks at."""
LUMA = (0.299, 0.587, 0.114)
UNSURE = 0.01
"""So near to a whole number, an index into a table or a grid is a matter of rounding."""
SPACING = 8
LEVELS, INTERPOLATED = 4, 5


class Plane:
    """Values at whole coordinates, the first at `start` (x, y); the last two axes are y and x."""

    def __init__(self, array: Array, start: tuple[int, int]) -> None:
        self.array, self.start = array, start

    def at(self, x: Array, y: Array) -> Array:
        """Return the values at columns `x` and rows `y`, shape (..., len(y), len(x))."""
        return np.asarray(self.array[..., y[:, None] - self.start[1], x[None, :] - self.start[0]])

    def inside(self, width: int, height: int) -> Array:
        """Return the values of an image that starts at 0."""
        return self.at(np.arange(width), np.arange(height))

    def halved(self, taps: tuple[float, ...]) -> Plane:
        """Return every other column and row, each a sum of taps, the first of which lies one before it."""
        array = self.array
        starts = []
        for axis, start in ((-1, self.start[0]), (-2, self.start[1])):
            end = start + array.shape[axis]  # the first coordinate that is not there
            low, high = -(-(start + 1) // 2), (end - len(taps) + 1) // 2
            places = 2 * np.arange(low, high + 1) - 1 - start
            places = places[places + len(taps) <= array.shape[axis]]
            array = sum(tap * np.take(array, places + i, axis) for i, tap in enumerate(taps))
            starts.append(low)
        return Plane(np.asarray(array), (starts[0], starts[1]))


def edged(image: Array) -> Plane:
    """Return an image whose edges are repeated far beyond it."""
    sides = [(0, 0)] * (image.ndim - 2) + [(FAR, FAR)] * 2
    return Plane(np.pad(image.astype(np.float64), sides, mode="edge"), (-FAR, -FAR))


def interpolate_reference(image: Array) -> Array:
    """Return `perfpred.halide.pipeline.suite.interpolate` by NumPy."""
    _, height, width = image.shape
    whole = edged(image)
    colours = whole.array[:3] * whole.array[3]
    down = [Plane(np.concatenate([colours, whole.array[3:]]), whole.start)]
    for _ in range(1, INTERPOLATED):
        down.append(down[-1].halved((0.25, 0.5, 0.25)))
    current = down[-1]
    for level in reversed(range(INTERPOLATED - 1)):
        x = np.arange((width >> level) + 2)
        y = np.arange((height >> level) + 2)
        across = Plane((current.at(x // 2, _all(y)) + current.at((x + 1) // 2, _all(y))) / 2, (0, 0))
        up = (across.at(x, y // 2) + across.at(x, (y + 1) // 2)) / 2
        mine = down[level].at(x, y)
        current = Plane(mine + (1 - mine[3]) * up, (0, 0))
    found = current.inside(width, height)
    return np.asarray(found[:3] / found[3])


def _all(y: Array) -> Array:
    return np.arange(int(y[-1] + 1) // 2 + 1)


def local_laplacian_reference(image: Array, levels: int, alpha: float, beta: float) -> Array:
    """Return `perfpred.halide.pipeline.suite.local_laplacian` by NumPy."""
    _, height, width = image.shape
    whole = edged(image)
    colours = whole.array / 65535
    gray = np.tensordot(LUMA, colours, axes=1)
    step = np.clip((gray * (levels - 1) * 256).astype(np.int64), 0, (levels - 1) * 256)
    remapped = []
    for k in range(levels):
        fx, level = (step - 256 * k) / 256, k / (levels - 1)
        remapped.append(beta * (gray - level) + level + alpha * fx * np.exp(-fx * fx / 2))
    taps = (1 / 8, 3 / 8, 3 / 8, 1 / 8)
    own, many = [Plane(gray, whole.start)], [Plane(np.stack(remapped), whole.start)]
    for _ in range(1, LEVELS):
        own.append(own[-1].halved(taps))
        many.append(many[-1].halved(taps))
    collapsed: Plane | None = None
    for j in reversed(range(LEVELS)):
        x, y = np.arange(-2, (width >> j) + 4), np.arange(-2, (height >> j) + 4)
        laplacian = many[j].at(x, y)
        if j < LEVELS - 1:
            laplacian = laplacian - _doubled(many[j + 1], x, y)
        place = own[j].at(x, y) * (levels - 1)
        low = np.clip(place.astype(np.int64), 0, levels - 2)
        part = place - low
        chosen = (1 - part) * _picked(laplacian, low) + part * _picked(laplacian, low + 1)
        above = 0.0 if collapsed is None else _doubled(collapsed, x, y)
        collapsed = Plane(chosen + above, (-2, -2))
    assert collapsed is not None
    own_gray, own_colours = own[0].inside(width, height), Plane(colours, whole.start).inside(width, height)
    bright = collapsed.inside(width, height) * (own_colours + 0.01) / (own_gray + 0.01)
    return np.asarray((np.clip(bright, 0, 1) * 65535).astype(np.uint16))


def _doubled(plane: Plane, x: Array, y: Array) -> Array:
    """Return a plane of half the size between its values."""
    rows = np.arange(int(y[0] - 1) // 2, int(y[-1] + 1) // 2 + 1)
    part = ((x % 2) * 2 + 1) / 4
    array = plane.at((x + 1) // 2, rows) * (1 - part) + plane.at((x - 1) // 2, rows) * part
    across = Plane(array, (int(x[0]), int(rows[0])))
    part = (((y % 2) * 2 + 1) / 4)[:, None]
    return across.at(x, (y + 1) // 2) * (1 - part) + across.at(x, (y - 1) // 2) * part


def _picked(array: Array, index: Array) -> Array:
    return np.take_along_axis(array, index[None], axis=0)[0]


def bilateral_grid_reference(image: Array, r_sigma: float) -> Array:
    """Return `perfpred.halide.pipeline.suite.bilateral_grid` by NumPy."""
    height, width = image.shape
    value = np.clip(edged(image).array, 0, 1)
    level = (value / r_sigma + 0.5).astype(np.int64)
    depth = int(1 / r_sigma + 0.5) + 6
    columns, rows = np.arange(-2, (width - 1) // SPACING + 4), np.arange(-2, (height - 1) // SPACING + 4)
    grid = np.zeros((2, depth, len(rows), len(columns)))
    for j in range(SPACING):
        for i in range(SPACING):
            y, x = rows * SPACING + j - SPACING // 2 + FAR, columns * SPACING + i - SPACING // 2 + FAR
            here = np.ix_(y, x)
            at = (level[here] + 2, np.arange(len(rows))[:, None], np.arange(len(columns))[None, :])
            grid[0][at] += value[here]
            grid[1][at] += 1
    for axis in (1, 3, 2):
        grid = sum(
            tap * np.take(grid, np.arange(grid.shape[axis] - 4) + i, axis)
            for i, tap in enumerate((1, 4, 6, 4, 1))
        )
    mine = np.clip(image.astype(np.float64), 0, 1) / r_sigma
    zi = mine.astype(np.int64)
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    xf, yf, zf = (x % SPACING) / SPACING, (y % SPACING) / SPACING, mine - zi
    found = np.zeros((2, height, width))
    for dz, wz in ((0, 1 - zf), (1, zf)):
        for dy, wy in ((0, 1 - yf), (1, yf)):
            for dx, wx in ((0, 1 - xf), (1, xf)):
                found += wz * wy * wx * grid[:, zi + dz, y // SPACING + dy, x // SPACING + dx]
    return np.asarray(found[0] / found[1])


def clear_of_grid(inputs: list[Any]) -> list[Any]:
    """Return inputs of the bilateral grid of which no pixel falls into another level by rounding."""
    image, r_sigma = inputs
    level = np.clip(image.astype(np.float64), 0, 1) / r_sigma + 0.5
    unsure = np.abs(level - np.rint(level)) < UNSURE
    return [np.where(unsure, image * np.float32(0.9) + np.float32(0.03), image), r_sigma]


def clear_of_table(inputs: list[Any]) -> list[Any]:
    """Return inputs of the local Laplacian of which no pixel takes another entry by rounding."""
    image, levels, *rest = inputs
    gray = np.tensordot(LUMA, image.astype(np.float64), axes=1) / 65535
    entry = gray * (levels - 1) * 256
    changed = image.copy()
    changed[0] ^= np.where(np.abs(entry - np.rint(entry)) < UNSURE, 16, 0).astype(np.uint16)
    return [changed, levels, *rest]
