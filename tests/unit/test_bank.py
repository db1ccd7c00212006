"""Predicting and selecting from a bank made by hand, and what is said of wrong queries."""

import math
from dataclasses import replace

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.bank import Bank
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import LinearModel, PosynomialNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training


def predictor(variant, seconds_a_unit, hardware="cpu-1t", noise=0.02, categories=None):
    parameters = ("m", "n", *(categories or {}))
    return Predictor(
        Combination("matvec", variant, hardware),
        Encoding(parameters, categories or {}),
        LinearModel(("1", "m*n"), (1e-7, seconds_a_unit), 1e-9),
        {"m": Range(1, 100), "n": Range(1, 100)},
        {"work": Range(10, 10000)},
        Interval(math.log(0.9), math.log(1.2)),
        Training("linear-c", 250, "00", noise, {"work": "m*n"}),
    )


BANK = Bank([predictor("fast", 1e-9), predictor("slow", 2e-9), predictor("fast", 0.5e-9, "cpu-2t")])


def test_a_prediction_has_its_interval():
    found = BANK.predict("matvec", variant="fast", hardware="cpu-1t", m=10, n=20)
    assert found.time_s == pytest.approx(3e-7)
    assert (found.low_s, found.high_s) == pytest.approx((2.7e-7, 3.6e-7))
    assert found.in_range
    assert found.reason == "within the range seen in training"


def test_outside_the_range_is_answered_and_said():
    found = BANK.predict("matvec", {"m": 1000, "n": 500}, variant="slow")
    assert not found.in_range
    assert found.reason == (
        "m=1000 is outside the trained range 1..100; n=500 is outside the trained range 1..100"
    )
    assert found.time_s > 0


def test_familiar_sizes_of_unfamiliar_work_are_outside_the_range():
    found = BANK.predict("matvec", {"m": 2, "n": 3}, variant="slow")
    assert found.reason == "work=6 is outside the trained range 10..10000"
    assert not found.in_range


def test_an_unseen_category_is_refused_with_the_nearest():
    bank = Bank([predictor("fast", 1e-9, categories={"layout": ("nchw", "nhwc")})])
    with pytest.raises(InputError, match="unknown value of layout 'chwn'; did you mean 'nchw'"):
        bank.predict("matvec", m=10, n=1, layout="chwn")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"m": 1}, "a value of n is missing"),
        ({"m": 1, "n": 1, "k": 1}, "unknown parameter of matvec 'k'"),
        ({"m": "abc", "n": 1}, "column 'm' must hold numbers"),
        ({"m": math.nan, "n": 1}, "column 'm' must be finite"),
        ({"m": math.inf, "n": 1}, "column 'm' must be finite"),
        ({"m": -1, "n": 1}, "m must be >= 1, but got -1"),
        ({"m": 10**400, "n": 1}, "column 'm' holds a number too large for double precision"),
        ({"m": None, "n": 1}, "column 'm' must "),
        ({"m": [[1.0, 2.0]], "n": 1}, "column 'm' must have one dimension"),
    ],
)
def test_wrong_queries_are_refused(query, message):
    with pytest.raises(InputError, match=message):
        BANK.predict("matvec", query, variant="slow")


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown kernel 'matvek'; did you mean 'matvec'"):
        BANK.predict("matvek", m=1, n=1)
    with pytest.raises(UnknownNameError, match="unknown variant 'fats'; did you mean 'fast'"):
        BANK.predict("matvec", variant="fats", m=1, n=1)
    with pytest.raises(UnknownNameError, match="unknown hardware 'cpu-3t'"):
        BANK.select("matvec", hardware="cpu-3t", m=1, n=1)


def test_an_ambiguous_query_lists_the_candidates():
    with pytest.raises(InputError, match="2 predictors match; say which variant and hardware"):
        BANK.predict("matvec", variant="fast", m=1, n=1)


def test_selection_ranks_by_time_and_says_why():
    found = BANK.select("matvec", m=100, n=100)
    assert [c.label for c in found.ranking] == ["fast on cpu-2t", "fast on cpu-1t", "slow on cpu-1t"]
    assert found.ties == ()
    assert found.reason == "fast on cpu-2t is predicted 1.98x faster than fast on cpu-1t"


def test_what_the_noise_cannot_tell_apart_is_a_tie():
    bank = Bank([predictor("a", 1e-9), predictor("b", 1.01e-9), predictor("c", 1.5e-9)])
    found = bank.select("matvec", m=100, n=100)
    assert [choice.variant for choice in found.ties] == ["b"]
    assert found.reason == "a on cpu-1t is predicted fastest, within the noise of b on cpu-1t"


def test_a_default_is_kept_unless_another_is_clearly_faster():
    bank = Bank([predictor("a", 1e-9), predictor("b", 1.25e-9), predictor("c", 1.5e-9)])
    kept = bank.select("matvec", m=100, n=100, default="b")
    assert kept.best.variant == "b"
    assert kept.ranking[0].variant == "a"
    assert kept.reason == "b on cpu-1t is kept: its interval overlaps that of a on cpu-1t"
    assert bank.select("matvec", m=100, n=100, default="c").best.variant == "a"
    assert bank.select("matvec", m=100, n=100, default="a").best.variant == "a"
    with pytest.raises(UnknownNameError, match="unknown variant 'd'"):
        bank.select("matvec", m=100, n=100, default="d")


def test_rows_of_a_table_are_in_range_or_not():
    one = BANK.find("matvec", "slow")[0]
    assert one.in_range({"m": [10, 1000, 2], "n": [20, 1, 3]}).tolist() == [True, False, False]
    categories = predictor("fast", 1e-9, categories={"layout": ("nchw", "nhwc")})
    assert categories.in_range({"m": [10, 10], "n": [1, 1], "layout": ["nhwc", "x"]}).tolist() == [
        True,
        False,
    ]


def test_selection_can_be_narrowed():
    found = BANK.select("matvec", hardware="cpu-1t", top=1, m=100, n=100)
    assert [choice.variant for choice in found.ranking] == ["fast"]
    with pytest.raises(InputError, match="top must be >= 1, but got 0"):
        BANK.select("matvec", top=0, m=1, n=1)


def test_a_table_is_answered_in_row_order():
    times = BANK.predict_table("matvec", {"m": [10, 1], "n": [20, 1]}, variant="slow")
    assert times.tolist() == pytest.approx([5e-7, 1.02e-7])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"m": [], "n": []}, "there must be at least 1 row to predict, but got 0"),
        ({"m": [1, 2]}, "column 'n' is missing; got m"),
        ({"m": [1, 2], "n": [1]}, "columns must have one length"),
        ({"m": [1, 2, 3], "n": [1, -2, -3]}, "n must be >= 1, but got -2 in row 2"),
        ({"m": [1, 2], "n": [1, math.nan]}, "column 'n' must be finite, but row 2 is nan"),
        ({"m": [1, 2], "n": [1, "x"]}, "column 'n' must hold numbers, but row 2 is 'x'"),
        ({"m": [[1, 2]], "n": [[1, 2]]}, r"column 'm' must have one dimension, but its shape is \(1, 2\)"),
    ],
)
def test_wrong_tables_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        BANK.predict_table("matvec", columns, variant="slow")


def test_a_complexity_that_is_not_positive_is_named():
    net = PosynomialNet(("1", "m - n"), [-14.0, -20.0], (), np.zeros((0, 0)), [], [], [], 0.0, 0.0)
    bank = Bank([replace(predictor("net", 1e-9), formula=net)])
    assert bank.predict("matvec", m=9, n=1).time_s == pytest.approx(math.exp(-14) + 8 * math.exp(-20))
    with pytest.raises(InputError, match=r"complexity 'm - n' must be > 0, but it is -1 \(m=1, n=2\)"):
        bank.predict("matvec", m=1, n=2)
    with pytest.raises(InputError, match="but it is 0 in row 2"):
        bank.predict_table("matvec", {"m": [2, 2], "n": [1, 2]})


@pytest.mark.parametrize("number", [10, 10.0, np.int64(10), np.float32(10), np.array(10.0), "10", True])
def test_any_number_will_do(number):
    expected = BANK.predict("matvec", m=float(number), n=20, variant="slow")
    assert BANK.predict("matvec", m=number, n=20, variant="slow") == expected


def test_quick_and_explained_answers_are_the_same():
    bank = Bank([predictor("fast", 1e-9, categories={"layout": ("nchw", "nhwc")})])
    (only,) = bank
    for query in (
        {"m": 10, "n": 1, "layout": "nchw"},
        {"m": 1, "n": 2, "layout": "nhwc"},
        {"m": 1000, "n": 0.5, "layout": "nchw"},
        {"layout": "nhwc", "n": 2000, "m": 1},
    ):
        assert only.predict(query) == only._prediction(only._explained(query))
        assert only._quick(query) is not None


def test_two_predictors_for_one_combination_are_refused():
    with pytest.raises(InputError, match="two predictors for matvec / fast / cpu-1t"):
        Bank([predictor("fast", 1e-9), predictor("fast", 2e-9)])
