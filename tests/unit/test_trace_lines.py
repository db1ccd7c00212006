"""Traces as lines: what was written comes back, and what nobody wrote is refused with its line."""

import io
import json

import numpy as np
import pytest

from perfpred.errors import InputError, PerfpredError
from perfpred.search import Outcome, Recorded, Trace, search, strategy
from perfpred.search.listed import ListedSpace
from perfpred.search.objective import Measured, Predicted
from perfpred.search.trace_lines import LineLog, lines_of, trace_of

ROWS = [(x, text) for x in (16, 32) for text in ("a", "b")]
SPACE = ListedSpace(("x", "layout"), ROWS, lambda chosen: np.array([[x] for x, _ in chosen], dtype=float))
CANDIDATE = {"x": 16, "layout": "a"}
LINE = {"candidate": CANDIDATE, "time_s": 0.5, "status": "ok", "cost_s": 1.0}


def trace_with(*outcomes, unit="s"):
    """Return a trace of the first candidates with these outcomes."""
    trace = Trace(unit)
    for candidate, outcome in zip(ROWS, outcomes, strict=False):
        trace.add(candidate, outcome)
    return trace


@pytest.mark.parametrize("unit", ["s", "J*s"])
def test_a_trace_comes_back_from_its_lines(unit):
    trace = trace_with(
        Outcome(0.5, {"energy_j": 2.0}, cost_s=1.5),
        Outcome.failed("timeout", 9.0, "no end after 9 s"),
        Outcome(0.25, violations={"registers": 3.0}),
        unit=unit,
    )
    found = trace_of(lines_of(trace, SPACE), SPACE, unit)
    assert found.candidates == trace.candidates and found.cost_s == trace.cost_s == 10.5
    np.testing.assert_array_equal(found.values, trace.values)
    outcomes = [each.outcome for each in found]
    assert [each.status for each in outcomes] == ["ok", "timeout", "ok"]
    assert outcomes[1].message == "no end after 9 s" and outcomes[0].metrics == {"energy_j": 2.0}
    assert found.best.candidate == ROWS[0] and not outcomes[2].is_feasible


def test_what_was_proposed_and_not_evaluated_is_pending():
    stream = io.StringIO()
    log = LineLog(stream, SPACE)
    log.proposed(ROWS[0])
    log.proposed(ROWS[0])  # once more, after an interruption
    log.proposed(ROWS[1])
    for each in trace_with(Outcome(1.0)):
        log.evaluated(each)
    found = trace_of(stream.getvalue().splitlines(), SPACE)
    assert found.candidates == [ROWS[0]] and found.pending == (ROWS[1],)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": 3}, "status must be a text, but is 3"),
        ({"time_s": "fast"}, "time_s must be a number, but is 'fast'"),
        ({"time_s": True}, "time_s must be a number, but is True"),
        ({"time_s": 0.0}, "status is ok, and it is NaN elsewhere, but got time_s=0.0, status='ok'"),
        ({"time_s": None}, "time_s > 0 must hold where the status is ok"),
        ({"status": "timeout"}, "but got time_s=0.5, status='timeout'"),
        ({"cost_s": None}, "cost_s must be a number, but is None"),
        ({"cost_s": -1.0}, "cost_s must be finite and >= 0, but is -1.0"),
        ({"metrics": []}, "metrics must be a JSON object, but is []"),
        ({"metrics": {"energy_j": "2"}}, "metrics.energy_j must be a number, but is '2'"),
        ({"violations": {"registers": -1}}, "violation 'registers' must be finite and >= 0, but is -1.0"),
        ({"message": 3}, "message must be a text, but is 3"),
        ({"candidate": {"x": 17, "layout": "a"}}, "the space has no configuration {'x': 17, 'layout': 'a'}"),
        ({"candidate": {"x": 16}}, "a configuration has the parameters x, layout, but is {'x': 16}"),
        ({"candidate": {"x": [16], "layout": "a"}}, "the space has no configuration {'x': [16], 'la"),
        ({"time_s": ...}, "it must hold candidate, time_s, status and cost_s: KeyError('time_s')"),
    ],
)
def test_a_line_that_nobody_wrote_is_refused_with_its_number(change, message):
    line = {key: value for key, value in (LINE | change).items() if value is not ...}
    with pytest.raises(InputError) as caught:
        trace_of([json.dumps(line)], SPACE)
    assert str(caught.value).startswith("line 1 of the trace: ") and message in str(caught.value)


@pytest.mark.parametrize(
    "line",
    ["[1]", "3", '{"proposed": {"x": [16], "layout": "a"}}', '{"proposed": 3}', '{"proposed": {"x": 1}}'],
)
def test_no_line_ends_in_a_traceback(line):
    with pytest.raises(InputError, match=r"^line 1 of the trace: "):
        trace_of([line], SPACE)


def test_numbers_beyond_floats_are_no_values():
    line = json.dumps(LINE).replace("0.5", "1e999")
    with pytest.raises(InputError, match="time_s must be finite, but is 1e999"):
        trace_of([line], SPACE)


def test_a_candidate_is_evaluated_once():
    with pytest.raises(InputError, match="line 2 of the trace: a candidate is evaluated once, but"):
        trace_of([json.dumps(LINE)] * 2, SPACE)
    trace = Trace()
    trace.begin(ROWS[0])
    with pytest.raises(InputError, match="this one is there already"):
        trace.begin(ROWS[0])


def test_a_listed_space_knows_its_own():
    assert (len(SPACE), SPACE.size) == (4, 4)
    assert SPACE.values_of("layout") == ["a", "b"]
    assert set(SPACE.neighbours(ROWS[0], np.random.default_rng(0))) == {(32, "a"), (16, "b")}
    assert SPACE.sample(9, np.random.default_rng(0)) == ROWS
    assert len(set(SPACE.sample(2, np.random.default_rng(0)))) == 2
    assert SPACE.is_legal((16, "b")) and not SPACE.is_legal((16, "c"))
    assert SPACE.from_json(SPACE.to_json(ROWS[2])) == ROWS[2]


def test_a_space_is_of_whole_configurations():
    with pytest.raises(InputError, match="a space needs at least one configuration"):
        ListedSpace(("x",), [], np.array)
    with pytest.raises(InputError, match=r"a configuration has a value for each of x, y, but got \(1,\)"):
        ListedSpace(("x", "y"), [(1, 2), (1,)], np.array)


def test_objectives_say_what_they_cannot():
    recorded = Recorded({ROWS[0]: Outcome(2.0), ROWS[1]: Outcome(1.0)})
    assert recorded.optimum_s == recorded.optimum == 1.0
    with pytest.raises(InputError, match=r"no measurement is recorded of \(32, 'a'\)"):
        recorded.evaluate([ROWS[0], ROWS[2]])
    with pytest.raises(InputError, match="no recorded candidate has a time, so nothing can be searched for"):
        _ = Recorded({ROWS[0]: Outcome.failed("timeout")}).optimum
    assert [each.value for each in Predicted(lambda chosen: np.arange(2) + 1.0).evaluate(ROWS[:2])] == [1, 2]


def test_what_fails_while_it_is_measured_fails_alone():
    def measure(candidate):
        if candidate == ROWS[0]:
            raise PerfpredError("no such tile")
        return 2.0

    ticks = iter(range(10))
    first, second = Measured(measure, clock=lambda: next(ticks)).evaluate(ROWS[:2])
    assert (first.status, first.message, first.cost_s) == ("runtime_error", "no such tile", 1)
    assert (second.value, second.cost_s) == (2.0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budget": 0}, "budget >= 1 must hold, but got 0"),
        ({"budget": 1, "max_pending": 0}, "max_pending >= 1 must hold, but got 0"),
        ({"budget": 1, "trace": Trace("J")}, "a trace in J cannot be continued in s"),
        ({"budget": 1, "initial": [(1, "z")]}, r"an initial candidate must be one of the space, but got \(1"),
    ],
    ids=["budget", "pending", "unit", "initial"],
)
def test_a_search_that_cannot_be_is_refused(arguments, message):
    objective = Recorded({each: Outcome(1.0) for each in ROWS})
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=message):
        search(SPACE, objective, strategy("random").factory(), rng=rng, **arguments)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ({"value": float("nan")}, "a finite value must be there exactly where the status is ok"),
        ({"value": 1.0, "status": "timeout"}, "but got value=1.0, status='timeout'"),
        ({"value": 1.0, "metrics": {"energy_j": float("inf")}}, "metric 'energy_j' must be finite, but"),
        ({"value": 1.0, "violations": {"area": -2.0}}, "violation 'area' must be finite and >= 0"),
        ({"value": 1.0, "cost_s": float("nan")}, "cost_s must be finite and >= 0, but is nan"),
    ],
)
def test_an_outcome_is_a_value_or_a_failure(outcome, message):
    with pytest.raises(InputError, match=message):
        Outcome(**outcome)


def test_a_pareto_front_names_a_metric_that_is_missing():
    trace = trace_with(Outcome(1.0, {"energy_j": 1.0}), Outcome(2.0), Outcome.failed("timeout"))
    assert [each.candidate for each in trace.front()] == [ROWS[0]]
    with pytest.raises(InputError, match=r"there is no metric 'area' of \(16, 'a'\); known: value, energy_j"):
        trace.front(["area"])
    assert Trace().front() == [] and Trace().best is None
    assert trace.best_so_far_s().tolist() == [1.0, 1.0, 1.0] and len(trace.since(-2)) == 2
    with pytest.raises(InputError, match="time_s > 0 must hold where the status is ok, but got 0"):
        trace.add(ROWS[3], Outcome(0.0))
