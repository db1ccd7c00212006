"""Pieces of learning: which rows are one size, what is kept together, what models are given, their scores."""

import math

import numpy as np
import pandas as pd
import pytest

from perfpred.adaptive.stopping import CurvePoint, StoppingRule
from perfpred.combination import Combination
from perfpred.errors import DataWarning, ExpressionError, InputError, UnknownNameError
from perfpred.learn import registry
from perfpred.learn.data_warnings import warn_of
from perfpred.learn.evaluation.scores import scores
from perfpred.learn.evaluation.splitting import changing_together, kept_together, unseen_split
from perfpred.learn.fitting.inputs import expressions, logarithmic
from perfpred.learn.rows.contradictions import contradiction
from perfpred.learn.rows.covering import covering
from perfpred.learn.rows.sizes import Sizes, repeat_noise
from perfpred.learn.source_models import chosen_model, require_learner, source_bank, source_models_of
from perfpred.parallel.pool import run
from perfpred.predict.bank import Bank
from perfpred.predict.prediction import Answers
from perfpred.predict.quantity import QUANTITIES
from perfpred.profile import Profile

KEYS = {"kernel": "spmv", "variant": "eigen", "hardware": "cpu"}
COMBINATION = Combination(*KEYS.values())


def profile(metadata=None, groups=None, **columns):
    """Return the rows of one combination; all columns but the time are parameters."""
    names = tuple(name for name in columns if name != "time_s")
    table = pd.DataFrame({**KEYS, **{"time_s": 1.0}, **columns})
    return Profile(table, names, metadata or {}, groups, None if groups is None else "input")


def test_rows_of_equal_parameters_are_one_size_with_their_median():
    sizes = Sizes.of(profile(n=[1, 2, 1, 1], layout=list("abaa"), time_s=[1.0, 5.0, 4.0, 2.0]))
    assert len(sizes) == sizes.independent == 2 and sizes.of_row.tolist() == [0, 1, 0, 0]
    np.testing.assert_allclose(sizes.time_s, [2.0, 5.0])
    assert sizes.columns["layout"].tolist() == ["a", "b"] and sizes.group_of_row.tolist() == [0, 1, 0, 0]
    few = sizes.take(np.array([1]))
    assert len(few) == 1 and few.of_row.tolist() == [0] and few.X["n"].tolist() == [2]


def test_sizes_of_an_input_belong_together():
    rows = profile(n=[1, 2, 3, 1], groups=["x", "y", "x", "x"])
    sizes = Sizes.of(rows)
    assert (len(sizes), sizes.independent) == (3, 2)
    assert sizes.group_of_row.tolist() == [0, 1, 0, 0]
    assert sizes.take(np.array([1, 2])).groups.tolist() == [0, 1]
    kept = kept_together(rows)
    assert kept.judged_on == "input" and kept.labels.tolist() == [0, 1, 0, 0]


def test_noise_is_how_far_repeats_lie_from_their_median():
    assert math.isnan(repeat_noise(profile(n=[1, 2])))
    times = np.exp([0.1, -0.1, 0.0, 7.0])
    assert repeat_noise(profile(n=[1, 1, 1, 2], time_s=times)) == pytest.approx(0.2 / 3)


def test_columns_that_change_together_name_one_input():
    nnz, tile = [10, 20, 30, 40, 50] * 4, np.repeat([1, 2, 4, 8], 5)
    same = profile(nnz=nnz, rows=[3, 1, 2, 9, 5] * 4, tile=tile)
    assert changing_together(same) == ("nnz", "rows")
    assert kept_together(same).judged_on == "nnz, rows"
    assert changing_together(profile(nnz=nnz, rows=[3, 1, 1, 9, 5] * 4, tile=tile)) == ()
    assert kept_together(profile(nnz=nnz, tile=tile)).judged_on == "sizes"


def test_rows_to_judge_by_are_of_sizes_not_seen():
    kept = kept_together(profile(n=[1, 1, 2, 2, 3, 3, 4, 4]))
    train, test = unseen_split(kept, 4, 0)
    assert not set(kept.labels[train]) & set(kept.labels[test]) and len(train) + len(test) == 8


@pytest.mark.parametrize(
    ("given", "found"),
    [(None, ()), ("m*n", ("m*n",)), (["m", "m", "n"], ("m", "n")), ({"work": "m"}, ("m",)), ({}, ())],
)
def test_expressions_may_be_given_in_three_ways(given, found):
    assert expressions(given, "complexity") == found


def test_what_is_no_expression_is_refused():
    with pytest.raises(InputError, match="features must be a dict of name to expression, but got 3"):
        expressions(3, "features")
    with pytest.raises(ExpressionError):
        expressions("m +", "complexity")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0, 7], "log2(max(n, 0) + 3)"),
        ([0.5, 2], "log2(max(n, 0.5))"),
        ([0, 1], "n"),
        ([-1, 5], "n"),
        ([2.5, 2.5], "n"),
    ],
)
def test_sizes_count_by_their_logarithm(values, text):
    assert logarithmic("n", np.array(values, dtype=float)) == text


def test_the_sizes_that_stand_for_all_hold_the_corners():
    columns = {"n": np.array([1.0] * 50 + [1024.0]), "k": np.ones(51)}
    found = covering(columns, 5, np.random.default_rng(0))
    assert 50 in found and len(set(found)) == 5 and found.tolist() == sorted(found)
    assert len(covering({"k": np.ones(9)}, 4, np.random.default_rng(0))) == 4
    assert len(covering({"k": np.ones(3)}, 9, np.random.default_rng(0))) == 3


def test_times_that_cannot_be_of_one_thing_are_told():
    times = [1.0, 1.01, 2.0, 2.02, 4.0, 40.0]
    rows = profile(n=[1, 1, 2, 2, 3, 3], layout=["x"] * 6, time_s=times)
    said = contradiction(COMBINATION, rows)
    assert said == (
        "spmv / eigen / cpu: 1 size was timed with very different results, such as n=3, layout=x: "
        "4 s and 40 s; a column that tells them apart may be missing"
    )
    assert contradiction(COMBINATION, profile(n=[1, 1], time_s=[1.0, 1.05])) is None
    assert contradiction(COMBINATION, profile(n=[1, 2])) is None


def test_what_the_files_differ_in_is_named():
    parts = [{"cpu": "a", "build": {"flags": flags, "jobs": 1.5}} for flags in ("-O2", "-O3")]
    said = contradiction(COMBINATION, profile({"parts": parts}, n=[1, 1, 2, 2], time_s=[1.0, 9.0, 1.0, 9.0]))
    assert "2 sizes were timed" in said and said.endswith(". The files differ in flags (-O2, -O3)")
    odd = contradiction(COMBINATION, profile({"parts": "x"}, n=[1, 1], time_s=[1.0, 9.0]))
    assert odd.endswith("may be missing")


def test_a_kernel_of_ones_own_and_many_sizes_are_said():
    from dataclasses import replace

    limited = replace(registry.model("gp-c"), max_sizes=2)
    rows = profile(a=[1, 2, 3])
    own = Combination("matmul", "x", "cpu")
    with pytest.warns(DataWarning) as told:
        warn_of([(own, rows)], limited, None)
    texts = [str(each.message) for each in told]
    assert "kernel 'matmul' has parameters a here, and perfpred's of that name has m, n, k" in texts[0]
    assert texts[1] == (
        "matmul / x / cpu: gp-c is fitted to 2 of 3 sizes, chosen to cover them; the others size its interval"
    )
    listed = r"the others size the intervals: spmv / eigen / cpu \(3\); spmv / x / cpu \(3\)"
    with pytest.warns(DataWarning, match=listed):
        warn_of([(COMBINATION, rows), (Combination("spmv", "x", "cpu"), rows)], limited, None)


def test_models_that_learn_from_others_are_asked_for_by_need():
    assert chosen_model(None, None).name == "augmented"
    assert chosen_model(None, Bank([])).transfer is not None
    with pytest.raises(InputError, match=r"model linear-c learns nothing from other models; .* does?$"):
        chosen_model("linear-c", Bank([]))
    with pytest.raises(InputError, match="linear-c and gp-c learn nothing from other models"):
        require_learner([registry.model("linear-c"), registry.model("gp-c")])
    with pytest.raises(InputError, match="model linear-c learns nothing from other models"):
        registry.model("linear-c").make(source_models={"x": None})
    with pytest.raises(UnknownNameError, match="unknown model 'forestc'; did you mean 'forest-c'"):
        registry.model("forestc")
    with pytest.raises(InputError, match="'linear-c'"):
        registry.register(registry.model("linear-c"))


def test_a_bank_without_a_relative_is_refused():
    learner = chosen_model(None, Bank([]))
    assert source_models_of(COMBINATION, ["n"], learner, None) == {}
    assert source_models_of(COMBINATION, ["n"], registry.model("gp-c"), Bank([])) == {}
    reason = r"spmv / eigen / cpu: none of 0 models to learn from is .* parameters n, and"
    with pytest.raises(InputError, match=reason):
        source_models_of(COMBINATION, ["n"], learner, Bank([]))
    bank = Bank([])
    assert source_bank(bank, None) is bank and source_bank(None, bank) is bank
    with pytest.raises(InputError, match="like is an earlier name of transfer_from: give one of them"):
        source_bank(bank, bank)


def answers(value, inside=None, **options):
    """Return answers with intervals of 10% around them."""
    value = np.array(value, dtype=float)
    inside = np.ones(len(value), dtype=bool) if inside is None else np.array(inside)
    return Answers(value, value / 1.1, value * 1.1, inside, **options)


def test_scores_say_error_order_coverage_and_the_worst():
    found = scores(np.array([1.0, 2.0, 4.0, 8.0]), answers([1.05, 2.0, 4.0, 2.0], [True, True, True, False]))
    assert found.mape == pytest.approx((0.05 + 0.75) / 4) and found.median_ape == pytest.approx(0.025)
    assert (found.coverage90, found.within_3x) == (0.75, 0.75)
    assert found.worst_factor == pytest.approx(4) and found.worst_factor_in_range == pytest.approx(1.05)
    assert found.mape_slowest70 == pytest.approx(0.75 / 3) and 0 < found.spearman < 1


def test_what_is_not_defined_is_nan():
    found = scores(np.array([1.0, 1.0]), answers([1.0, 2.0], [False, False]))
    assert math.isnan(found.spearman) and math.isnan(found.worst_factor_in_range)
    with pytest.raises(InputError, match="not time in s"):
        scores(np.array([1.0]), answers([1.0], predicts=QUANTITIES["cycles"]))


@pytest.mark.parametrize("noise", [math.nan, 0.02])
def test_an_error_of_nothing_is_flat(noise):
    reason = StoppingRule().reason([CurvePoint(30 + n, 0.0, noise) for n in range(3)])
    assert reason is not None
    assert StoppingRule().reason([]) is None


def test_jobs_run_in_order_and_in_this_process_where_one_is_enough():
    from joblib import delayed

    class Told:
        seen = ()

        def update(self, done, total, note):
            self.seen = (*self.seen, (done, total))

    told = Told()
    assert run([delayed(abs)(-n) for n in range(3)], 3, 1, told) == [0, 1, 2]
    assert told.seen == ((1, 3), (2, 3), (3, 3)) and run([], 0, -1) == []
    with pytest.raises(InputError, match="n_jobs must not be 0; 1 is this process alone, -1 is one per"):
        run([], 0, 0)
