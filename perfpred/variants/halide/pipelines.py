"""The kernels in Halide, each with a schedule by hand for any size down to 1.

Halide counts dimensions from the contiguous one, so a row-major (m, k) operand is ``a[k, m]`` here.

Two ways make tails legal. Where a register tile is worth filling, the tile's inner and outer coordinates
are separate dimensions of the accumulator: it is always a whole tile, operands are read clamped or from a
padded copy, and only what lies inside is stored. Elsewhere whole vectors are shifted inwards if there is at
least one, and guarded if not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import halide as hl

Sizes = Mapping[str, hl.Param]
Dims = Sequence[hl.Var]


@dataclass(frozen=True)
class Plan:
    """What a pipeline is scheduled for: floats per vector, vector registers, whether to run in parallel."""

    lanes: int
    registers: int
    parallel: bool

    def spread(self, func: hl.Func, var: hl.Var) -> None:
        """Run the iterations of `var` in parallel if this plan has threads."""
        if self.parallel:
            func.parallel(var)


GUARD, INWARDS = hl.TailStrategy.GuardWithIf, hl.TailStrategy.ShiftInwards
STORES, ROUND_UP = hl.TailStrategy.PredicateStores, hl.TailStrategy.RoundUp

LOWEST = -3.0e38  # a value whose power is nothing beside that of any other

x, y, c, i, j, k = (hl.Var(name) for name in "xycijk")
xo, yo, co, xi, yi, ci, t = (hl.Var(name) for name in ("xo", "yo", "co", "xi", "yi", "ci", "t"))


def matmul(plan: Plan, sizes: Sizes, a: hl.ImageParam, b: hl.ImageParam) -> hl.Func:
    """Pack B into padded panels as wide as a register tile; blocks of C are the tasks.

    Parameters
    ----------
    plan : Plan
        What is scheduled for.
    sizes : Sizes
        The kernel's size parameters.
    a, b : hl.ImageParam
    """
    width, height = 2 * plan.lanes, 12 if plan.registers == 32 else 6
    padded = hl.BoundaryConditions.repeat_edge(b)
    panel, tile, product = hl.Func("panel"), hl.Func("tile"), hl.Func("product")
    panel[i, k, x] = padded[x * width + i, k]
    r = hl.RDom([(0, sizes["k"])])
    tile[i, j, x, y] = 0.0
    tile[i, j, x, y] += a[r, hl.min(y * height + j, sizes["m"] - 1)] * panel[i, r, x]
    product[x, y] = tile[x % width, y % height, x / width, y / height]

    rows, columns = 8, 4  # register tiles per task: operands that stay in a core's own cache
    product.tile(x, y, xo, yo, xi, yi, width, height, GUARD).vectorize(xi, plan.lanes).unroll(xi).unroll(yi)
    product.tile(xo, yo, x, y, i, j, columns, rows, GUARD).reorder(xi, yi, j, i, x, y)
    product.fuse(x, y, t)
    plan.spread(product, t)
    tile.compute_at(product, j).bound(i, 0, width).bound(j, 0, height)
    tile.vectorize(i, plan.lanes).unroll(i).unroll(j)
    tile.update().reorder(i, j, r, x, y).vectorize(i, plan.lanes).unroll(i).unroll(j)
    panel.compute_root().bound(i, 0, width).vectorize(i, plan.lanes).unroll(i)
    plan.spread(panel, x)
    return product


def matvec(plan: Plan, sizes: Sizes, a: hl.ImageParam, v: hl.ImageParam) -> hl.Func:
    """Let some rows share the vector; each sums a vector of partial sums, and what is left over.

    Parameters
    ----------
    plan : Plan
        What is scheduled for.
    sizes : Sizes
        The kernel's size parameters.
    a, v : hl.ImageParam
    """
    height, width = 4, 2 * plan.lanes
    m, n = sizes["m"], sizes["n"]
    partial, total, result = hl.Func("partial"), hl.Func("total"), hl.Func("result")
    row = hl.min(y * height + j, m - 1)
    blocks = hl.RDom([(0, n / width)])
    partial[i, j, y] = 0.0
    partial[i, j, y] += a[blocks * width + i, row] * v[blocks * width + i]
    lanes, rest = hl.RDom([(0, width)]), hl.RDom([(0, n % width)])
    total[j, y] = 0.0
    total[j, y] += partial[lanes, j, y]
    total[j, y] += a[n - n % width + rest, row] * v[n - n % width + rest]
    result[x] = total[x % height, x / height]

    result.split(x, xo, xi, height, GUARD).unroll(xi)
    if plan.parallel:
        result.split(xo, xo, t, 8, GUARD).parallel(xo)
    at = t if plan.parallel else xo
    total.compute_at(result, at).bound(j, 0, height).unroll(j)
    total.update(0).reorder(lanes, j).atomic().vectorize(lanes).unroll(j)
    total.update(1).reorder(j, rest).unroll(j)
    partial.compute_at(result, at).bound(i, 0, width).bound(j, 0, height)
    partial.vectorize(i, plan.lanes).unroll(i).unroll(j)
    partial.update().reorder(i, j, blocks).vectorize(i, plan.lanes).unroll(i).unroll(j)
    return result


def conv2d(plan: Plan, sizes: Sizes, image: hl.ImageParam, weights: hl.ImageParam) -> hl.Func:
    """Compute a register tile of results at a time, unrolled for the filter sizes the kernel draws.

    Parameters
    ----------
    plan : Plan
        What is scheduled for.
    sizes : Sizes
        The kernel's size parameters.
    image, weights : hl.ImageParam
    """
    f = sizes["f"]
    result = hl.Func("result")
    taps, plain = _taps("taps", f, image, weights), _taps("plain", f, image, weights)
    height, columns, rows = 4, sizes["w"] - f + 1, sizes["h"] - f + 1
    small = (columns < plan.lanes) | (rows < height)
    result[x, y] = hl.select(small, plain[x, y], taps[x, y])

    stages = [(result.specialize(small), 4, GUARD)]
    stages.append((result.specialize(columns < 2 * plan.lanes), plan.lanes, INWARDS))
    stages.append((result, 2 * plan.lanes, INWARDS))
    for stage, width, tail in stages:
        stage.tile(x, y, xo, yo, xi, yi, width, height, tail).vectorize(xi, min(width, plan.lanes))
        stage.unroll(xi).unroll(yi)
        if plan.parallel:
            stage.split(yo, yo, t, 4, GUARD).parallel(yo)
    plain.compute_at(result, xo).vectorize(x, 4, GUARD)
    r = plain.rvars(0)
    plain.update().reorder(x, y, r[0], r[1]).vectorize(x, 4, GUARD)
    taps.compute_at(result, xo)
    taps.vectorize(x, plan.lanes, GUARD).unroll(x, 2, GUARD).unroll(y, height, GUARD)
    r = taps.rvars(0)
    for side in (3, 5, 7):
        fixed = taps.update().specialize(f == side)
        fixed.reorder(x, y, r[0], r[1]).vectorize(x, plan.lanes, GUARD)
        fixed.unroll(x, 2, GUARD).unroll(y, height, GUARD).unroll(r[0]).unroll(r[1])
    taps.update().reorder(x, y, r[0], r[1]).vectorize(x, plan.lanes, GUARD).unroll(y, height, GUARD)
    return result


def _taps(name: str, f: hl.Expr, image: hl.ImageParam, weights: hl.ImageParam) -> hl.Func:
    """Return the convolution proper, unscheduled."""
    func, r = hl.Func(name), hl.RDom([(0, f), (0, f)])
    func[x, y] = 0.0
    func[x, y] += image[x + r.x, y + r.y] * weights[r.x, r.y]
    return func


def maxpool(plan: Plan, sizes: Sizes, image: hl.ImageParam) -> hl.Func:
    """Take the largest of r rows, a row of results at a time, then of every r neighbours of that."""
    r = sizes["r"]
    tallest, widest, result = hl.Func("tallest"), hl.Func("widest"), hl.Func("result")
    down, across = hl.RDom([(0, r)]), hl.RDom([(0, r)])
    tallest[x, y] = image[x, y * r]
    tallest[x, y] = hl.max(tallest[x, y], image[x, y * r + down])
    widest[x, y] = tallest[x * r, y]
    widest[x, y] = hl.max(widest[x, y], tallest[x * r + across, y])
    result[x, y] = widest[x, y]

    lanes = plan.lanes
    whole = result.specialize(result.output_buffer().dim(0).extent() >= lanes)
    for stage, tail in ((whole, INWARDS), (result, GUARD)):
        stage.split(x, xo, xi, lanes, tail).vectorize(xi)
        if plan.parallel:
            stage.split(y, yo, y, 8, GUARD).parallel(yo)
    widest.compute_at(result, xo).vectorize(x, lanes, GUARD)
    tallest.compute_at(result, y).vectorize(x, lanes, GUARD)
    for side in (2, 3, 4, 5):
        tallest.update().specialize(r == side).reorder(down, x).unroll(down).vectorize(x, lanes, GUARD)
        widest.update().specialize(r == side).reorder(across, x).unroll(across).vectorize(x, lanes, GUARD)
    tallest.update().reorder(x, down).vectorize(x, lanes, GUARD)
    widest.update().reorder(x, across).vectorize(x, lanes, GUARD)
    return result


def conv2d_nchw(plan: Plan, sizes: Sizes, image: hl.ImageParam, weights: hl.ImageParam) -> hl.Func:
    """Pad the image, and compute register tiles of a vector along w, some rows and some channels.

    Parameters
    ----------
    plan : Plan
        What is scheduled for.
    sizes : Sizes
        The kernel's size parameters.
    image, weights : hl.ImageParam
    """
    lanes, rows, channels = plan.lanes, 4, 6 if plan.registers == 32 else 3
    padded, acc, result = hl.Func("padded"), hl.Func("acc"), hl.Func("result")
    padded[x, y, c] = hl.BoundaryConditions.repeat_edge(image)[x, y, c]
    r = hl.RDom([(0, 3), (0, 3), (0, sizes["c_in"])])
    channel = hl.min(co * channels + ci, sizes["c_out"] - 1)
    acc[xi, yi, ci, xo, yo, co] = 0.0
    tap = padded[xo * lanes + xi + r.x, yo * rows + yi + r.y, r.z]
    acc[xi, yi, ci, xo, yo, co] += tap * weights[r.x, r.y, r.z, channel]
    result[x, y, c] = acc[x % lanes, y % rows, c % channels, x / lanes, y / rows, c / channels]

    result.split(c, co, ci, channels, STORES).tile(x, y, xo, yo, xi, yi, lanes, rows, STORES)
    result.reorder(xi, yi, ci, xo, yo, co).vectorize(xi).unroll(yi).unroll(ci)
    plan.spread(result, co)
    acc.compute_at(result, xo).bound(xi, 0, lanes).bound(yi, 0, rows).bound(ci, 0, channels)
    acc.vectorize(xi).unroll(yi).unroll(ci)
    acc.update().reorder(xi, yi, ci, r.x, r.y, r.z).vectorize(xi)
    acc.update().unroll(yi).unroll(ci).unroll(r.x).unroll(r.y)
    padded.compute_root().vectorize(x, lanes, ROUND_UP)
    plan.spread(padded, c)
    return result


def softmax(plan: Plan, sizes: Sizes, values: hl.ImageParam) -> hl.Func:
    """Copy a row padded to whole vectors with what has no weight; it then stays in the first cache."""
    width = 2 * plan.lanes
    row, power, result = hl.Func("row"), hl.Func("power"), hl.Func("result")
    inside = [(0, sizes["n"]), (hl.Expr(), hl.Expr())]  # rows are never exceeded
    padded = hl.BoundaryConditions.constant_exterior(values, hl.f32(LOWEST), inside)
    blocks = (sizes["n"] + width - 1) / width
    row[x, y] = padded[x, y]
    partial_largest, largest = _by_vectors(row, blocks, width, LOWEST, hl.max)
    power[x, y] = _exp_up_to_0(row[x, y] - largest[y])
    partial_total, total = _by_vectors(power, blocks, width, 0.0, lambda left, right: left + right)
    scale = hl.Func("scale")
    scale[y] = 1.0 / total[y]
    result[x, y] = power[x, y] * scale[y]

    result.vectorize(x, plan.lanes, GUARD)
    if plan.parallel:
        result.split(y, yo, y, 4, GUARD).parallel(yo)
    for func in (row, power):
        func.compute_at(result, y).align_bounds(x, width).vectorize(x, plan.lanes)
    for partial, reduced in ((partial_largest, largest), (partial_total, total)):
        partial.compute_at(result, y).vectorize(i, plan.lanes).unroll(i)
        partial.update().reorder(i, partial.rvars(0)[0]).vectorize(i, plan.lanes).unroll(i)
        reduced.compute_at(result, y).update().atomic().vectorize(reduced.rvars(0)[0])
    scale.compute_at(result, y)
    return result


def _by_vectors(
    func: hl.Func, blocks: hl.Expr, width: int, start: float, combine: Callable[..., hl.Expr]
) -> tuple[hl.Func, hl.Func]:
    """Return reductions of each row of `func`, a whole number of blocks: by lane, and of those."""
    lane, reduced = hl.Func("lane"), hl.Func("reduced")
    block, within = hl.RDom([(0, blocks)]), hl.RDom([(0, width)])
    lane[i, y] = hl.f32(start)
    lane[i, y] = combine(lane[i, y], func[block * width + i, y])
    reduced[y] = hl.f32(start)
    reduced[y] = combine(reduced[y], lane[within, y])
    return lane, reduced


def _exp_up_to_0(value: hl.Expr) -> hl.Expr:
    """Return the exponential of a value of at most 0, within 2 ulp; Halide's own spends time on overflow.

    ``exp(v) = 2**k exp(v - k ln 2)``, with ln 2 in two parts and a Taylor polynomial of degree 7. Values
    below -87, whose power is nearly the least float, count as -87.
    """
    value = hl.max(value, hl.f32(-87.0))
    exponent = hl.i32(value * hl.f32(1 / math.log(2)) - hl.f32(0.5))  # a cast rounds towards 0, so to nearest
    power = hl.f32(exponent)
    rest = value - power * hl.f32(0.693359375) + power * hl.f32(0.693359375 - math.log(2))
    series = hl.f32(1 / 5040)
    for factorial in (720, 120, 24, 6, 2, 1, 1):
        series = series * rest + hl.f32(1 / factorial)
    return series * hl.reinterpret(hl.Float(32), (exponent + 127) << 23)


PIPELINES: Mapping[str, Callable[..., hl.Func]] = {
    "matmul": matmul,
    "matvec": matvec,
    "conv2d": conv2d,
    "maxpool": maxpool,
    "conv2d_nchw": conv2d_nchw,
    "softmax": softmax,
}
