"""Local Laplacian filters: pyramids of many remapped images, and one built from the right one a pixel."""

from __future__ import annotations

from typing import Any

import halide as hl
import numpy as np
from numpy.typing import NDArray

from perfpred.halide.pipeline.suite import examples

LEVELS = 4
EXAMPLE_LEVELS = 8
UNSURE = 0.01
"""So near to a whole number, a table index is a matter of rounding."""
LUMA = (0.299, 0.587, 0.114)


def local_laplacian(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y, c, k = (hl.Var(name) for name in "xyck")
    image = hl.ImageParam(hl.UInt(16), 3, "input")
    levels, alpha = hl.Param(hl.Int(32), "levels", EXAMPLE_LEVELS), hl.Param(hl.Float(32), "alpha", 1.0)
    beta = hl.Param(hl.Float(32), "beta", 1.0)
    remap, floating, gray = hl.Func("remap"), hl.Func("floating"), hl.Func("gray")
    fx = hl.f32(x) / 256.0
    remap[x] = alpha * fx * hl.exp(-fx * fx / 2.0)
    edged = hl.BoundaryConditions.repeat_edge(image)
    floating[x, y, c] = hl.f32(edged[x, y, c]) / 65535.0
    red, green, blue = (hl.f32(weight) * floating[x, y, i] for i, weight in enumerate(LUMA))
    gray[x, y] = red + green + blue

    remapped = _named("remapped")
    level = k * (1.0 / hl.f32(levels - 1))
    step = hl.clamp(hl.i32(gray[x, y] * hl.f32(levels - 1) * 256.0), 0, (levels - 1) * 256)
    remapped[0][x, y, k] = beta * (gray[x, y] - level) + level + remap[step - 256 * k]
    laplacian, own, chosen = _named("laplacian"), _named("own"), _named("chosen")
    own[0][x, y] = gray[x, y]
    for j in range(1, LEVELS):
        remapped[j][x, y, k] = _down(remapped[j - 1], f"remapped_{j}")[x, y, k]
        own[j][x, y] = _down(own[j - 1], f"own_{j}")[x, y]
    laplacian[-1][x, y, k] = remapped[-1][x, y, k]
    for j in reversed(range(LEVELS - 1)):
        laplacian[j][x, y, k] = remapped[j][x, y, k] - _up(remapped[j + 1], f"laplacian_{j}")[x, y, k]
    for j in range(LEVELS):
        place = own[j][x, y] * hl.f32(levels - 1)
        whole = hl.clamp(hl.i32(place), 0, levels - 2)
        part = place - hl.f32(whole)
        chosen[j][x, y] = (1.0 - part) * laplacian[j][x, y, whole] + part * laplacian[j][x, y, whole + 1]
    collapsed = _collapsed(chosen)

    output, small = hl.Func("output"), hl.f32(0.01)
    colour = collapsed[x, y] * (floating[x, y, c] + small) / (gray[x, y] + small)
    output[x, y, c] = hl.u16(hl.clamp(colour, 0.0, 1.0) * 65535.0)
    inputs = [(image, _example(width, height)), (levels, EXAMPLE_LEVELS), (alpha, 1.0), (beta, 1.0)]
    return output, inputs, [width, height, 3]


def _example(width: int, height: int) -> NDArray[np.uint16]:
    """Return an image, shape (3, height, width), of which no pixel is remapped by a rounding error.

    The entry of the remapping table is gray times a constant, rounded down: a last bit, which differs between
    schedules, would pick another entry near whole numbers, so the red of such pixels is changed a little.
    """
    image = np.asarray(examples.uint16s(3, height, width))
    gray = np.tensordot(LUMA, image.astype(np.float64), axes=1) / 65535.0
    entry = gray * (EXAMPLE_LEVELS - 1) * 256
    image[0] ^= np.where(np.abs(entry - np.rint(entry)) < UNSURE, 16, 0).astype(np.uint16)
    return image


def _collapsed(chosen: list[Any]) -> Any:
    x, y = hl.Var("x"), hl.Var("y")
    current = chosen[-1]
    for j in reversed(range(LEVELS - 1)):
        finer = hl.Func(f"collapsed_{j}")
        finer[x, y] = _up(current, f"collapsed_{j}")[x, y] + chosen[j][x, y]
        current = finer
    return current


def _named(stem: str) -> list[Any]:
    return [hl.Func(f"{stem}_{j}") for j in range(LEVELS)]


def _down(func: Any, stem: str) -> Any:
    """Return a Func at half the size."""
    x, y = hl.Var("x"), hl.Var("y")
    across, down = hl.Func(f"{stem}_downx"), hl.Func(f"{stem}_down")
    ends = func[2 * x - 1, y, hl._] + func[2 * x + 2, y, hl._]
    across[x, y, hl._] = (ends + 3.0 * (func[2 * x, y, hl._] + func[2 * x + 1, y, hl._])) / 8.0
    ends = across[x, 2 * y - 1, hl._] + across[x, 2 * y + 2, hl._]
    down[x, y, hl._] = (ends + 3.0 * (across[x, 2 * y, hl._] + across[x, 2 * y + 1, hl._])) / 8.0
    return down


def _up(func: Any, stem: str) -> Any:
    """Return a Func at twice the size."""
    x, y = hl.Var("x"), hl.Var("y")
    across, up = hl.Func(f"{stem}_upx"), hl.Func(f"{stem}_up")
    part = hl.f32((x % 2) * 2 + 1) / 4.0
    across[x, y, hl._] = hl.lerp(func[(x + 1) / 2, y, hl._], func[(x - 1) / 2, y, hl._], part)
    part = hl.f32((y % 2) * 2 + 1) / 4.0
    up[x, y, hl._] = hl.lerp(across[x, (y + 1) / 2, hl._], across[x, (y - 1) / 2, hl._], part)
    return up
