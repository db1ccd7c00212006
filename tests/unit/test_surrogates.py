"""Models that guide searches: what they learn from candidates tried, and from searches made before."""

import numpy as np
import pytest

from perfpred.surrogates.gaussian import (
    MIN_TIMES,
    GaussianSurrogate,
    RefittedProcess,
    probability_of_feasibility,
    winsorize,
)
from perfpred.surrogates.source_task import MIN_KEPT, SourceTask, aligned, rank_correlation
from perfpred.surrogates.strata import first_of_each, strata
from perfpred.surrogates.transfer import DESIGN_QUANTILES, TransferSurrogate

GRID = np.array([[x, y] for x in range(6) for y in (0.0, 1.0)])
TIMES = np.exp(0.3 * GRID[:, 0] + 0.5 * GRID[:, 1])
ALL = np.ones(2, dtype=bool)


def test_a_process_is_sure_where_it_was_and_expects_more_where_it_grows():
    surrogate, tried = GaussianSurrogate(), np.arange(10)
    assert surrogate.initial_design(GRID, [], np.array([])) is None
    [found] = surrogate.posterior(GRID[tried], TIMES[tried], GRID).components
    assert found.weight == 1.0 and found.mean.shape == found.std.shape == (12,)
    assert found.std[tried].max() < found.std[-1]
    assert np.argmin(found.mean) == 0 and rank_correlation(found.mean[tried], np.log(TIMES[tried])) > 0.95


def test_a_candidate_taken_as_measured_is_no_longer_uncertain():
    posterior = GaussianSurrogate().posterior(GRID[:10], TIMES[:10], GRID)
    before = posterior.components[0].std.copy()
    posterior.condition_on(11)
    after = posterior.components[0].std
    assert after[11] < before[11] and (after <= before + 1e-9).all()
    assert posterior.best == pytest.approx(np.log(TIMES[:10]).min())
    assert posterior.loo_log_density.shape == (10,)


@pytest.mark.parametrize(
    ("n", "failed", "ready"), [(MIN_TIMES - 1, 0, False), (MIN_TIMES, 0, True), (12, 3, False)]
)
def test_failures_are_no_times(n, failed, ready):
    time_s = TIMES[:n].copy()
    time_s[:failed] = np.nan
    assert GaussianSurrogate().is_ready(GRID[:n], time_s) is ready


def test_a_process_whose_signal_must_not_vanish_stays_unsure():
    flat = np.full(6, -3.0)
    certain = RefittedProcess().posterior(GRID[:6], flat, GRID, np.ones(12)).components[0]
    unsure = RefittedProcess(min_std=0.5).posterior(GRID[:6], flat, GRID, np.ones(12)).components[0]
    assert unsure.std[-1] > 10 * certain.std[-1]
    np.testing.assert_allclose(unsure.mean, -3.0, atol=1e-6)


def test_what_is_slow_counts_less_but_keeps_its_order():
    logs = np.log(np.array([1.0, 2.0, 3.0, 50.0, 1000.0]))
    found = winsorize(logs)
    assert (np.diff(found) > 0).all() and found[:2].tolist() == logs[:2].tolist()
    assert found[-1] - found[-2] == pytest.approx(0.2 * (logs[-1] - logs[-2]))


def test_what_fails_is_learned_from_the_inputs():
    ok = GRID[:, 1] == 0
    found = probability_of_feasibility(GRID, ok, GRID)
    assert found[ok].min() > 0.9 and found[~ok].max() < 0.1
    for all_same in (np.ones(12, bool), np.zeros(12, bool)):
        assert probability_of_feasibility(GRID, all_same, GRID).tolist() == [1.0] * 12


@pytest.mark.parametrize(
    ("expected", "measured", "correlation"),
    [
        ([1, 2, 3], [2, 4, 9], 1),
        ([1, 2, 3], [9, 4, 2], -1),
        ([1, 1, 1], [1, 2, 3], 0),
        ([1], [2], 0),
        ([1, 2], [5, 5], 0),
    ],
)
def test_rank_correlation_of_what_does_not_vary_is_none(expected, measured, correlation):
    found = rank_correlation(np.array(expected, dtype=float), np.array(measured, dtype=float))
    assert found == pytest.approx(correlation)


@pytest.mark.parametrize(
    ("here", "slope"),
    [(lambda x: x + 5, 1.0), (lambda x: 9 * x, 2.0), (lambda x: -3 * x, 0.0)],
    ids=["shifted", "too-steep", "turned"],
)
def test_another_task_is_aligned_by_a_line_of_slope_near_one(here, slope):
    source = np.linspace(0, 4, 9)
    line = aligned(source, here(source))
    assert line(np.array([2.0]))[0] == pytest.approx(here(2.0))
    assert line(np.array([3.0]))[0] - line(np.array([2.0]))[0] == pytest.approx(slope, abs=0.01)


def test_few_rows_leave_the_slope_near_one():
    line = aligned(np.array([1.0]), np.array([3.0]))
    assert line(np.array([1.0, 2.0])).tolist() == pytest.approx([3.0, 4.0])


def test_a_source_task_uses_shared_inputs_alone():
    task = SourceTask(GRID, np.log(TIMES), np.array([True, False]))
    here = np.array([[2.0, 0.0], [2.0, 99.0]])
    assert len(set(task.log_times(here).tolist())) == 1
    assert task.std == pytest.approx(np.log(TIMES).std()) and task.scales.log_inverse_length.shape == (2,)


def test_predictions_for_many_candidates_are_made_once():
    task, many = SourceTask(GRID, np.log(TIMES), ALL), np.tile(GRID, (MIN_KEPT // len(GRID) + 1, 1))
    first = task.log_times(many)
    assert task.log_times(many) is first
    assert task.log_times(many.copy()) is not first
    np.testing.assert_array_equal(task.log_times(many[:12]), first[:12])


def test_strata_tell_apart_by_inputs_of_few_values():
    assert strata(GRID, 2).tolist() == [0, 1] * 6
    assert len(set(strata(GRID, 6).tolist())) == 12
    assert strata(GRID, 1).tolist() == [0] * 12  # no input is the same everywhere
    order = np.arange(12)[::-1]
    assert first_of_each(strata(GRID, 2), order).tolist() == [11, 10]


def test_the_design_begins_with_the_fastest_elsewhere_and_shows_every_stratum():
    surrogate = TransferSurrogate([SourceTask(GRID, np.log(TIMES), ALL)])
    tried = []
    while (asked := surrogate.initial_design(GRID, tried, TIMES[tried])) is not None:
        tried.append(asked)
    assert tried[0] == 0 and len(set(tried)) == len(tried) >= len(DESIGN_QUANTILES)
    assert {GRID[index, 1] for index in tried} == {0.0, 1.0}
    assert surrogate.is_ready(GRID[tried], TIMES[tried])
    posterior = surrogate.posterior(GRID[tried], TIMES[tried], GRID)
    assert np.argmin(posterior.components[0].mean) == 0


def test_a_task_that_measurements_contradict_is_left():
    turned = SourceTask(GRID, -np.log(TIMES), ALL)
    surrogate = TransferSurrogate([turned], by_strata=False)
    tried = []
    while (asked := surrogate.initial_design(GRID, tried, TIMES[tried])) is not None:
        tried.append(asked)
    assert len(tried) <= 1 + len(DESIGN_QUANTILES)
    assert not surrogate.is_ready(GRID[tried], TIMES[tried])
    assert surrogate.is_ready(GRID[:11], TIMES[:11])
    surrogate.posterior(GRID[:11], TIMES[:11], GRID)
    assert surrogate.kept is None


def test_without_a_new_best_a_finer_stratum_is_tried():
    space = np.array([[x, y] for x in range(4) for y in range(8)], dtype=float)
    log_times = 0.3 * space[:, 1] + 0.1 * space[:, 0]
    surrogate = TransferSurrogate([SourceTask(space, log_times, ALL)])
    tried = []
    while (asked := surrogate.initial_design(space, tried, np.exp(log_times[tried]))) is not None:
        tried.append(asked)
    slow = [*tried, *(index for index in range(31, 20, -1) if index not in tried)]
    assert surrogate.is_ready(space[slow], np.exp(log_times[slow]))
    counts = range(len(tried), len(slow))
    asked = [surrogate.initial_design(space, slow[:n], np.exp(log_times[slow[:n]])) for n in counts]
    finer = [index for index in asked if index is not None]
    assert finer and all(space[index, 1] <= 1 for index in finer)
