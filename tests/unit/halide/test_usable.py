"""Pipelines of which no schedule could be applied are refused at once, in one sentence."""

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.errors import InputError
from perfpred.halide.pipeline.build import checked, without_examples


def blurred(var="x", reduction="r"):
    x, r = hl.Var(var), hl.RDom([(0, 3)], reduction)
    image, sums, out = hl.ImageParam(hl.Float(32), 1, "image"), hl.Func("sums"), hl.Func("out")
    sums[x] = hl.f32(0)
    sums[x] += image[x + r]
    out[x] = sums[x] / 3
    return out, [(image, np.zeros(12, np.float32))], [8]


@pytest.mark.parametrize("names", [("a.b", "r"), ("x", "r.q")])
def test_a_dot_in_a_loops_name_is_refused(names):
    dotted = next(name for name in names if "." in name)
    for refused in (lambda: checked(*blurred(*names)), lambda: without_examples(blurred(*names)[0])):
        with pytest.raises(InputError, match=r"names of Vars and RDoms must have no '\.'") as raised:
            refused()
        assert f"has {dotted}: call it {dotted.replace('.', '_')}" in str(raised.value)


def test_what_is_scheduled_is_called_as_its_user_calls_it():
    hl.Func("out")  # takes the name, so that Halide counts the next one
    output, inputs, extents = blurred()
    output.vectorize(output.args()[0], 4)
    with pytest.raises(InputError, match="must not be scheduled yet, but out is; a generator"):
        checked(output, inputs, extents)
