"""The bilateral grid: a coarse grid of histograms, blurred along three axes, read back by interpolation."""

from __future__ import annotations

from typing import Any

import halide as hl

from perfpred.halide.pipeline.suite import examples

SPACING = 8
R_SIGMA = 0.1


def bilateral_grid(width: int, height: int) -> tuple[Any, list[Any], list[int]]:
    """Return the pipeline."""
    x, y, z, c = (hl.Var(name) for name in "xyzc")
    image = hl.ImageParam(hl.Float(32), 2, "input")
    r_sigma = hl.Param(hl.Float(32), "r_sigma", R_SIGMA)
    edged = hl.BoundaryConditions.repeat_edge(image)
    histogram, interpolated, output = hl.Func("histogram"), hl.Func("interpolated"), hl.Func("output")
    r = hl.RDom([(0, SPACING), (0, SPACING)], "r")
    value = hl.clamp(edged[x * SPACING + r.x - SPACING // 2, y * SPACING + r.y - SPACING // 2], 0.0, 1.0)
    level = hl.i32(value / r_sigma + 0.5)
    histogram[x, y, z, c] = hl.f32(0.0)
    histogram[x, y, level, c] += hl.mux(c, [value, 1.0])
    grid = _blurred(histogram)

    value = hl.clamp(edged[x, y], 0.0, 1.0)
    depth = value / r_sigma
    zi = hl.i32(depth)
    zf = depth - hl.f32(zi)
    xf, yf = hl.f32(x % SPACING) / SPACING, hl.f32(y % SPACING) / SPACING
    xi, yi = x / SPACING, y / SPACING
    sides = [
        hl.lerp(
            hl.lerp(grid[xi, yi, k, c], grid[xi + 1, yi, k, c], xf),
            hl.lerp(grid[xi, yi + 1, k, c], grid[xi + 1, yi + 1, k, c], xf),
            yf,
        )
        for k in (zi, zi + 1)
    ]
    interpolated[x, y, c] = hl.lerp(sides[0], sides[1], zf)
    output[x, y] = interpolated[x, y, 0] / interpolated[x, y, 1]
    return output, [(image, examples.floats(height, width)), (r_sigma, R_SIGMA)], [width, height]


def _blurred(histogram: Any) -> Any:
    """Return the grid after a blur with 1 4 6 4 1 along z, x and y."""
    x, y, z, c = (hl.Var(name) for name in "xyzc")
    along_z, along_x, along_y = hl.Func("blur_z"), hl.Func("blur_x"), hl.Func("blur_y")
    along_z[x, y, z, c] = _five([histogram[x, y, z + i, c] for i in range(-2, 3)])
    along_x[x, y, z, c] = _five([along_z[x + i, y, z, c] for i in range(-2, 3)])
    along_y[x, y, z, c] = _five([along_x[x, y + i, z, c] for i in range(-2, 3)])
    return along_y


def _five(taps: list[Any]) -> Any:
    return taps[0] + taps[1] * 4 + taps[2] * 6 + taps[3] * 4 + taps[4]
