"""Floats, arrays and programs agree on the sign of zero, on infinities and on the smallest numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from perfpred.complexity import Complexity
from perfpred.program import ArrayFunction, Builder, float_function

EDGES = (0.0, -0.0, 0.5, -0.5, 1.0, -16.0, 1e-320, -1e-320, 1e308, 4503599627370496.0)
TEXTS = (
    *("1//ceil(floor(k)*-1e-320)", "1/ceil(k)", "1/floor(k)", "1/ceil(-k)", "min(1/max(k, 0), 5)"),
    *("min(1/min(0, k), 5)", "1/(k + 0)", "1/(k - 0)", "1/(0 - k)", "1/(k - (-0.0))", "1/k**0.5"),
    *("(k/1e-320)**0.5", "floor(k*1e308) > 5", "ceil(k*1e308) > 5", "k*1e-320 % 2", "k % 16", "k*1e-10 // 3"),
)


def same(first, second):
    if math.isnan(first) or math.isnan(second):
        return math.isnan(first) and math.isnan(second)
    return first == second and math.copysign(1, first) == math.copysign(1, second)


@pytest.mark.parametrize("text", TEXTS)
def test_floats_arrays_and_programs_agree(text):
    expression = Complexity(text)
    builder = Builder(["k"])
    value = builder.expression(expression.tree)
    program = builder.program([value], (), [value])
    on_floats, on_arrays = float_function(program), ArrayFunction(program)
    for k in EDGES:
        (on_array,) = expression({"k": np.array([k])}).tolist()
        assert same(expression({"k": k}), on_array), k
        try:
            answer = on_floats(k)
        except (ArithmeticError, ValueError, TypeError):
            answer = None
        assert answer is None or same(answer[0], on_array), k
        found = on_arrays({"k": np.array([k])})
        assert found is None or same(float(found[0]), on_array), k
