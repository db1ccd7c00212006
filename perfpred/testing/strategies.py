"""The contract of a search strategy: distinct legal candidates, replayable, to the budget or the true end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np

from perfpred.search import LineLog, Outcome, Predicted, Recorded, Search, Strategy, Trace, search
from perfpred.search.listed import ListedSpace
from perfpred.search.trace_lines import lines_of, trace_of
from perfpred.testing.contract import Rule, check_all, require

Make: TypeAlias = Callable[[], Strategy[Any]]
"""Returns the strategy, new: one object serves one search."""
SIDE = 9
ROWS = [(x, y, kind) for x in range(SIDE) for y in range(SIDE) for kind in ("a", "b")]
"""Candidates of which some fail and one is the best."""
WIDE = [(x, y, z) for x in range(20) for y in range(20) for z in range(4)]
HANDED_OUT = 30
"""Candidates that a sampled space hands out at a time."""


def check_strategy(make: Make) -> None:
    """Check that a strategy searches spaces to their end, never twice, and the same way again.

    Parameters
    ----------
    make : callable
        Returns the strategy, new at each call.

    Raises
    ------
    ContractError
        Naming the rules that it breaks.
    """
    check_all(f"the strategy {type(make()).__name__}", STRATEGY_RULES, make)


class SampledSpace(ListedSpace):
    """A space that hands out 30 candidates at a time."""

    def sample(self, n: int, rng: np.random.Generator) -> Sequence[tuple[Any, ...]]:
        """Return at most 30 candidates."""
        return super().sample(min(n, HANDED_OUT), rng)


class UncountedSpace(SampledSpace):
    """The same, of unknown size."""

    size = None  # type: ignore[assignment]


def small_space() -> ListedSpace:
    """Return the space of `ROWS`."""
    return ListedSpace(("x", "y", "kind"), ROWS, _encode)


def wide_space(kind: type[ListedSpace]) -> ListedSpace:
    """Return a space of 1,600 candidates."""
    return kind(("x", "y", "z"), WIDE, lambda chosen: np.array(chosen, dtype=float))


def outcome(row: tuple[Any, ...]) -> Outcome:
    """Return what becomes of one of `ROWS`: where x equals y it fails."""
    x, y, kind = row
    if x == y:
        return Outcome.failed("runtime_error", cost_s=0.5)
    return Outcome(1e-3 * (1 + (x - 6) ** 2 + (y - 2) ** 2 + 3 * (kind == "b")), cost_s=0.25)


def _encode(rows: Sequence[tuple[Any, ...]]) -> Any:
    return np.array([[x, y, kind == "a"] for x, y, kind in rows], dtype=float)


_OBJECTIVE = Recorded({row: outcome(row) for row in ROWS})


def _wide_values(rows: Sequence[tuple[Any, ...]]) -> Any:
    return np.array([1.0 + x + abs(y - z) for x, y, z in rows])


_WIDE_OBJECTIVE = Predicted(_wide_values)


def _run(make: Make, budget: int = 40, seed: int = 0, **more: Any) -> Trace[Any]:
    rng = np.random.default_rng(seed)
    return search(small_space(), _OBJECTIVE, make(), budget=budget, rng=rng, **more)


def _proposes_distinct_legal_candidates(make: Make) -> None:
    trace = _run(make)
    require(len(trace) == 40, f"of a budget of 40 it used {len(trace)}")
    require(len(set(trace.candidates)) == 40, "a candidate was proposed twice")
    require(set(trace.candidates) <= set(ROWS), "a candidate that is not legal was proposed")


def _repeats_itself(make: Make) -> None:
    require(_run(make).candidates == _run(make).candidates, "two searches with one seed differ")
    require(_run(make).candidates != _run(make, seed=1).candidates, "two seeds make one search")


def _ends_with_the_space(make: Make) -> None:
    few = ListedSpace(("x", "y", "kind"), ROWS[:12], _encode)
    trace = search(few, _OBJECTIVE, make(), budget=99, rng=np.random.default_rng(0))
    require(sorted(trace.candidates) == sorted(ROWS[:12]), f"of 12 candidates it tried {len(trace)}")


def _continues_a_trace(make: Make) -> None:
    before, space = _run(make, budget=15), small_space()
    after = _run(make, budget=30, trace=trace_of(list(lines_of(before, space)), space))
    require(len(after) == 30, f"a trace of 15 was continued to {len(after)}, not 30")
    require(after.candidates[:15] == before.candidates, "what was tried before is forgotten")


def _goes_on_beyond_a_sample(make: Make) -> None:
    for kind in (SampledSpace, UncountedSpace):
        rng = np.random.default_rng(0)
        trace = search(wide_space(kind), _WIDE_OBJECTIVE, make(), budget=200, rng=rng)
        rule = f"of 1600 candidates, handed out {HANDED_OUT} at a time, it tried {len(trace)}, not 200"
        require(len(trace) == 200, f"{rule} ({kind.__name__})")


def _reaches_the_true_end(make: Make) -> None:
    rng = np.random.default_rng(0)
    trace = search(wide_space(SampledSpace), _WIDE_OBJECTIVE, make(), budget=5000, rng=rng)
    require(sorted(trace.candidates) == WIDE, f"of 1600 candidates it tried {len(trace)}")


def _takes_initial_candidates(make: Make) -> None:
    stream, space = io.StringIO(), small_space()
    trace = _run(make, budget=20, initial=ROWS[:3], log=LineLog(stream, space))
    require(trace.candidates[:3] == ROWS[:3], "the initial candidates were not tried first")
    documents = [json.loads(line) for line in stream.getvalue().splitlines()]
    begun = [space.from_json(each["proposed"]) for each in documents if "proposed" in each]
    require(begun == trace.candidates, "not every candidate was written down before it was tried")


def _works_in_parallel(make: Make) -> None:
    trace: Trace[Any] = Trace()
    with ThreadPoolExecutor(4) as pool:
        _run(make, trace=trace, submit=lambda row: pool.submit(outcome, row), max_pending=4)
    require(len(trace) == len(set(trace.candidates)) == 40, "a candidate was tried twice, or too few were")
    require(not trace.pending, "a candidate was left pending")


def _asks_and_tells(make: Make) -> None:
    asked: Search[Any] = Search(small_space(), make(), np.random.default_rng(0))
    while len(asked.trace) < 15:
        candidates = asked.ask(2)
        require(bool(candidates), f"it proposed nothing after {len(asked.trace)} of {len(ROWS)}")
        for candidate in candidates:
            asked.tell(candidate, outcome(candidate))


def _bears_failures(make: Make) -> None:
    nothing = Recorded({row: Outcome.failed("compile_error") for row in ROWS})
    trace = search(small_space(), nothing, make(), budget=25, rng=np.random.default_rng(0))
    require(len(trace) == 25, f"where everything fails it tried {len(trace)} of 25")


STRATEGY_RULES = (
    Rule("it proposes distinct legal candidates up to the budget", _proposes_distinct_legal_candidates),
    Rule("a seed determines the search", _repeats_itself),
    Rule("it ends where the space does", _ends_with_the_space),
    Rule("it continues a trace", _continues_a_trace),
    Rule("the end of a sample is not the end of the space", _goes_on_beyond_a_sample),
    Rule("a sampled space is searched to its end", _reaches_the_true_end),
    Rule("initial candidates come first, and each is written down before", _takes_initial_candidates),
    Rule("several candidates may be evaluated at the same time", _works_in_parallel),
    Rule("it may be asked and told without a loop", _asks_and_tells),
    Rule("it searches where everything fails", _bears_failures),
)
