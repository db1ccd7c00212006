"""How coarsely each output is rounded, by what is computed on the way to it."""

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.halide.graph.rounding import rounding
from perfpred.halide.pipeline.build import checked

HALF, SINGLE = 2.0**-10, 2.0**-23


def found(make):
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "image")
    built = checked(make(image, x, y), [(image, np.zeros((8, 8), np.float32))], [8, 8])
    return [(each.epsilon, each.terms) for each in rounding(built.raw, built.graph)]


def test_an_output_is_as_coarse_as_what_it_reads():
    def make(image, x, y):
        half, fine, sums, r = hl.Func("half"), hl.Func("fine"), hl.Func("sums"), hl.RDom([(0, 8)], "r")
        half[x, y] = hl.cast(hl.Float(16), image[x, y])
        fine[x, y] = image[x, y] * hl.f32(2)
        sums[x, y] = hl.f32(0)
        sums[x, y] += hl.f32(half[x, r])
        return [half, fine, sums]

    assert found(make) == [(HALF, 1.0), (SINGLE, 1.0), (HALF, 8.0)]


def test_each_element_of_a_tuple_is_rounded_by_itself_unless_updates_mix_them():
    def apart(image, x, y):
        pair = hl.Func("pair")
        pair[x, y] = (hl.cast(hl.Float(16), image[x, y]), image[x, y] + hl.f32(1), hl.i32(x + y))
        return pair

    def mixed(image, x, y):
        pair, r = apart(image, x, y), hl.RDom([(0, 3)], "r")
        pair[x, y] = (pair[x, y][0], pair[x, y][1] + hl.f32(pair[x, y][0]) * hl.f32(r), pair[x, y][2])
        return pair

    assert found(apart) == [(HALF, 1.0), (SINGLE, 1.0), (0.0, 1.0)]
    assert found(mixed) == [(HALF, 3.0)] * 3
