"""Choosing sizes: diverse, early at corners, where errors are; and the rule that ends it."""

import math

import numpy as np
import pandas as pd
import pytest

from perfpred.adaptive.committee import Committee
from perfpred.adaptive.sampling import expected_error, first_batch, next_batch
from perfpred.adaptive.stopping import CurvePoint, StoppingRule
from perfpred.errors import InputError
from perfpred.kernels import kernel
from perfpred.learn import registry
from perfpred.learn.estimators.augmented import AugmentedRegressor


def candidates(n=200, seed=0):
    return pd.DataFrame(kernel("matvec").draw(n, np.random.default_rng(seed)))


def committee(table, measured, wrong=lambda table: np.zeros(len(table)), seed=0):
    """Members that are off by noise, and by `wrong` in turn more and less."""
    rng = np.random.default_rng(seed)
    offset = np.asarray(wrong(table))
    sides = np.where(np.arange(10) % 2, 1.0, -1.0)
    log_predictions = 0.003 * rng.standard_normal((10, len(table))) + 0.1 * np.outer(sides, offset)
    residuals = 0.02 * rng.standard_normal(len(measured)) + offset[measured] * rng.choice(
        [-1, 1], len(measured)
    )
    return Committee(np.asarray(measured, dtype=np.intp), log_predictions, residuals)


def nearest(table, chosen):
    """Distance from each candidate to the nearest chosen one, in log sizes."""
    logs = np.log(table.to_numpy(dtype=float) + 3)
    return np.linalg.norm(logs[:, None] - logs[chosen], axis=2).min(axis=1)


def test_the_first_batch_covers_corners_and_small_sizes():
    table = candidates(500)
    chosen = first_batch(table, 30)
    assert len(set(chosen)) == 30
    random = np.random.default_rng(1).choice(len(table), 30, replace=False)
    assert nearest(table, chosen).max() < 0.6 * nearest(table, random).max()
    assert (table.iloc[chosen].min(axis=1) <= 16).sum() >= 6
    smallest, largest = table.min(axis=1).idxmin(), table.prod(axis=1).idxmax()
    assert nearest(table, chosen)[[smallest, largest]].max() < 0.5


@pytest.mark.parametrize("count", [0, 201])
def test_the_first_batch_must_fit_the_candidates(count):
    with pytest.raises(InputError, match=rf"1 <= count <= 200 \(candidates\) .* count={count}"):
        first_batch(candidates(), count)


def test_a_constant_parameter_and_equal_sizes_do_no_harm():
    table = pd.DataFrame({"m": [5] * 40, "n": range(1, 41)})
    assert len(set(first_batch(table, 40))) == 40


def test_a_batch_is_diverse_and_new():
    table = candidates()
    tried = first_batch(table, 30)
    wrong = [
        committee(table, tried, lambda t: 0.4 * np.exp(-((t["m"] - 800) ** 2 + (t["n"] - 800) ** 2) / 3e4))
    ]
    chosen = next_batch(table, wrong, tried, 20)
    assert len(set(chosen)) == 20
    assert not set(chosen) & set(tried)
    logs = np.log(table.iloc[chosen].to_numpy(dtype=float) + 3)
    apart = np.linalg.norm(logs[:, None] - logs, axis=2) + np.where(np.eye(20), np.inf, 0)
    naive = np.argsort(-wrong[0].deviations.var(axis=0))[:20]
    naive_logs = np.log(table.iloc[naive].to_numpy(dtype=float) + 3)
    naive_apart = np.linalg.norm(naive_logs[:, None] - naive_logs, axis=2) + np.where(np.eye(20), np.inf, 0)
    assert np.median(apart.min(axis=1)) > 1.2 * np.median(naive_apart.min(axis=1))


def test_a_batch_goes_where_models_are_wrong():
    table = candidates()
    tried = first_batch(table, 30)
    chosen = next_batch(table, [committee(table, tried, lambda t: 0.4 * (t["n"] < 200))], tried, 10)
    assert (table.iloc[chosen]["n"] < 200).mean() > 2 * (table["n"] < 200).mean()


def test_combinations_add_up():
    """One combination is wrong for small n, the other for small m: a common batch serves both."""
    table = candidates()
    tried = first_batch(table, 30)
    both = [
        committee(table, tried, lambda t: 0.4 * (t["n"] < 150)),
        committee(table, tried, lambda t: 0.4 * (t["m"] < 150), seed=1),
    ]
    sizes = table.iloc[next_batch(table, both, tried, 20)]
    assert (sizes["n"] < 150).mean() > 1.5 * (table["n"] < 150).mean()
    assert (sizes["m"] < 150).mean() > 1.5 * (table["m"] < 150).mean()


def test_the_same_arguments_give_the_same_batch():
    table = candidates()
    tried = first_batch(table, 30)
    one, two = (next_batch(table, [committee(table, tried)], tried, 5) for _ in range(2))
    assert one == two


def test_the_last_candidates_are_a_smaller_batch():
    table = candidates(40)
    tried = first_batch(table, 35)
    rest = next_batch(table, [committee(table, tried)], tried, 20)
    assert sorted(rest) == sorted(set(range(40)) - set(tried))


def test_what_cannot_be_chosen_is_an_error():
    table = candidates(40)
    with pytest.raises(InputError, match="count >= 1 and at least 1 committee"):
        next_batch(table, [], [], 5)
    with pytest.raises(InputError, match="count >= 1"):
        next_batch(table, [committee(table, [0, 1])], [0, 1], 0)


def test_the_expected_error_is_over_candidates_not_over_measured_rows():
    """Most measured rows are hard ones, a tenth of the candidates is hard."""
    table = candidates(400)
    hard = (table["n"] < 100).to_numpy()
    measured = np.concatenate([np.flatnonzero(hard)[:30], np.flatnonzero(~hard)[:30]])
    found = committee(table, measured, lambda t: 0.3 * (t["n"] < 100))
    assert np.abs(found.log_residuals).mean() > 0.14
    assert expected_error(table, found) < 0.10


def test_a_committee_of_nets_disagrees_more_where_it_has_seen_nothing():
    table = candidates()
    m, n = table.to_numpy(dtype=float).T
    small = np.flatnonzero(n < 250)[:40]
    noise = np.exp(0.03 * np.random.default_rng(0).standard_normal(len(table)))
    time_s = (1e-7 + 1e-10 * m * n**1.1) * noise
    model = AugmentedRegressor({"work": "m*n"}, independent_folds=True)
    found = Committee.fit(model, table, small, time_s[small])
    deviation = found.deviations.std(axis=0)
    assert np.median(deviation[n > 800]) > np.median(deviation[small])
    assert 0 < np.abs(found.log_residuals).mean() < 0.1
    again = Committee.fit(model, table, small, time_s[small])
    assert (again.log_predictions == found.log_predictions).all()


def test_a_committee_needs_rows():
    with pytest.raises(InputError, match="at least 4 measured rows, but got 3"):
        Committee.fit(registry.model("linear-c").make(), candidates(), np.arange(3), np.ones(3))


def curve(*errors, noise=0.01):
    return [CurvePoint(30 + 20 * place, error, noise) for place, error in enumerate(errors)]


def test_it_goes_on_while_errors_fall():
    assert StoppingRule().reason([]) is None
    assert StoppingRule().reason(curve(0.2, 0.15, 0.11, 0.08, 0.06)) is None


def test_one_batch_in_vain_does_not_end_it():
    assert StoppingRule(patience=2).reason(curve(0.2, 0.1, 0.12)) is None
    assert StoppingRule(patience=2).reason(curve(0.2, 0.1, 0.12, 0.08)) is None


def test_a_flat_curve_the_noise_and_the_maximum_end_it():
    assert "the last 2 batches" in StoppingRule(patience=2).reason(curve(0.2, 0.10, 0.099, 0.098))
    assert "is near the noise" in StoppingRule().reason(curve(0.2, 0.007))
    assert "maximum of 50" in StoppingRule(max_rows=50).reason(curve(0.2, 0.1))
    assert StoppingRule().reason(curve(0.2, 0.007, noise=math.nan)) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_rows": 0}, "max_rows must be >= 1, but got 0"),
        ({"tolerance": 1.0}, r"tolerance must be in 0..1, but got 1.0"),
        ({"tolerance": math.nan}, "tolerance must be"),
        ({"patience": 0}, "patience must be >= 1"),
        ({"near_noise": -1.0}, "near_noise must be >= 0"),
    ],
)
def test_a_wrong_rule_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        StoppingRule(**change)
