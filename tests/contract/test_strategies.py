"""Every registered strategy keeps the contract: distinct legal candidates, replayable, to the end."""

import json

import numpy as np
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.learn.surrogate import GaussianSurrogate
from perfpred.search import STRATEGIES, Measured, Outcome, Predicted, Recorded, Trace, search, strategy
from perfpred.search.listed import ListedSpace

SIDE = 9
ROWS = [(x, y, kind) for x in range(SIDE) for y in range(SIDE) for kind in ("a", "b")]


def encode(rows):
    return np.array([[x, y, kind == "a"] for x, y, kind in rows], dtype=float)


def outcome(row):
    x, y, kind = row
    if x == y:
        return Outcome.failed("runtime_error", cost_s=0.5)
    return Outcome(1e-3 * (1 + (x - 6) ** 2 + (y - 2) ** 2 + 3 * (kind == "b")), cost_s=0.25)


SPACE = ListedSpace(("x", "y", "kind"), ROWS, encode)
OBJECTIVE = Recorded({row: outcome(row) for row in ROWS})


class Sampled(ListedSpace):
    """A space too large to list: its pool is a sample, so neighbours matter."""

    def pool(self, n, rng):
        return super().pool(min(n, 30), rng)


def made(name):
    return strategy(name).factory(GaussianSurrogate())


def run(name, budget=40, seed=0, **more):
    return search(SPACE, OBJECTIVE, made(name), budget=budget, rng=np.random.default_rng(seed), **more)


@pytest.mark.parametrize("name", STRATEGIES)
class TestEveryStrategy:
    def test_proposes_distinct_legal_candidates_within_the_budget(self, name):
        trace = run(name)
        assert len(trace) == len(set(trace.candidates)) == 40
        assert all(SPACE.is_legal(candidate) for candidate in trace.candidates)

    def test_same_seed_same_trace(self, name):
        assert run(name).candidates == run(name).candidates
        assert run(name).candidates != run(name, seed=1).candidates

    def test_ends_with_the_space(self, name):
        few = ListedSpace(("x", "y", "kind"), ROWS[:12], encode)
        trace = search(few, OBJECTIVE, made(name), budget=99, rng=np.random.default_rng(0))
        assert sorted(trace.candidates) == sorted(ROWS[:12])

    def test_goes_on_from_a_trace(self, name):
        before = run(name, budget=15)
        lines = list(before.lines(SPACE))
        after = run(name, budget=30, trace=Trace.from_lines(lines, SPACE))
        assert len(after) == 30
        assert after.candidates[:15] == before.candidates

    def test_finds_better_than_the_median(self, name):
        times = [each.time_s for each in OBJECTIVE.outcomes.values() if each.ok]
        assert run(name).best.outcome.time_s < np.median(times)

    def test_searches_where_everything_fails(self, name):
        nothing = Recorded({row: Outcome.failed("compile_error") for row in ROWS})
        trace = search(SPACE, nothing, made(name), budget=25, rng=np.random.default_rng(0))
        assert len(trace) == 25
        assert trace.best is None
        assert np.isinf(trace.best_so_far_s()).all()


def test_the_model_finds_the_optimum_and_random_does_not_always():
    ratios = {
        name: [run(name, budget=35, seed=seed).best.outcome.time_s / OBJECTIVE.optimum_s for seed in range(4)]
        for name in ("model", "random")
    }
    assert max(ratios["model"]) == 1
    assert np.mean(ratios["random"]) > 1


def test_the_model_reaches_candidates_outside_a_sampled_pool():
    space = Sampled(("x", "y", "kind"), ROWS, encode)
    trace = search(space, OBJECTIVE, made("model"), budget=60, rng=np.random.default_rng(0))
    assert trace.best.outcome.time_s == OBJECTIVE.optimum_s
    assert len(trace) == 60


def test_the_model_says_what_more_runs_would_bring():
    chosen = made("model")
    trace = search(SPACE, OBJECTIVE, chosen, budget=9, rng=np.random.default_rng(0))
    assert np.isnan(chosen.expected_gain(trace, 20))
    trace = search(SPACE, OBJECTIVE, chosen, budget=14, rng=np.random.default_rng(0), trace=trace)
    early = chosen.expected_gain(trace, 20)
    trace = search(SPACE, OBJECTIVE, chosen, budget=100, rng=np.random.default_rng(0), trace=trace)
    late = chosen.expected_gain(trace, 20)
    assert 0 <= late < early < 1


def test_a_round_may_be_the_last():
    trace = run("random", after_round=lambda trace: trace.cost_s > 3)
    assert trace.cost_s > 3
    assert len(trace) == 40  # random proposes all at once
    trace = run("annealing", after_round=lambda trace: trace.cost_s > 3)
    assert 3 < trace.cost_s <= 4.5


def test_trace_survives_json_and_a_cut_line():
    trace = run("random", budget=10)
    lines = list(trace.lines(SPACE))
    assert json.loads(lines[0])["candidate"].keys() == {"x", "y", "kind"}
    assert Trace.from_lines(lines, SPACE).best_so_far_s().tolist() == trace.best_so_far_s().tolist()
    assert len(Trace.from_lines([*lines[:-1], lines[-1][:20]], SPACE)) == 9


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{", "{}"], "line 1 of the trace is not JSON"),
        (["{}"], "line 1 of the trace: it must hold candidate, time_s, status and cost_s"),
        (
            ['{"candidate": {"x": 1}, "time_s": 1, "status": "ok", "cost_s": 0}'],
            "has the parameters x, y, kind",
        ),
        (
            ['{"candidate": {"x": 99, "y": 1, "kind": "a"}, "time_s": 1, "status": "ok", "cost_s": 0}'],
            "the space has no configuration",
        ),
        (
            ['{"candidate": {"x": 1, "y": 2, "kind": "a"}, "time_s": null, "status": "ok", "cost_s": 0}'],
            "time_s > 0 must hold where the status is ok",
        ),
    ],
)
def test_a_bad_trace_is_refused_with_its_line(lines, message):
    with pytest.raises(InputError, match=message):
        Trace.from_lines(lines, SPACE)


def test_objectives():
    def measure(row):
        if row[0] == 0:
            raise InputError("it does not run")
        return 2.0

    ticks = iter(range(10))
    good, bad = Measured(measure, clock=lambda: float(next(ticks))).evaluate([ROWS[-1], ROWS[0]])
    assert (good.time_s, good.cost_s) == (2.0, 1.0)
    assert (bad.status, bad.cost_s) == ("runtime_error", 1.0)
    assert Predicted(lambda rows: np.full(len(rows), 0.5)).evaluate(ROWS[:2]) == [Outcome(0.5)] * 2
    with pytest.raises(InputError, match="no measurement is recorded of"):
        OBJECTIVE.evaluate([(99, 99, "a")])
    with pytest.raises(InputError, match="no recorded candidate has a time"):
        _ = Recorded({ROWS[0]: Outcome.failed("timeout")}).optimum_s


@pytest.mark.parametrize(
    ("time_s", "status"), [(0.0, "ok"), (-1.0, "ok"), (float("inf"), "ok"), (1.0, "timeout")]
)
def test_an_outcome_has_a_time_exactly_where_it_is_ok(time_s, status):
    with pytest.raises(InputError, match="time_s > 0 must hold"):
        Outcome(time_s, status)


def test_spaces_and_names_are_checked():
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        strategy("randon")
    with pytest.raises(InputError, match="needs a surrogate"):
        strategy("model").factory(None)
    with pytest.raises(InputError, match="budget >= 1"):
        run("random", budget=0)
    with pytest.raises(InputError, match="at least one configuration"):
        ListedSpace(("x",), [], encode)
    with pytest.raises(InputError, match="a value for each of x, y"):
        ListedSpace(("x", "y"), [(1,)], encode)
    with pytest.raises(InputError, match="evaluated once"):
        trace = run("random", budget=1)
        trace.add(trace.candidates[0], Outcome(1.0))
    near = SPACE.neighbours((0, 0, "a"), np.random.default_rng(0))
    assert len(near) == 8 + 8 + 1
