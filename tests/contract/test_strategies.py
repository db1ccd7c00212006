"""Every registered strategy keeps the contract: distinct legal candidates, replayable, to the end."""

import io
import json
import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.search import (
    STRATEGIES,
    LineLog,
    Measured,
    Outcome,
    Predicted,
    Recorded,
    Trace,
    lines_of,
    search,
    strategy,
    trace_of,
)
from perfpred.search.listed import ListedSpace
from perfpred.surrogates.gaussian import GaussianSurrogate
from perfpred.testing.strategies import ROWS, STRATEGY_RULES, SampledSpace, outcome, small_space, wide_space

SPACE = small_space()
OBJECTIVE = Recorded({row: outcome(row) for row in ROWS})


class Flat:
    """A surrogate that expects the same of all, which costs nothing."""

    @dataclass
    class Posterior:
        mean: np.ndarray
        weight, best = 1.0, 0.0

        def __post_init__(self):
            self.components, self.std, self.p_feasible = (
                [self],
                np.ones(len(self.mean)),
                np.ones(len(self.mean)),
            )

        def condition_on(self, chosen):
            self.std[chosen] = 0.0

    def is_ready(self, x, time_s):
        return len(time_s) >= 10

    def initial_design(self, candidates, tried, time_s):
        return None

    def posterior(self, x, time_s, candidates):
        return self.Posterior(np.zeros(len(candidates)))


def made(name, **options):
    return strategy(name).factory(GaussianSurrogate(), **options)


def small(name):
    """Return a strategy whose model, if it has one, costs little."""
    return strategy(name).factory(Flat(), batch=50, min_batch=50) if name == "model" else made(name)


WIDE_OBJECTIVE = Predicted(lambda chosen: np.array([1.0 + x + abs(y - z) for x, y, z in chosen]))


def run(name, budget=40, seed=0, **more):
    return search(SPACE, OBJECTIVE, made(name), budget=budget, rng=np.random.default_rng(seed), **more)


QUICK = ("_goes_on_beyond_a_sample", "_reaches_the_true_end")
"""Checks of so many evaluations that a model must cost little."""


@pytest.mark.parametrize("rule", STRATEGY_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy(name, rule):
    rule(lambda: small(name) if rule.check.__name__ in QUICK else made(name))


@pytest.mark.parametrize("name", STRATEGIES)
class TestEveryStrategy:
    def test_few_evaluations_draw_few_candidates_where_there_are_too_many_to_count(self, name):
        asked = []

        class Costly(ListedSpace):
            size = None

            def sample(self, n, rng):
                asked.append(n)
                return super().sample(n, rng)

        few = {"pool": 40} if name == "model" else {}
        search(wide_space(Costly), WIDE_OBJECTIVE, made(name, **few), budget=4, rng=np.random.default_rng(0))
        assert sum(asked) <= 80

    def test_what_was_interrupted_is_evaluated_first(self, name):
        stream = io.StringIO()
        whole = run(name, budget=12, log=LineLog(stream, SPACE))
        lines = stream.getvalue().splitlines()
        last = max(place for place, line in enumerate(lines) if "proposed" in line)
        cut = trace_of(lines[: last + 1], SPACE)
        assert cut.pending and cut.pending[-1] == SPACE.from_json(json.loads(lines[last])["proposed"])
        pending = list(cut.pending)
        seen = len(cut)
        after = run(name, budget=20, trace=cut)
        assert after.candidates[seen : seen + len(pending)] == pending
        assert len(after) == 20
        assert whole.candidates[:seen] == after.candidates[:seen]

    def test_evaluates_beside_each_other(self, name):
        most = 0

        def evaluate(candidate):
            nonlocal most
            most = max(most, len(trace.pending))
            return OBJECTIVE.outcomes[candidate]

        trace = Trace()
        with ThreadPoolExecutor(4) as pool:
            run(name, budget=40, trace=trace, submit=lambda row: pool.submit(evaluate, row), max_pending=4)
        assert len(trace) == len(set(trace.candidates)) == 40
        assert not trace.pending
        assert most <= 4

    def test_finds_better_than_the_median(self, name):
        times = [each.time_s for each in OBJECTIVE.outcomes.values() if each.ok]
        assert run(name).best.outcome.time_s < np.median(times)


def test_the_model_finds_the_optimum_and_random_does_not_always():
    ratios = {
        name: [run(name, budget=35, seed=seed).best.outcome.time_s / OBJECTIVE.optimum_s for seed in range(4)]
        for name in ("model", "random")
    }
    assert max(ratios["model"]) == 1
    assert np.mean(ratios["random"]) > 1


def test_the_model_reaches_candidates_outside_a_sampled_pool():
    space = SampledSpace(("x", "y", "kind"), ROWS, SPACE.encode)
    trace = search(space, OBJECTIVE, made("model", pool=30), budget=60, rng=np.random.default_rng(0))
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
    lines = list(lines_of(trace, SPACE))
    assert json.loads(lines[0])["candidate"].keys() == {"x", "y", "kind"}
    assert trace_of(lines, SPACE).best_so_far_s().tolist() == trace.best_so_far_s().tolist()
    assert len(trace_of([*lines[:-1], lines[-1][:20]], SPACE)) == 9


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
        trace_of(lines, SPACE)


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


@pytest.mark.parametrize(("value", "status"), [(math.inf, "ok"), (math.nan, "ok"), (1.0, "timeout")])
def test_an_outcome_has_a_value_exactly_where_it_is_ok(value, status):
    with pytest.raises(InputError, match="a finite value must be there exactly where the status is ok"):
        Outcome(value, status=status)


@pytest.mark.parametrize("time_s", [0.0, -1.0])
def test_seconds_are_positive(time_s):
    with pytest.raises(InputError, match="time_s > 0 must hold"):
        Trace().add(ROWS[0], Outcome(time_s))
    Trace(unit="J").add(ROWS[0], Outcome(time_s))


@pytest.mark.parametrize(
    "wrong", [{"metrics": {"a": math.nan}}, {"violations": {"a": -1.0}}, {"cost_s": -1.0}]
)
def test_figures_of_an_outcome_are_checked(wrong):
    with pytest.raises(InputError, match="must be"):
        Outcome(1.0, **wrong)


def test_what_violates_a_constraint_is_never_the_best():
    trace = Trace("J*s")
    trace.add("light", Outcome(1.0, {"area": 1.0}, {"memory": 2.0}, message="3 KiB too many"))
    trace.add("heavy", Outcome(5.0, {"area": 4.0}))
    trace.add("slow", Outcome(9.0, {"area": 3.0}))
    trace.add("worse", Outcome(9.5, {"area": 3.5}))
    assert trace.best.candidate == "heavy"
    assert trace.best_so_far().tolist() == [math.inf, 5.0, 5.0, 5.0]
    assert [each.candidate for each in trace.front(["value", "area"])] == ["heavy", "slow"]
    with pytest.raises(InputError, match="there is no metric 'energy'"):
        trace.front(["energy"])


def test_every_figure_survives_the_lines():
    trace = Trace("J*s")
    trace.add(ROWS[0], Outcome(-1.5, {"area": 2.0}, {"memory": 1.0}, cost_s=0.5))
    trace.add(ROWS[1], Outcome.failed("timeout", 3.0, "not done within 3 s"))
    again = trace_of(lines_of(trace, SPACE), SPACE, "J*s")
    assert again.since(0)[0] == trace.since(0)[0]
    assert again.since(0)[1].outcome.message == "not done within 3 s"


class Line(ListedSpace):
    """Whole numbers, too many to count."""

    size = None

    def __init__(self):
        super().__init__(("x",), [(0,)], lambda rows: np.array(rows, dtype=float))

    def sample(self, n, rng):
        return [(int(x),) for x in dict.fromkeys(rng.integers(1 << 40, size=n).tolist())]

    def neighbours(self, candidate, rng):
        return [(candidate[0] + int(rng.integers(1, 1 << 20)),), (candidate[0] - 1,)]


class Watched(Trace):
    """A trace that knows how many evaluations a step looked at, and refuses to show all of them."""

    most = 0

    def since(self, index):
        found = super().since(index)
        self.most = max(self.most, len(found))
        return found

    def refuse(self):
        raise AssertionError("a step looks at everything before it")

    __iter__ = refuse
    candidates = values = property(refuse)


@pytest.mark.parametrize("name", [name for name in STRATEGIES if not strategy(name).needs_surrogate])
def test_a_step_takes_as_long_however_many_came_before(name):
    objective = Predicted(lambda rows: np.array([1.0 + abs(x - (1 << 39)) for (x,) in rows]))
    trace, rng = Watched(), np.random.default_rng(0)
    search(Line(), objective, made(name), budget=3_000, rng=rng, trace=trace)
    assert len(trace) == 3_000 and trace.best is not None
    assert trace.most <= 20


def test_options_are_checked():
    with pytest.raises(UnknownNameError, match="did you mean 'population'"):
        made("evolution", populations=3)
    with pytest.raises(InputError, match="1 <= tournament <= population must hold, but got 9"):
        made("evolution", population=4, tournament=9)
    with pytest.raises(InputError, match="option population must be of type int, but is '3'"):
        made("evolution", population="3")
    with pytest.raises(InputError, match="min_batch >= 1"):
        made("model", min_batch=0)
    assert made("annealing", hot=1).hot == 1


def test_a_space_that_can_cross_candidates_does():
    class Crossing(ListedSpace):
        n_crossed = 0

        def crossover(self, one, other, rng):
            Crossing.n_crossed += 1
            child = (one[0], other[1], one[2])
            return child if self.is_legal(child) else None

    space = Crossing(("x", "y", "kind"), ROWS, SPACE.encode)
    chosen = made("evolution", crossover=0.5)
    search(space, OBJECTIVE, chosen, budget=60, rng=np.random.default_rng(0))
    assert Crossing.n_crossed > 5


def test_a_failing_evaluation_elsewhere_ends_the_search_with_its_error():
    def submit(_):
        future = Future()
        future.set_exception(InputError("the machine is gone"))
        return future

    with pytest.raises(InputError, match="the machine is gone"):
        run("random", budget=5, submit=submit)


def test_a_trace_of_another_unit_is_not_continued():
    with pytest.raises(InputError, match="a trace in J cannot be continued in s"):
        run("random", budget=5, trace=Trace("J"))
    with pytest.raises(InputError, match="an initial candidate must be one of the space"):
        run("random", budget=5, initial=[(99, 99, "a")])


def test_spaces_and_names_are_checked():
    with pytest.raises(UnknownNameError, match="did you mean 'random'"):
        strategy("randon")
    with pytest.raises(InputError, match="needs a surrogate"):
        strategy("model").factory(None)
    with pytest.raises(InputError, match="budget >= 1"):
        run("random", budget=0)
    with pytest.raises(InputError, match="at least one configuration"):
        ListedSpace(("x",), [], SPACE.encode)
    with pytest.raises(InputError, match="a value for each of x, y"):
        ListedSpace(("x", "y"), [(1,)], SPACE.encode)
    with pytest.raises(InputError, match="evaluated once"):
        trace = run("random", budget=1)
        trace.add(trace.candidates[0], Outcome(1.0))
    near = SPACE.neighbours((0, 0, "a"), np.random.default_rng(0))
    assert len(near) == 8 + 8 + 1
