"""Schedules that Halide compiles wrongly are told, each kind by its smallest pipeline; right windows stay."""

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.errors import InputError
from perfpred.halide.pipeline.build import checked, without_examples
from perfpred.halide.schedule.apply import apply, apply_to, target_of
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.variants.halide.library import target as halide_target

IMAGE = np.random.default_rng(0).random((16, 24), dtype=np.float32)


def edged():
    image = hl.ImageParam(hl.Float(32), 2, "image")
    return image, hl.BoundaryConditions.repeat_edge(image)


def variables(names):
    return [hl.Var(name) for name in names]


def chain(b_sums):
    """A stencil down the columns of another; the second may be a sum."""
    x, y = variables("xy")
    image, e = edged()
    a, b, out = hl.Func("a"), hl.Func("b"), hl.Func("out")
    a[x, y] = e[x - 1, y] + e[x + 1, y] * hl.f32(2)
    if b_sums:
        r = hl.RDom([(-1, 3)], "r")
        b[x, y] = hl.f32(1)
        b[x, y] += a[x, y + r] * hl.f32(r + 2)
    else:
        b[x, y] = a[x, y - 1] + a[x, y] * hl.f32(3) + a[x, y + 1]
    out[x, y] = b[x - 1, y] + b[x, y + 1] * hl.f32(2) + b[x + 1, y]
    return out, [(image, IMAGE)], [24, 16]


def sums():
    return chain(True)


def stencils():
    return chain(False)


def channels():
    """What every channel reads is a sum that no channel moves."""
    x, y, c = variables("xyc")
    image, e = edged()
    r, mean, out = hl.RDom([(-2, 5)], "r"), hl.Func("mean"), hl.Func("out")
    mean[x, y] = hl.f32(0)
    mean[x, y] += e[x, y + r]
    out[x, y, c] = mean[x, y] * hl.f32(c + 1)
    return out, [(image, IMAGE)], [24, 16, 3]


def matrix():
    """A stencil, and a table that its rows do not move."""
    x, y, c = variables("xyc")
    image, e = edged()
    den, m, out = hl.Func("den"), hl.Func("m"), hl.Func("out")
    den[x, y] = e[x, y] * hl.f32(2) + e[x, y + 1]
    m[c] = hl.f32(c) * hl.f32(3) + hl.f32(1)
    out[x, y, c] = (den[x, y - 1] + den[x, y + 1]) * m[c]
    return out, [(image, IMAGE)], [24, 16, 3]


def grey():
    x, y, c = variables("xyc")
    image = hl.ImageParam(hl.Float(32), 3, "image")
    e = hl.BoundaryConditions.repeat_edge(image)
    g, out = hl.Func("g"), hl.Func("out")
    g[x, y] = e[x, y, 0] + e[x, y, 1]
    out[x, y, c] = e[x, y, c] + g[x, y - 1] + g[x, y] * hl.f32(2) + g[x, y + 1]
    return out, [(image, np.stack([IMAGE, IMAGE + 1, IMAGE]))], [24, 16, 3]


def grey_points():
    x, y, c = variables("xyc")
    image, e = edged()
    g, out = hl.Func("g"), hl.Func("out")
    g[x, y] = e[x, y] * hl.f32(3)
    out[x, y, c] = g[x, y] * hl.f32(c + 1)
    return out, [(image, IMAGE)], [24, 16, 3]


def twice():
    """An update of each value, read by rows above and below."""
    x, y, c = variables("xyc")
    image, e = edged()
    g, out = hl.Func("g"), hl.Func("out")
    g[x, y] = e[x, y]
    g[x, y] = g[x, y] * hl.f32(3) + hl.f32(1)
    out[x, y, c] = (g[x, y - 1] + g[x, y + 1] * hl.f32(3)) * hl.f32(c + 1)
    return out, [(image, IMAGE)], [24, 16, 3]


def kept():
    """A stencil that is read where a point is, and at a place that is kept within bounds."""
    x, y = variables("xy")
    image, e = edged()
    b, out = hl.Func("b"), hl.Func("out")
    b[x, y] = e[x, y - 1] + e[x, y + 1] * hl.f32(2)
    out[x, y] = b[x, y] + b[hl.clamp(x, 5, 9), y] * hl.f32(7)
    return out, [(image, IMAGE)], [24, 16]


def staying():
    """A stencil that a sum reads where its own steps go, and where they do not."""
    x, y = variables("xy")
    image, e = edged()
    r, b, out = hl.RDom([(0, 3)], "r"), hl.Func("b"), hl.Func("out")
    b[x, y] = e[x, y - 1] + e[x, y + 1] * hl.f32(2)
    out[x, y] = hl.f32(1)
    out[x, y] += b[x + r, y] * hl.f32(r + 1) + b[x, y + 1]
    return out, [(image, IMAGE)], [24, 16]


def pairs():
    x, y = variables("xy")
    image, e = edged()
    b, out = hl.Func("b"), hl.Func("out")
    b[x, y] = e[x, y - 1] + e[x, y + 1] * hl.f32(2)
    out[x, y] = b[x, y] + b[x + 1, y] * hl.f32(5)
    return out, [(image, IMAGE)], [24, 16]


def slanted():
    x, y = variables("xy")
    image, e = edged()
    a, out = hl.Func("a"), hl.Func("out")
    a[x, y] = e[x, y] * hl.f32(3)
    out[x, y] = a[x + y, y] + a[x + y + 1, y + 1] * hl.f32(2)
    return out, [(image, IMAGE)], [23, 16]


def touched():
    """A reader whose update of one row is needed in every step."""
    x, y, c = variables("xyc")
    image, e = edged()
    f, g, out = hl.Func("f"), hl.Func("g"), hl.Func("out")
    f[x, y] = e[x, y]
    f[x, y] = f[x, y] * hl.f32(3) + hl.f32(1)
    g[x, y] = f[x, y] * hl.f32(3)
    g[x, 3] += hl.f32(7)
    g[x, y] += hl.f32(1)
    out[x, y, c] = g[x, y] * hl.f32(c + 1)
    return out, [(image, IMAGE)], [24, 16, 3]


def summed():
    """A sum of points, read in two rows."""
    x, y = variables("xy")
    image, e = edged()
    q, a, out = hl.RDom([(0, 2)], "q"), hl.Func("a"), hl.Func("out")
    a[x, y] = hl.f32(5)
    a[x, y] += e[x + q, y] * hl.f32(3)
    out[x, y] = a[x, y] + a[x, y + 2] * hl.f32(7)
    return out, [(image, IMAGE)], [23, 17]


def layered():
    """Two rows of a sum over columns of a point of a stencil."""
    x, y = variables("xy")
    image, e = edged()
    r, a, b, s, out = hl.RDom([(-1, 3)], "r"), *(hl.Func(name) for name in ("a", "b", "s", "out"))
    a[x, y] = e[x, y] * hl.f32(3) + e[x + 1, y]
    b[x, y] = a[x, y] * hl.f32(2)
    s[x, y] = hl.f32(0)
    s[x, y] += b[x + r, y] * hl.f32(r + 2)
    out[x, y] = s[x, y] + s[x, y + 1] * hl.f32(7)
    return out, [(image, IMAGE)], [23, 17]


def shifted():
    """A sum of differences from rows beside: each goes with the row that is computed, by as much."""
    x, y, d = variables("xyd")
    image, e = edged()
    r, a, b, s, out = hl.RDom([(-1, 3)], "r"), *(hl.Func(name) for name in ("a", "b", "s", "out"))
    a[x, y] = e[x, y] * hl.f32(3) + e[x + 1, y]
    b[x, y, d] = a[x, y] - a[x, y + d] * hl.f32(2)
    s[x, y] = hl.f32(0)
    s[x, y] += b[x, y, r] * hl.f32(r + 2)
    out[x, y] = s[x, y] + s[x, y + 1] * hl.f32(7)
    return out, [(image, IMAGE)], [24, 16]


def at(func, loop, store="", split=""):
    found = [Directive(func, 0, "split", (split, f"{split}_o", f"{split}_i", 2))] if split else []
    found.append(Directive(func, 0, "compute_at", ("out", loop)))
    if store:
        root = store == "root"
        found.append(Directive(func, 0, "store_root" if root else "store_at", () if root else ("out", store)))
    return found


STRIDED = [
    Directive("out", 0, "split", ("x", "x_o", "x_i", 2)),
    Directive("out", 0, "split", ("c", "c_o", "c_i", 2)),
    Directive("out", 0, "reorder", ("c_i", "x_o", "x_i", "y", "c_o")),
]
CHANNELS = [Directive("out", 0, "reorder", ("x", "c", "y"))]

WRONG = {
    "a sum that slides, shifted inwards": (sums, [*at("b", "x", "root", "y"), *at("a", "x")]),
    "a sum that a loop does not move": (channels, [*CHANNELS, *at("mean", "c", "y", "y")]),
    "what is read of what is gone": (stencils, [*at("b", "y", "root", "y"), *at("a", "y")]),
    "a reader that is stored further out": (sums, [*at("b", "x", "root"), *at("a", "x", "y")]),
    "a table beside a window": (matrix, [*at("den", "y", "c"), *at("m", "y", "c")]),
    "an update that slides along another dimension": (twice, [*at("g", "x", "c", "x")]),
    "a stride": (grey, [*STRIDED, *at("g", "x_i", "c_o")]),
}
TRIPLED = [
    Directive("out", 0, "split", ("y", "y_o", "y_i", 3)),
    Directive("out", 0, "reorder", ("y_o", "c", "x", "y_i")),
    Directive("g", 0, "store_in", ("Register",)),
]
BLENDED = [Directive("g", 0, "split", ("y", "y_o", "y_i", 4, "ShiftInwardsAndBlend"))]
WRONG |= {
    "a window in registers that does not move by one": (grey_points, [*TRIPLED, *at("g", "y_o", "y_i")]),
    "a reader that needs a row in every step": (
        touched,
        [Directive("f", 0, "split", ("y", "y_o", "y_i", 3)), *at("f", "y", "root"), *at("g", "y")],
    ),
    "read within bounds too": (kept, [*at("b", "x", "root")]),
    "read where a sum's steps do not go too": (
        staying,
        [Directive("out", 1, "reorder", ("y", "x", "r.x")), *at("b", "r.x", "root")],
    ),
    "pieces in registers": (
        pairs,
        [
            Directive("b", 0, "vectorize", ("x", 4)),
            Directive("b", 0, "store_in", ("Register",)),
            *at("b", "x", "y"),
        ],
    ),
    "by a loop that is called as what it was cut from": (
        kept,
        [
            Directive("out", 0, "unroll", ("y", 2)),
            Directive("out", 0, "reorder", ("x", "y")),
            *at("b", "x", "root"),
        ],
    ),
    "placed twice": (kept, [Directive("b", 0, "compute_root"), *at("b", "x", "root")]),
    "loads alone guarded": (
        slanted,
        [
            Directive("out", 0, "split", ("x", "x_o", "x_i", 2, "GuardWithIf")),
            Directive("out", 0, "reorder", ("y", "x_o", "x_i")),
            Directive("a", 0, "split", ("x", "a_o", "a_i", 3, "PredicateLoads")),
            *at("a", "x_o", "root"),
        ],
    ),
    "fused": (
        summed,
        [
            Directive("a", 0, "split", ("x", "x_o", "x_i", 8, "GuardWithIf")),
            Directive("a", 0, "fuse", ("x_o", "y", "f")),
            *at("a", "y", "root"),
        ],
    ),
    "a reader that computes more than it needs": (
        layered,
        [
            Directive("out", 0, "split", ("y", "y_o", "y_i", 2)),
            Directive("out", 0, "reorder", ("y_i", "x", "y_o")),
            Directive("s", 1, "vectorize", ("y", 2)),
            *at("s", "x"),
            Directive("b", 0, "compute_at", ("s", "y")),
            Directive("b", 0, "store_root"),
            *at("a", "y_o"),
        ],
    ),
    "blended": (twice, [*BLENDED, *at("g", "c", "root")]),
}
RIGHT = {
    "a window": (stencils, [*at("b", "y", "root")]),
    "a window of sums": (sums, [*at("b", "y", "root"), *at("a", "y", "root")]),
    "a window in vectors": (
        stencils,
        [Directive("b", 0, "vectorize", ("x", 8)), *at("b", "y", "root"), *at("a", "y", "root")],
    ),
    "computed again from what stays": (
        stencils,
        [*at("b", "y", "root", "y"), Directive("a", 0, "compute_root")],
    ),
    "rounded up": (
        stencils,
        [Directive("b", 0, "split", ("y", "y_o", "y_i", 2, "RoundUp")), *at("b", "y", "root"), *at("a", "y")],
    ),
    "at distances that the step does not change": (shifted, [*at("a", "y", "root"), *at("s", "y")]),
    "of a reader that needs all it computes": (
        layered,
        [
            Directive("out", 0, "split", ("y", "y_o", "y_i", 2)),
            Directive("out", 0, "reorder", ("y_i", "x", "y_o")),
            Directive("s", 1, "split", ("y", "s_o", "s_i", 2, "GuardWithIf")),
            *at("s", "x"),
            Directive("b", 0, "compute_at", ("s", "s_o")),
            Directive("b", 0, "store_root"),
            *at("a", "y_o"),
        ],
    ),
    "in registers": (pairs, [Directive("b", 0, "store_in", ("Register",)), *at("b", "x", "y")]),
    "along both dimensions": (stencils, [*at("b", "x", "root"), *at("a", "x", "root")]),
    "a sum that is stored where it is computed": (channels, [*CHANNELS, *at("mean", "c", "", "y")]),
}


def realized(pipeline, directives):
    output, inputs, extents = pipeline()
    built = without_examples(output)
    target = target_of(halide_target("avx2"))
    apply(Candidate(tuple(directives)), built, target)
    for parameter, example in inputs:
        parameter.set(hl.Buffer(example))
    return np.array(output.realize(extents))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_compiled_wrongly_is_told(name):
    pipeline, directives = WRONG[name]
    candidate = Candidate(tuple(directives))
    reason = miscompiled(candidate, checked(*pipeline()).graph)
    assert reason is not None and "Halide compiles that wrongly" in reason
    output, _, _ = pipeline()
    built = without_examples(output)
    with pytest.raises(InputError, match="would compute wrong values"):
        apply_to(output, candidate, built, target_of(halide_target("avx2")))


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_compiled_rightly_stays(name):
    pipeline, directives = RIGHT[name]
    assert miscompiled(Candidate(tuple(directives)), checked(*pipeline()).graph) is None
    assert miscompiled(Candidate(tuple(directives)), without_examples(pipeline()[0]).outline) is None
    np.testing.assert_allclose(realized(pipeline, directives), realized(pipeline, []), rtol=1e-5)
