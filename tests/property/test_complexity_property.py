"""The expression language against Python's own arithmetic, and against garbage."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfpred.complexity import Complexity
from perfpred.errors import ExpressionError

NAMES = ("m", "n", "k")
numbers = st.floats(0, 1e6, allow_subnormal=False).map(repr) | st.integers(0, 4096).map(lambda i: f"{i}.0")
values = st.floats(-1e4, 1e4, allow_subnormal=False) | st.integers(-64, 4096).map(float)


def _larger_trees(trees):
    binary = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", " + ", " * "])
    comparison = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.builds("({}{}{})".format, trees, binary, trees),
        st.builds("{}{}{}".format, trees, binary, trees),  # leaves the grouping to precedence
        st.builds("({}{}{})".format, trees, comparison, trees),
        st.builds("({}{}{}{}{})".format, trees, comparison, trees, comparison, trees),
        st.builds("{}({})".format, st.sampled_from(["-", "+", "ceil", "floor", "log2", "sqrt"]), trees),
        st.builds(
            "{}({})".format, st.sampled_from(["min", "max"]), st.lists(trees, min_size=2).map(", ".join)
        ),
    )


expressions = st.recursive(numbers | st.sampled_from(NAMES), _larger_trees, max_leaves=8)


def _without_nan(function):
    def checked(*arguments):
        if any(math.isnan(argument) for argument in arguments):
            raise ValueError("Python's min and max depend on where a NaN stands")
        return function(*arguments)

    return checked


PYTHON = {
    "min": _without_nan(min),
    "max": _without_nan(max),
    "ceil": lambda x: float(math.ceil(x)),  # an int would make Python's powers exact, and endless
    "floor": lambda x: float(math.floor(x)),
    "log2": math.log2,
    "sqrt": math.sqrt,
    "__builtins__": {},
}


@given(expressions, st.fixed_dictionaries(dict.fromkeys(NAMES, values)))
def test_agrees_with_python_where_python_answers(text, columns):
    try:
        expected = eval(text, PYTHON, columns)
        assume(not isinstance(expected, complex))
        expected = float(expected)
    except (ArithmeticError, ValueError, TypeError):
        assume(False)
    assume(abs(expected) < 2**53)
    assert Complexity(text)(columns) == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


@given(expressions, st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, values)), min_size=1, max_size=4))
def test_floats_and_arrays_agree(text, rows):
    complexity = Complexity(text)
    arrays = {name: np.array([row[name] for row in rows]) for name in NAMES}
    one_by_one = np.array([complexity(row) for row in rows])
    # a last-digit difference in a power may cross a step of ceil, so only steps' inputs are compared
    assume(not any(step in text for step in ("ceil", "floor", "//", "%", "<", ">", "=")) or "**" not in text)
    np.testing.assert_allclose(complexity(arrays), one_by_one, rtol=1e-9, atol=1e-9)


@given(st.text() | st.text("mn01.*+-/%()<>=! ,e_minlog2sqrtcef"))
def test_garbage_never_raises_anything_else(text):
    try:
        complexity = Complexity(text)
    except ExpressionError as error:
        assert str(error)
    else:
        assert set(complexity.names) <= set(complexity.text.translate(_SEPARATORS).split())


_SEPARATORS = str.maketrans(dict.fromkeys("*+-/%()<>=!,", " "))
