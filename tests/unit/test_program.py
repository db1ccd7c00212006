"""Programs: the same values as the expressions and formulas they are made from, or no answer."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfpred.complexity import Complexity
from perfpred.errors import InputError
from perfpred.predict.design import Input
from perfpred.predict.formula import Forest, GaussianProcess, LinearModel, PosynomialNet, RelatedNets, ReluNet
from perfpred.predict.lowered import seconds_program
from perfpred.predict.related import Relative
from perfpred.program import ArrayFunction, Builder, NotLowerableError, float_function

NAMES = ("m", "n", "k")
RNG = np.random.default_rng(0)
INPUTS = (
    Input("log2(max(m, 0) + 3)", 5.0, 2.0, 2.0, 10.0),
    Input("n % 16 / 16", 0.5, 0.3, 0.0, 0.9375),
    Input("(n % 2 == 0) + (n % 6 == 0)", 0.5, 0.6, 0.0, 2.0),
    Input("k // 3", 4e5, 1.0, 0.0, 5e5),  # a mean far beyond its scale
)
FORMULAS = {
    "posynomial": PosynomialNet(
        ("1", "m*n*k", "m*ceil(n/16)*16*k", "m**3", "k**0.5"),
        RNG.normal(-20, 2, 5),
        INPUTS,
        RNG.normal(size=(4, 4)) * [1, 1, 1, 1e-5],
        RNG.normal(size=4),
        RNG.normal(size=4),
        np.array([0.1, 0.0, -0.2, 0.0]),
        -1.5,
        1.5,
    ),
    "posynomial without a net": PosynomialNet(
        ("1", "m"), [-14.0, -20.0], INPUTS, np.zeros((0, 4)), [], [], np.zeros(4), 0.0, 0.0
    ),
    "relu": ReluNet(INPUTS, RNG.normal(size=(5, 4)), RNG.normal(size=5), RNG.normal(size=5), 2.0, 1e-3),
    "linear": LinearModel(("1", "m*n", "max(m, n, k)", "m%7 - k//5"), [1e-6, 1e-9, 2e-9, 1e-9], 1e-9),
}
FORMULAS["process"] = GaussianProcess(
    ("1", "m*n*k"),
    [-14.0, -22.0],
    INPUTS[:3],
    [0.5, 1.0, 2.0],
    RNG.normal(size=(20, 3)),
    RNG.normal(size=20) / 5,
)
FORMULAS["process without centres"] = GaussianProcess(
    ("1", "m"), [-14.0, -20.0], INPUTS[:1], [1.0], np.zeros((0, 1)), []
)
FORMULAS["related"] = RelatedNets(
    (Relative("relative0", "matmul / other / cpu-1t", FORMULAS["posynomial"]),),
    (
        FORMULAS["posynomial without a net"],
        PosynomialNet(
            ("1", "relative0", "m*n*k"),
            [-14.0, -21.0, -22.0],
            (Input("log2(max(relative0, 10))", 15.0, 5.0, 5.0, 40.0), INPUTS[1]),
            RNG.normal(size=(3, 2)),
            RNG.normal(size=3),
            RNG.normal(size=3),
            np.zeros(2),
            -1.0,
            1.0,
        ),
    ),
)
EDGES = [0.0, 1.0, 15.0, 16.0, 17.0, 0.5, 1e-9, 1e15, 1e60, -1.0, -16.0, -0.5]


def rows(n=500):
    sizes = RNG.integers(1, 2000, (n, 3)).astype(float)
    edges = np.array(np.meshgrid(EDGES, EDGES, EDGES)).reshape(3, -1).T
    return np.vstack([sizes, sizes + RNG.random((n, 3)), edges])


def explained(formula, row):
    """The formula's own seconds, or None where it refuses."""
    try:
        with np.errstate(all="ignore"):
            (time_s,) = formula.seconds({name: np.array([v]) for name, v in zip(NAMES, row, strict=True)})
    except InputError:
        return None
    return float(time_s) if math.isfinite(time_s) else None


@pytest.mark.parametrize("name", FORMULAS)
def test_floats_and_arrays_agree_with_the_formula(name):
    formula = FORMULAS[name]
    program = seconds_program([formula], NAMES)
    on_floats, on_arrays = float_function(program), ArrayFunction(program)
    for row in rows(100):
        expected = explained(formula, row)
        try:
            one = on_floats(*row.tolist())
        except (ArithmeticError, ValueError, TypeError):
            one = None
        many = on_arrays({each: np.array([value]) for each, value in zip(NAMES, row, strict=True)})
        for found in (one, many):
            if found is None:
                continue  # the formula itself answers
            assert expected is not None, row
            assert found[0] == pytest.approx(expected, rel=1e-12), row
        if (row > 0).all() and (row < 1e6).all():
            assert one is not None
            assert many is not None


@pytest.mark.parametrize("name", FORMULAS)
def test_tables_longer_than_a_chunk(name, monkeypatch):
    monkeypatch.setattr("perfpred.program.on_arrays.CHUNK", 64)
    columns = dict(zip(NAMES, RNG.integers(1, 2000, (3, 333)).astype(float), strict=True))
    found = ArrayFunction(seconds_program([FORMULAS[name]], NAMES))(columns)
    np.testing.assert_allclose(found, FORMULAS[name].seconds(columns), rtol=1e-12)


def test_one_bad_row_leaves_a_table_without_an_answer():
    columns = {"m": np.ones(300), "n": np.ones(300), "k": np.ones(300)}
    function = ArrayFunction(seconds_program([FORMULAS["posynomial"]], NAMES))
    assert function(columns) is not None
    columns["m"][299] = 0.0
    assert function(columns) is None


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (Forest((), [0], [0], [0.0], [0], [0], [1.0]), "model type Forest cannot be exported to C"),
        (LinearModel(("m/0",), [1.0], 1.0), None),
        (LinearModel(("1/0",), [1.0], 1.0), "a constant must be finite"),
        (LinearModel(("q",), [1.0], 1.0), "reads 'q', which is no column"),
        (PosynomialNet(("1",), [700.0], (), np.zeros((0, 0)), [], [], [], 0.0, 0.0), "a log coefficient"),
    ],
)
def test_what_has_no_program(formula, message):
    if message is None:
        assert seconds_program([formula], NAMES)
        return
    with pytest.raises(NotLowerableError, match=message):
        seconds_program([formula], NAMES)


def operations(text, **inputs):
    builder = Builder(NAMES, **inputs)
    value = builder.expression(Complexity(text).tree)
    return [each.operation for each in builder.program([value]).instructions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(m*n) + (n*m)", ["input", "input", "*", "+"]),
        ("2*3 - log2(64)", ["constant"]),
        ("m**2", ["input", "*"]),
        ("m**0.5", ["input", "sqrt", "constant", "+"]),
        ("m**n", ["input", "input", "**"]),
        ("m % 16", ["input", "constant", "constant", "*", "floor", "*", "-"]),
        ("m % 6", ["input", "constant", "%"]),
        ("max(n % 16, 0)", ["input", "constant", "constant", "*", "floor", "*", "-"]),
        ("max(m, 0)", ["input", "constant", "max"]),
        ("0 + 1*m - 0", ["constant", "input", "+"]),  # of -0.0 it is 0.0
        ("0 + max(m, 1) - 0", ["input", "constant", "max"]),
    ],
)
def test_what_is_simpler(text, expected):
    assert operations(text) == expected


def test_an_input_that_is_never_negative_needs_no_clipping():
    assert operations("max(m, 0)", non_negative=["m"]) == ["input"]
    assert operations("min(0, m)", non_negative=["m"]) == ["constant"]


def _larger(trees):
    binary = st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!="])
    return st.one_of(
        st.builds("({}{}{})".format, trees, binary, trees),
        st.builds("({} % {})".format, trees, st.sampled_from(["1", "2", "16", "0.25"])),
        st.builds("({} ** {})".format, trees, st.sampled_from(["0", "1", "2", "0.5", "-1"])),
        st.builds("{}({})".format, st.sampled_from(["-", "+", "ceil", "floor", "log2", "sqrt"]), trees),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), trees, trees),
    )


numbers = st.integers(0, 64).map(str) | st.floats(0, 1e3, allow_subnormal=False).map(repr)
expressions = st.recursive(numbers | st.sampled_from(NAMES), _larger, max_leaves=8)
values = st.floats(-1e4, 1e4, allow_subnormal=False) | st.integers(-64, 4096).map(float)


@given(expressions, st.tuples(values, values, values))
def test_any_expression_has_the_same_value(text, row):
    columns = {name: np.array([value]) for name, value in zip(NAMES, row, strict=True)}
    expected = float(Complexity(text)(columns)[0])
    builder = Builder(NAMES)
    try:
        value = builder.expression(Complexity(text).tree)
    except NotLowerableError:
        assume(False)
    program = builder.program([value], finite=[value])
    many = ArrayFunction(program)(columns)
    try:
        one = float_function(program)(*row)
    except (ArithmeticError, ValueError, TypeError):
        one = None
    for found in (one, many):
        assert found is None or found[0] == pytest.approx(expected, rel=1e-12, abs=1e-300)
    if math.isfinite(expected):
        assert many is not None
    bounds = builder.bounds(value)
    if bounds is not None:
        assert bounds[0] <= expected <= bounds[1]


def test_predictors_that_have_answered_can_be_copied():
    from tests.unit.test_store import FORMULAS as STORED
    from tests.unit.test_store import predictor

    before = predictor(STORED["posynomial"])
    answer = before.predict({"m": 5, "mode": "a"})
    before.seconds({"m": [5.0], "mode": ["a"]})
    for after in (pickle.loads(pickle.dumps(before)), copy.deepcopy(before)):
        assert after.predict({"m": 5, "mode": "a"}) == answer
