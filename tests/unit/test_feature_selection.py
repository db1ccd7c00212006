"""Features are chosen by the errors of rows left out, among what kernels offer."""

import numpy as np
import pytest

from perfpred.kernels import KERNELS
from perfpred.kernels.features import candidates, extents_of
from perfpred.learn.estimators.augmented import ENOUGH_TO_SELECT, AugmentedRegressor
from perfpred.learn.fitting.selection import Problem, select
from perfpred.predict.expressions import evaluate

RNG = np.random.default_rng(0)


def sizes(n=200):
    return RNG.integers(1, 500, (n, 2)).astype(float)


def times(x, effect=0.0):
    tail = (x[:, 1] % 16 != 0) * effect
    return (1e-7 + 1e-9 * x[:, 0] * x[:, 1]) * np.exp(tail + 0.01 * RNG.standard_normal(len(x)))


def problem(log_times, inputs):
    log_terms = np.zeros((len(log_times), 1))
    return Problem(log_terms, log_times - log_times.mean(), inputs, 12, 0.1)


def test_a_feature_that_matters_is_found_among_many():
    inputs, many = RNG.standard_normal((150, 1)), RNG.standard_normal((150, 20))
    log_times = 0.3 * inputs[:, 0] + 0.2 * many[:, 7] + 0.01 * RNG.standard_normal(150)
    chosen = select(problem(log_times, inputs), many, np.random.RandomState(0))
    assert 7 in chosen


def test_without_candidates_nothing_is_chosen():
    inputs = RNG.standard_normal((80, 1))
    assert select(problem(inputs[:, 0], inputs), np.empty((80, 0)), np.random.RandomState(0)) == []


def test_the_same_seed_chooses_the_same_and_a_copy_is_not_chosen_twice():
    inputs, many = RNG.standard_normal((120, 1)), RNG.standard_normal((120, 5))
    many = np.column_stack([many, many[:, 2], np.ones(120), np.arange(120) == 3])
    log_times = 0.3 * inputs[:, 0] + 0.2 * many[:, 2]
    first, second = (select(problem(log_times, inputs), many, np.random.RandomState(1)) for _ in range(2))
    assert first == second
    assert 2 in first
    assert not {5, 6, 7} & set(first)  # a copy, a constant, and what differs in one row only


def test_the_estimator_makes_features_of_columns_of_whole_numbers():
    x = sizes()
    net = AugmentedRegressor({"work": "x0*x1"}).fit(x, times(x, 0.4))
    named = [each.expression for each in net.formula_.inputs]
    assert any("x1 %" in text or "x1/" in text for text in named)
    without = AugmentedRegressor({"work": "x0*x1"}, features=()).fit(x, times(x, 0.4))
    assert len(without.formula_.inputs) == 2


def test_few_rows_choose_no_features():
    x = sizes(ENOUGH_TO_SELECT - 1)
    assert len(AugmentedRegressor({"work": "x0*x1"}).fit(x, times(x, 0.4)).formula_.inputs) == 2


def test_only_columns_of_whole_numbers_may_be_extents():
    columns = {
        "n": np.array([1.0, 500.0]),
        "ratio": np.array([0.5, 2.0]),
        "flag": np.array([0.0, 1.0]),
        "small": np.array([1.0, 4.0]),
    }
    assert extents_of(columns) == ("n",)
    assert candidates([]) == {}


@pytest.mark.parametrize("name", KERNELS)
def test_every_candidate_of_a_kernel_is_finite_at_every_size(name):
    known = KERNELS[name]
    drawn = known.draw(50, np.random.default_rng(0))
    smallest = {each.name: each.low for each in known.parameters}
    largest = {each.name: each.high for each in known.parameters}
    rows = [*drawn, smallest, largest]
    columns = {key: np.array([row[key] for row in rows], dtype=float) for key in known.parameter_names}
    for text in known.candidates.values():
        assert np.isfinite(evaluate(text, columns)).all()
