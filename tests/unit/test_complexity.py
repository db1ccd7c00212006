import copy
import math
import pickle

import numpy as np
import pandas as pd
import pytest

from perfpred.complexity import (
    MAX_DEPTH,
    MAX_LENGTH,
    Binary,
    Call,
    Compare,
    Complexity,
    Name,
    Number,
    Unary,
    complexities,
)
from perfpred.errors import ExpressionError, InputError, UnknownNameError

FUNCTIONS = "known: ceil, floor, log2, max, min, sqrt"
ALLOWED = "only numbers, column names, + - * / // % **, comparisons and functions are"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m*n*k", 210.0),
        ("  m + n ", 12.0),
        ("(m - n)**2", 4.0),
        ("m // 2 + m % 3", 4.0),
        ("-m // 2", -4.0),
        ("-m % 4", 1.0),
        ("-m**2", -49.0),
        ("2**3**2", 512.0),
        ("m / 2", 3.5),
        ("+m - -n", 12.0),
        ("(m > 4) * (n > 4) + (k == 6) + (k != 6)", 2.0),
        ("1 < n < m", 1.0),
        ("1 < n > m", 0.0),
        ("n <= 5 >= n", 1.0),
        ("min(m, n, k) + max(m, n)", 12.0),
        ("ceil(m/2) * floor(n/2)", 8.0),
        ("log2(8) + sqrt(k + 3)", 6.0),
        ("1e3 + .5 + 2.", 1002.5),
    ],
)
def test_values(text, expected):
    columns = {"m": 7, "n": 5.0, "k": 6}
    complexity = Complexity(text)
    scalar = complexity(columns)
    assert type(scalar) is float
    assert scalar == expected
    arrays = {name: np.full(3, value) for name, value in columns.items()}
    np.testing.assert_array_equal(complexity(arrays), np.full(3, expected), strict=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m*n*(k", "'(' was never closed, at character 5:\n  m*n*(k\n      ^"),
        ("m**", "invalid syntax, at character 4:\n  m**\n     ^"),
        ("  m+*n", "invalid syntax, at character 5:\n    m+*n\n      ^"),
        (
            "2*logg2(m)",
            f"unknown function 'logg2'; did you mean 'log2'? {FUNCTIONS}, at character 3:\n"
            "  2*logg2(m)\n    ^",
        ),
        (
            "m + ceil",
            "'ceil' is a function and needs its arguments, as in ceil(m), at character 5:\n"
            "  m + ceil\n      ^",
        ),
        ("min(m)", "'min' takes at least 2 arguments, but got 1, at character 1:\n  min(m)\n  ^"),
        ("sqrt(m, n)", "'sqrt' takes 1 argument, but got 2, at character 1:\n  sqrt(m, n)\n  ^"),
        ("max(*m)", "'max' takes plain arguments, as in max(m, n), at character 1:\n  max(*m)\n  ^"),
        (
            "max(m, n, key=k)",
            "'max' takes plain arguments, as in max(m, n), at character 1:\n  max(m, n, key=k)\n  ^",
        ),
        ("m^2", "unexpected character '^'; a power is written **, at character 2:\n  m^2\n   ^"),
        ("m[0]", "unexpected character '[', at character 2:\n  m[0]\n   ^"),
        ("'m'", "unexpected character \"'\", at character 1:\n  'm'\n  ^"),
        ("m +\nn", "unexpected character '\\n', at character 4:\n  m +\N{REPLACEMENT CHARACTER}n\n     ^"),
        ("größe", "unexpected character 'ö', at character 3:\n  größe\n    ^"),
        (
            "3 + 2m",
            "'m' directly after a number; a product is written 2*m, at character 6:\n  3 + 2m\n       ^",
        ),
        ("1j", "'j' directly after a number; a product is written 2*m, at character 2:\n  1j\n   ^"),
        ("0x10", "'x' directly after a number; a product is written 2*m, at character 2:\n  0x10\n   ^"),
        ("1e999", "this number is too large for double precision, at character 1:\n  1e999\n  ^"),
        ("2*True", f"True is not allowed; {ALLOWED}, at character 3:\n  2*True\n    ^"),
        ("1 + m.real", f"this is not allowed; {ALLOWED}, at character 5:\n  1 + m.real\n      ^"),
        ("m if n else k", f"this is not allowed; {ALLOWED}, at character 1:\n  m if n else k\n  ^"),
        ("m, n", f"this is not allowed; {ALLOWED}, at character 1:\n  m, n\n  ^"),
        ("m in n", f"this is not allowed; {ALLOWED}, at character 1:\n  m in n\n  ^"),
        ("not m", f"this is not allowed; {ALLOWED}, at character 1:\n  not m\n  ^"),
        ("m.f(n)", f"this is not allowed; {ALLOWED}, at character 1:\n  m.f(n)\n  ^"),
        (
            "m and n",
            "'and' and 'or' are not allowed; multiply comparisons, as in (m>8)*(n>8), at character 1:\n"
            "  m and n\n  ^",
        ),
    ],
)
def test_errors_point_at_the_character(text, message):
    with pytest.raises(ExpressionError) as caught:
        Complexity(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an expression is text such as 'm*n*k', but got an empty one"),
        ("   ", "an expression is text such as 'm*n*k', but got an empty one"),
        (3, "an expression is text such as 'm*n*k', but got 3"),
        ("m" * (MAX_LENGTH + 1), "an expression has at most 2000 characters, but got 2001"),
    ],
)
def test_errors_about_the_whole(text, message):
    with pytest.raises(ExpressionError) as caught:
        Complexity(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text", ["-" * 1900 + "m", "(" * 900 + "m" + ")" * 900, "+".join("m" * 300), "m**" * 600 + "m"]
)
def test_deep_nesting_is_refused(text):
    with pytest.raises(ExpressionError, match="nest"):
        Complexity(text)


def test_the_deepest_allowed_and_a_long_argument_list_evaluate():
    assert Complexity("+".join("m" * MAX_DEPTH))({"m": 2}) == 2 * MAX_DEPTH
    assert Complexity(f"max({','.join('m' * 900)})")({"m": 2}) == 2


def test_a_long_expression_is_shown_around_the_character():
    with pytest.raises(ExpressionError) as caught:
        Complexity("m+" * 45 + "?" + "+m" * 45)
    lines = str(caught.value).splitlines()
    assert lines[0] == "unexpected character '?', at character 91:"
    assert lines[1][lines[2].index("^")] == "?"
    assert lines[1].startswith("  ...")
    assert lines[1].endswith("...")
    assert len(lines[1]) < 100


def test_tree_and_names():
    complexity = Complexity("min(n, 2) < -m + n")
    assert complexity.names == ("n", "m")
    assert complexity.tree == Compare(
        ("<",),
        (Call("min", (Name("n"), Number(2.0))), Binary("+", Unary("-", Name("m")), Name("n"))),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/m", math.inf),
        ("-1/m", -math.inf),
        ("m/m", math.nan),
        ("1//m", math.inf),
        ("1%m", math.nan),
        ("m**-1", math.inf),
        ("(m-8)**(1/3)", math.nan),
        ("10**(400+m)", math.inf),
        ("log2(m)", -math.inf),
        ("log2(m-1)", math.nan),
        ("sqrt(m-1)", math.nan),
        ("ceil(1/m)", math.inf),
        ("min(m/m, 1)", math.nan),
        ("max(1, m/m)", math.nan),
        ("m/m < 1", 0.0),
    ],
)
@pytest.mark.filterwarnings("error")
def test_where_arithmetic_fails_the_result_is_not_finite_and_silent(text, expected):
    complexity = Complexity(text)
    np.testing.assert_equal(complexity({"m": 0}), expected)
    np.testing.assert_equal(complexity({"m": np.array([0, 0])}), np.array([expected, expected]))


def test_kinds_of_columns():
    complexity = Complexity("m*n")
    expected = np.array([2.0, 6.0])
    frame = pd.DataFrame({"m": [1, 2], "n": [2.0, 3.0], "layout": ["a", "b"]})
    np.testing.assert_array_equal(complexity(frame), expected, strict=True)
    np.testing.assert_array_equal(complexity({"m": [1, 2], "n": (2, 3)}), expected, strict=True)
    np.testing.assert_array_equal(complexity({"m": np.array([1, 2], dtype=object), "n": [2, 3]}), expected)
    np.testing.assert_array_equal(complexity({"m": [[1], [2]], "n": [2, 3]}), [[2.0, 3.0], [4.0, 6.0]])
    for scalar in (np.int64(3), np.float32(3), np.array(3), True + 2):
        result = complexity({"m": scalar, "n": 2})
        assert type(result) is float
        assert result == 6.0


def test_an_expression_without_names_takes_the_shape_of_the_columns():
    one = Complexity("1")
    assert one({}) == one({"m": 3, "layout": "nchw"}) == 1.0
    np.testing.assert_array_equal(one({"m": np.arange(3), "n": 2}), np.ones(3), strict=True)
    np.testing.assert_array_equal(one(pd.DataFrame({"layout": ["a", "b"]})), np.ones(2), strict=True)
    assert one(pd.DataFrame({"m": []})).shape == (0,)


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        (
            {"m": 1, "nn": 2},
            UnknownNameError,
            "unknown column in 'm*n': 'n'; did you mean 'nn'? known: m, nn",
        ),
        ({}, UnknownNameError, "unknown column in 'm*n': 'm'; known: none"),
        ({"m": 1, "n": "2"}, InputError, "column 'n' must be numeric to be used in an expression"),
        ({"m": ["1", "2"], "n": 2}, InputError, "column 'm' must be numeric to be used in an expression"),
        ({"m": [1, None], "n": 2}, InputError, "column 'm' must be numeric to be used in an expression"),
        ({"m": [1, [2]], "n": 2}, InputError, "column 'm' must be numeric to be used in an expression"),
        (
            {"m": [1, 2], "n": [1, 2, 3]},
            InputError,
            "shapes in 'm*n' must fit together, but got m (2,), n (3,)",
        ),
        ({"m": 10**400, "n": 2}, InputError, "a value is too large for double precision in 'm*n'"),
    ],
)
def test_bad_columns(columns, error, message):
    with pytest.raises(error) as caught:
        Complexity("m*n")(columns)
    assert str(caught.value) == message


def test_is_a_value():
    complexity = Complexity("m*n")
    assert complexity == Complexity("m*n") != Complexity("n*m")
    assert len({complexity, Complexity("m*n")}) == 1
    assert str(complexity) == "m*n"
    for twin in (pickle.loads(pickle.dumps(complexity)), copy.deepcopy(complexity)):
        assert twin == complexity
        assert twin({"m": 2, "n": 3}) == 6.0


def test_complexities():
    parsed = complexities({"flops": "2*m*n*k", "bytes": "4*(m*k + k*n + m*n)"})
    assert list(parsed) == ["flops", "bytes"]
    assert parsed["flops"] == Complexity("2*m*n*k")
    with pytest.raises(ExpressionError) as caught:
        complexities({"flops": "2*m", "bytes": "4*(m"})
    assert str(caught.value) == "complexity 'bytes': '(' was never closed, at character 3:\n  4*(m\n    ^"
