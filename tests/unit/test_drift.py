"""A campaign whose machine changes speed is brought back to one speed; disturbances are left alone."""

import numpy as np
import pytest

from perfpred.measure.drift import STRETCH, without_drift
from perfpred.measure.timing import estimate


def campaign(speed, n_rows=100, n_rounds=24, disturbed=0.1, seed=0):
    """Shuffled rounds of rows of 1..n ms; `speed(x)` is the machine's, x from 0 to 1 over the campaign."""
    rng = np.random.default_rng(seed)
    times, order, place = [[] for _ in range(n_rows)], [[] for _ in range(n_rows)], 0
    for _ in range(n_rounds):
        for row in rng.permutation(n_rows):
            jitter = 1 + 0.005 * abs(rng.normal()) + (rng.random() < disturbed) * rng.exponential(2)
            times[row].append(1e-3 * (row + 1) * jitter * speed(place / (n_rows * n_rounds)))
            order[row].append(place)
            place += 1
    return times, order


def spread(times):
    """How far the estimates' ratios to the true times differ from each other."""
    ratio = np.array([estimate(each).time_s for each in times]) / (1e-3 * np.arange(1, len(times) + 1))
    return ratio.std() / ratio.mean()


def noise(times):
    return np.mean([estimate(each).noise for each in times])


def test_a_drifting_speed_is_divided_out():
    times, order = campaign(lambda x: 1 + 0.05 * np.sin(12 * x))
    steady = without_drift(times, order)
    assert noise(steady) < 0.6 * noise(times)
    assert spread(steady) < 0.006


def test_a_steady_machine_is_left_as_it_is():
    times, order = campaign(lambda _: 1.0)
    steady = without_drift(times, order)
    assert np.concatenate(steady) == pytest.approx(np.concatenate(times), rel=0.01)


def test_the_speed_kept_is_that_of_fast_stretches():
    times, order = campaign(lambda x: 1.0 if x < 0.4 else 1.08, disturbed=0)
    fastest = [estimate(each).time_s for each in without_drift(times, order)]
    assert fastest == pytest.approx(1e-3 * np.arange(1, 101), rel=0.015)


def test_a_disturbed_stretch_is_not_taken_for_a_slow_one():
    times, order = campaign(lambda x: 3.0 if 0.5 < x < 0.7 else 1.0, disturbed=0)
    steady = without_drift(times, order)
    assert max(max(each) for each in steady) > 0.25
    assert spread(steady) < 0.006


def test_a_short_campaign_comes_back_as_it_is():
    times, order = campaign(lambda x: 1 + x, n_rows=5, n_rounds=4)
    assert len(times) * 4 < STRETCH
    np.testing.assert_allclose(np.concatenate(without_drift(times, order)), np.concatenate(times))


def test_nothing_in_nothing_out():
    assert without_drift([], []) == []
