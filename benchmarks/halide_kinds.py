"""Small pipelines of many kinds, to see whether schedules drawn for them compile and run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import halide as hl
import numpy as np

Made = tuple[Any, list[tuple[Any, Any]], list[int]]


def variables(names: str) -> list[Any]:
    return [hl.Var(name) for name in names]


def image(kind: Any, name: str, *shape: int) -> tuple[Any, np.ndarray[Any, Any]]:
    """Return an input and an example; integers are below 100."""
    rng = np.random.default_rng(0)
    dtype = {"float16": np.float16, "float32": np.float32, "float64": np.float64}.get(str(kind))
    names = {"uint8": np.uint8, "uint16": np.uint16, "int32": np.int32, "bool": np.bool_}
    if dtype is not None:
        example = rng.random(shape).astype(dtype)
    else:
        example = rng.integers(0, 2 if str(kind) == "bool" else 100, shape).astype(names[str(kind)])
    return hl.ImageParam(kind, len(shape), name), example


def mean_filter(width: int, height: int) -> Made:
    """Return a sum over a window whose size is a parameter."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    size = hl.Param(hl.Int(32), "size")
    e, r = hl.BoundaryConditions.repeat_edge(im), hl.RDom([(0, size), (0, size)], "r")
    total, out = hl.Func("total"), hl.Func("out")
    total[x, y] = hl.f32(0)
    total[x, y] += e[x + r.x, y + r.y]
    out[x, y] = total[x, y] / hl.f32(size * size)
    return out, [(im, example), (size, 3)], [width, height]


def row_sums(width: int, height: int) -> Made:
    """Return a sum over the extent of an input, read by all of its row."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    r = hl.RDom([(0, im.width())], "r")
    total, out = hl.Func("total"), hl.Func("out")
    total[y] = hl.f32(0)
    total[y] += im[r, y]
    out[x, y] = im[x, y] / (total[y] + hl.f32(1))
    return out, [(im, example)], [width, height]


def equalize(width: int, height: int) -> Made:
    """Return a histogram, its running sum, and a table lookup."""
    x, y, i = variables("xyi")
    im, example = image(hl.UInt(8), "im", height, width)
    r, s = hl.RDom([(0, im.width()), (0, im.height())], "r"), hl.RDom([(1, 255)], "s")
    hist, cdf, out = hl.Func("hist"), hl.Func("cdf"), hl.Func("out")
    hist[i] = hl.u32(0)
    hist[hl.i32(im[r.x, r.y])] += hl.u32(1)
    cdf[i] = hist[i]
    cdf[s.x] += cdf[s.x - 1]
    out[x, y] = hl.u8(cdf[hl.i32(im[x, y])] * hl.u32(255) / hl.u32(im.width() * im.height()))
    return out, [(im, example)], [width, height]


def where(width: int, height: int) -> Made:
    """Return a reduction over part of its domain."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    e, r = hl.BoundaryConditions.repeat_edge(im), hl.RDom([(-3, 7), (-3, 7)], "r")
    r.where(r.x * r.x + r.y * r.y < 10)
    disc, out = hl.Func("disc"), hl.Func("out")
    disc[x, y] = hl.f32(0)
    disc[x, y] += e[x + r.x, y + r.y]
    out[x, y] = disc[x, y] * hl.f32(0.1)
    return out, [(im, example)], [width, height]


def several_updates(width: int, height: int) -> Made:
    """Return a Func that is written four times, once at an edge."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    e, r = hl.BoundaryConditions.repeat_edge(im), hl.RDom([(-1, 3)], "r")
    f, out = hl.Func("f"), hl.Func("out")
    f[x, y] = e[x, y]
    f[x, y] += e[x + r, y]
    f[x, y] = f[x, y] * hl.f32(0.5)
    f[x, 0] = hl.f32(0)
    out[x, y] = f[x, y] + f[x, y + 1]
    return out, [(im, example)], [width, height]


def best_match(width: int, height: int) -> Made:
    """Return a tuple of a value and where it was found."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    e, r = hl.BoundaryConditions.repeat_edge(im), hl.RDom([(-2, 5)], "r")
    best, out = hl.Func("best"), hl.Func("out")
    best[x, y] = (hl.f32(-1), 0)
    value = e[x + r, y]
    is_better = value > best[x, y][0]
    best[x, y] = (hl.select(is_better, value, best[x, y][0]), hl.select(is_better, r, best[x, y][1]))
    out[x, y] = best[x, y][0] + hl.f32(best[x, y][1])
    return out, [(im, example)], [width, height]


def summed_area(width: int, height: int) -> Made:
    """Return scans along both dimensions, over the size of the input."""
    x, y = variables("xy")
    im, example = image(hl.UInt(8), "im", height, width)
    rx, ry = hl.RDom([(1, im.width() - 1)], "rx"), hl.RDom([(1, im.height() - 1)], "ry")
    s, out = hl.Func("s"), hl.Func("out")
    s[x, y] = hl.u32(im[x, y])
    s[rx, y] += s[rx - 1, y]
    s[x, ry] += s[x, ry - 1]
    out[x, y] = s[hl.min(x + 3, im.width() - 1), y] - s[hl.max(x - 3, 0), y]
    return out, [(im, example)], [width, height]


def one_dimension(width: int, height: int) -> Made:
    (x,) = variables("x")
    im, example = image(hl.Float(32), "im", width * height)
    e, r = hl.BoundaryConditions.repeat_edge(im), hl.RDom([(-4, 9)], "r")
    fir, out = hl.Func("fir"), hl.Func("out")
    fir[x] = hl.f32(0)
    fir[x] += e[x + r] * hl.f32(r + 1)
    out[x] = fir[x] * fir[x]
    return out, [(im, example)], [width * height]


def four_dimensions(width: int, height: int) -> Made:
    """Return a small convolution over channels and images."""
    c, x, y, n = variables("cxyn")
    im, example = image(hl.Float(32), "im", 2, height + 2, width + 2, 4)
    weights, table = image(hl.Float(32), "weights", 3, 3, 4, 8)
    r = hl.RDom([(0, 4), (0, 3), (0, 3)], "r")
    conv, out = hl.Func("conv"), hl.Func("out")
    conv[c, x, y, n] = hl.f32(0)
    conv[c, x, y, n] += weights[c, r.x, r.y, r.z] * im[r.x, x + r.y, y + r.z, n]
    out[c, x, y, n] = hl.max(conv[c, x, y, n], hl.f32(0))
    return out, [(im, example), (weights, table)], [8, width, height, 2]


def tiny_dimensions(width: int, height: int) -> Made:
    """Return interleaved dimensions of 3 and 2, the contiguous ones."""
    c, k, x = variables("ckx")
    im, example = image(hl.Float(32), "im", width * height // 8, 2, 3)
    e = hl.BoundaryConditions.repeat_edge(im)
    f, out = hl.Func("f"), hl.Func("out")
    f[c, k, x] = e[c, k, x - 1] + e[c, k, x + 1]
    out[c, k, x] = f[c, k, x] + f[0, k, x] * f[c, 0, x]
    return out, [(im, example)], [3, 2, width * height // 8]


def bytes_(width: int, height: int) -> Made:
    """Return a median of three by bytes, without a boundary condition."""
    x, y = variables("xy")
    im, example = image(hl.UInt(8), "im", height + 2, width + 2)
    rows, out = hl.Func("rows"), hl.Func("out")
    a, b, c = im[x, y], im[x + 1, y], im[x + 2, y]
    rows[x, y] = hl.max(hl.min(a, b), hl.min(hl.max(a, b), c))
    p, q, s = rows[x, y], rows[x, y + 1], rows[x, y + 2]
    out[x, y] = hl.max(hl.min(p, q), hl.min(hl.max(p, q), s))
    return out, [(im, example)], [width, height]


def halves(width: int, height: int) -> Made:
    """Return arithmetic in float16."""
    x, y = variables("xy")
    im, example = image(hl.Float(16), "im", height, width)
    e = hl.BoundaryConditions.repeat_edge(im)
    f, out = hl.Func("f"), hl.Func("out")
    f[x, y] = hl.f32(e[x - 1, y]) + hl.f32(e[x + 1, y])
    out[x, y] = hl.cast(hl.Float(16), f[x, y - 1] + f[x, y + 1])
    return out, [(im, example)], [width, height]


def mask(width: int, height: int) -> Made:
    """Return truth values between Funcs: an erosion of what is above a threshold."""
    x, y = variables("xy")
    im, example = image(hl.UInt(8), "im", height, width)
    e = hl.BoundaryConditions.repeat_edge(im)
    above, out = hl.Func("above"), hl.Func("out")
    above[x, y] = e[x, y] > hl.u8(50)
    out[x, y] = hl.select(above[x - 1, y] & above[x + 1, y] & above[x, y], hl.u8(255), hl.u8(0))
    return out, [(im, example)], [width, height]


def total(width: int, height: int) -> Made:
    """Return a number: an output without a dimension."""
    im, example = image(hl.Float(32), "im", height, width)
    r, out = hl.RDom([(0, im.width()), (0, im.height())], "r"), hl.Func("total")
    out[()] = hl.f32(0)
    out[()] += im[r.x, r.y]
    return out, [(im, example)], []


def pyramid(width: int, height: int) -> Made:
    """Return down and up again, by parity."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    e = hl.BoundaryConditions.mirror_image(im)
    down, up, out = hl.Func("down"), hl.Func("up"), hl.Func("out")
    down[x, y] = (e[2 * x, 2 * y] + e[2 * x + 1, 2 * y] + e[2 * x, 2 * y + 1]) * hl.f32(0.3)
    up[x, y] = hl.select(x % 2 == 0, down[x // 2, y // 2], down[x // 2 + 1, y // 2])
    out[x, y] = e[x, y] - up[x, y]
    return out, [(im, example)], [width, height]


def channels(width: int, height: int) -> Made:
    """Return colours over the local mean of luminance, which every channel reads."""
    x, y, c = variables("xyc")
    im, example = image(hl.Float(32), "im", 3, height, width)
    e, box = hl.BoundaryConditions.repeat_edge(im), hl.RDom([(-2, 5)], "box")
    grey, mean, out = hl.Func("grey"), hl.Func("mean"), hl.Func("out")
    grey[x, y] = e[x, y, 0] * hl.f32(0.3) + e[x, y, 1] * hl.f32(0.6) + e[x, y, 2] * hl.f32(0.1)
    mean[x, y] = hl.sum(grey[x, y + box]) / 5
    out[x, y, c] = e[x, y, c] / (mean[x, y] + hl.f32(0.1))
    return out, [(im, example)], [width, height, 3]


def warp(width: int, height: int) -> Made:
    """Return reads of another Func where data say."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    flow, moved = image(hl.Int(32), "flow", height, width)
    e = hl.BoundaryConditions.constant_exterior(im, hl.f32(0))
    soft, out = hl.Func("soft"), hl.Func("out")
    soft[x, y] = e[x, y] + e[x + 1, y]
    out[x, y] = soft[hl.clamp(x + flow[x, y] % 4, 0, im.width() - 1), y]
    return out, [(im, example), (flow, moved)], [width, height]


def outputs(width: int, height: int) -> Made:
    """Return two outputs, one of which reads the other, over a Func that both read."""
    x, y = variables("xy")
    im, example = image(hl.Float(32), "im", height, width)
    e = hl.BoundaryConditions.repeat_edge(im)
    soft, slope, size = hl.Func("soft"), hl.Func("slope"), hl.Func("size")
    soft[x, y] = e[x - 1, y] + e[x, y] + e[x + 1, y]
    slope[x, y] = soft[x, y + 1] - soft[x, y - 1]
    size[x, y] = hl.abs(slope[x, y]) + soft[x, y]
    return hl.Pipeline([slope, size]), [(im, example)], [width, height]


def pair(width: int, height: int) -> Made:
    """Return a tuple as the output: the largest of each column and where it is."""
    (x,) = variables("x")
    im, example = image(hl.Float(32), "im", height, width)
    found, out = hl.argmax(im[x, hl.RDom([(0, im.height())]).x]), hl.Func("out")
    out[x] = (found[0], found[1])
    return out, [(im, example)], [width]


KINDS: dict[str, Callable[[int, int], Made]] = {
    each.__name__: each
    for each in (
        *(mean_filter, row_sums, equalize, where, several_updates, best_match, summed_area, one_dimension),
        *(four_dimensions, tiny_dimensions, bytes_, halves, mask, total, pyramid, channels, warp),
        *(outputs, pair),
    )
}
