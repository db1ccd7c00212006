"""Where a space of unknown size ends, and objectives and callers that break the contract of a search."""

import numpy as np
import pytest

from perfpred.errors import InputError
from perfpred.search import Outcome, Search, search, strategy
from perfpred.search.listed import ListedSpace
from perfpred.search.strategies.base import MAX_MISSES, is_exhausted


class Handful(ListedSpace):
    """It does not say how many candidates there are, and hands out few at a time."""

    size = None

    def __init__(self, n):
        super().__init__(("x",), [(x,) for x in range(n)], lambda rows: np.array(rows, float))

    def sample(self, n, rng):
        return [*super().sample(min(n, 30), rng)]


class Answers:
    unit = "s"

    def __init__(self, answer=None):
        self.answer = answer

    def evaluate(self, candidates):
        return [Outcome(1.0 + x % 7) for (x,) in candidates] if self.answer is None else self.answer


def run(name="random", n=1600, objective=None, **options):
    arguments = {"budget": 5000, "rng": np.random.default_rng(0), **options}
    return search(Handful(n), objective or Answers(), strategy(name).factory(), **arguments)


@pytest.mark.parametrize("name", ["random", "evolution", "annealing"])
def test_all_of_a_space_of_unknown_size_is_tried(name):
    assert len(run(name)) == 1600


def test_an_unknown_end_is_taken_for_one_only_after_many_repeats_or_none_at_all():
    assert not is_exhausted(None, 1600, MAX_MISSES, 30 * MAX_MISSES)
    assert is_exhausted(None, 200, MAX_MISSES, 30 * MAX_MISSES)
    assert is_exhausted(None, 1600, MAX_MISSES, 0)
    assert not is_exhausted(None, 0, MAX_MISSES - 1, 0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "one outcome per candidate, but of 3 candidates it returned 0"),
        ([Outcome(1.0)] * 4, "one outcome per candidate, but of 3 candidates it returned 4"),
        ([1.0, 2.0, 3.0], "must be a perfpred.search.Outcome, but is 1.0"),
        (2.0, "one outcome per candidate, but of 3 candidates it returned 1"),
    ],
    ids=["none", "more", "numbers", "a number"],
)
def test_an_objective_that_returns_something_else_is_told(answer, message):
    with pytest.raises(InputError, match=message):
        run(objective=Answers(answer), budget=3)


@pytest.mark.parametrize("budget", [1.5, "7", None, float("nan")])
def test_a_budget_is_a_whole_number(budget):
    with pytest.raises(InputError, match="budget must be a whole number, but got"):
        run(budget=budget)


def test_who_tells_a_number_is_told_what_to_tell():
    asked = Search(Handful(9), strategy("random").factory(), np.random.default_rng(0))
    (candidate,) = asked.ask(1)
    with pytest.raises(InputError, match="Outcome, but is 2"):
        asked.tell(candidate, 2.0)
    asked.tell(candidate, Outcome(2.0))
