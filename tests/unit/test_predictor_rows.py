"""Predictors answer a table as they answer its rows one by one, and say whether each is familiar."""

import math
from dataclasses import replace

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.kernels import kernel
from perfpred.predict.encoding import Encoding
from perfpred.predict.familiar import Familiar
from perfpred.predict.formula import LinearModel
from perfpred.predict.interval import WIDEST, Interval
from perfpred.predict.predictor import Predictor, Range, Training
from perfpred.predict.reading import Reader, UnansweredError, rules_of

SEEN = {"m": np.array([1.0, 4, 16, 64, 64]), "n": np.array([8.0, 8, 8, 64, 64])}


def predictor(**changes):
    """Return a predictor of two sizes, a category of two levels and one constant."""
    made = Predictor(
        Combination("mine", "fast", "cpu"),
        Encoding(("m", "n", "mode", "k"), {"mode": ("a", "b")}),
        LinearModel(("1", "m*n", "mode_b"), (1e-7, 1e-9, 1e-6), 1e-9),
        {"m": Range(1, 64), "n": Range(8, 64), "k": Range(3, 3)},
        {"work": Range(8, 4096)},
        Interval(math.log(0.9), math.log(1.2), (-16.0, -12.0), (2.0, 1.0), 0.3, {"n": 3.0}),
        Training("linear-c", 5, "00", 0.02, {"work": "m*n"}),
        familiar=Familiar.of(SEEN, {"n": (8.0, 64.0)}),
    )
    return replace(made, **changes)


ROWS = [(1, 8), (16, 8), (64, 64), (8, 16), (8, 9), (200, 64), (64, 2000), (1, 64), (1e6, 8)]


def test_a_table_is_answered_as_its_rows_are():
    made = predictor()
    found = made.answers({"m": [m for m, _ in ROWS], "n": [n for _, n in ROWS], "mode": ["a"] * len(ROWS)})
    for index, (m, n) in enumerate(ROWS):
        alone = made.predict({"m": m, "n": n, "mode": "a"})
        assert found.value[index] == pytest.approx(alone.value, rel=1e-12)
        assert found.low[index] == pytest.approx(alone.low, rel=1e-9), (m, n)
        assert found.high[index] == pytest.approx(alone.high, rel=1e-9), (m, n)
        assert bool(found.in_range[index]) is alone.in_range, (m, n, alone.reason)


@pytest.mark.parametrize(
    ("m", "n", "inside", "reason"),
    [
        (16, 8, True, "within the range seen in training"),
        (16, 9, True, "n=9 lies between the 2 values measured"),
        (200, 64, False, "m=200 is outside the trained range 1..64"),
        (1, 64, False, "m/n=0.015625 is outside the trained range"),
    ],
)
def test_a_reason_names_what_training_did_not_see(m, n, inside, reason):
    found = predictor().predict({"m": m, "n": n, "mode": "b"})
    assert found.in_range is inside and found.reason.startswith(reason), found.reason


def test_constants_may_be_left_out_and_other_values_are_out_of_range():
    made = predictor()
    given = {"m": 16, "n": 8, "mode": "a"}
    assert made.constants == {"k": 3} and made.predict(given) == made.predict({**given, "k": 3})
    assert made.predict({**given, "k": 4}).reason == "k=4 is outside the trained range 3..3"
    assert made.in_range({"m": [16, 900], "n": [8, 8], "mode": ["a", "a"]}).tolist() == [True, False]
    assert made.knows({"m": [1, 1], "mode": ["a", "z"]}).tolist() == [True, False]


def test_intervals_widen_between_levels_far_out_and_not_without_end():
    made = predictor().interval
    near, between = made.logs(1e-6), made.logs(1e-6, wider=3.0)
    assert between[1] == pytest.approx(3 * near[1]) and made.logs(1e-6, 1.0)[1] == pytest.approx(
        near[1] + 0.7
    )
    assert made.logs(1e-6, 1e9) == (-WIDEST, WIDEST)
    assert made.logs(1e-9)[1] == 2 * made.log_high and made.logs(1.0)[1] == made.log_high
    assert made.at_median() == (1.5 * made.log_low, 1.5 * made.log_high)
    assert Interval(-0.1, 0.1).at_median() == (-0.1, 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log_low": 0.1}, "Interval: -50 <= log_low <= 0 must hold"),
        ({"log_high": 51.0}, "Interval: 0 <= log_high <= 50 must hold"),
        ({"knots": (1.0,)}, r"Interval: len\(knots\) == len\(scales\) must hold, but got 0"),
        ({"knots": (2.0, 1.0), "scales": (1.0, 1.0)}, "Interval: knots ascend must hold"),
        ({"knots": (1.0,), "scales": (0.0,)}, "Interval: 0 < scales < 1e6 must hold"),
        ({"growth": -1.0}, "Interval: 0 <= growth <= 50 must hold"),
        ({"growth": True}, "Interval: growth is a finite number must hold, but got True"),
        ({"levels": {"n": 0.5}}, "Interval: levels >= 1 must hold"),
    ],
)
def test_an_interval_that_cannot_be_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(Interval(-0.1, 0.1), **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ranges": {"m": Range(1, 2)}}, "every numeric parameter has a range must hold"),
        ({"complexity_ranges": {}}, "every complexity has a range must hold"),
        ({"familiar": Familiar(levels={"mode_a": (0.0, 1.0)})}, "columns of few values are numeric columns"),
        ({"unit": "ms"}, "the unit of quantity 'time_s' must be 's', but is 'ms'"),
    ],
    ids=["ranges", "complexity", "levels", "unit"],
)
def test_parts_that_do_not_belong_together_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        predictor(**change)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"m": [], "n": [], "mode": []}, "there must be at least 1 row to predict, but got 0"),
        ({"m": [1, -1], "n": [8, 8], "mode": ["a", "a"]}, "m must be >= 0, but got -1 in row 2"),
        ({"m": [1], "n": [8], "mode": ["z"]}, "unknown value of mode 'z'"),
        ({"m": [1], "n": [8]}, "mode"),
    ],
    ids=["empty", "negative", "category", "missing"],
)
def test_a_table_that_cannot_be_answered_is_refused(columns, message):
    with pytest.raises(InputError, match=message):
        predictor().answers(columns)


def test_a_reader_fills_in_what_a_query_leaves_out():
    reader = Reader(predictor())
    assert reader.of({"m": "16", "n": 8, "mode": "a", "more": 1}) == {"m": 16.0, "n": 8, "mode": "a", "k": 3}
    assert reader.of({"m": "x", "n": 8, "mode": "a"})["m"] == "x"  # the predictor says what is wrong with it
    with pytest.raises(UnansweredError, match="a value of n, mode is missing"):
        reader.select_from({"m": 1})
    with pytest.raises(UnansweredError, match="unknown value of mode 'c'"):
        reader.select_from({"m": 1, "n": 8, "mode": "c"})
    with pytest.raises(InputError, match="mine / fast / cpu: a value of mode is missing"):
        reader.predict({"m": 1, "n": 8})
    with pytest.raises(InputError, match="unknown parameter of mine 'more'"):
        reader.predict({"m": 1, "n": 8, "mode": "a", "more": 1})
    times = reader.predict_table({"m": [1, 2], "n": [8, 8], "mode": ["a", "b"]})
    assert times.tolist() == pytest.approx([1e-7 + 8e-9, 1e-7 + 16e-9 + 1e-6])


def test_rules_of_a_kernel_hold_where_training_kept_them():
    names = kernel("matvec").parameter_names

    def trained(low):
        return Predictor(
            Combination("matvec", "v", "cpu"),
            Encoding(names, {}),
            LinearModel(("1", "m"), (1e-7, 1e-9), 1e-9),
            dict.fromkeys(names, Range(low, 64)),
            {},
            Interval(-0.1, 0.1),
            Training("linear-c", 5, "00", 0.02, {}),
        )

    assert rules_of(trained(1)) == kernel("matvec").domain
    assert rules_of(trained(0)) == () and rules_of(predictor()) == ()
    with pytest.raises(InputError, match=r"m must be >= 1, but got 0 in row 2"):
        Reader(trained(1)).predict_table({"m": [1, 0], "n": [1, 1]})
