"""The loop of every search: ask, evaluate, tell. `Search` is the same without the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeAlias

import numpy as np

from perfpred.errors import InputError
from perfpred.search.candidates import C, Space
from perfpred.search.objective import Objective
from perfpred.search.outcome import Outcome
from perfpred.search.strategies.base import Strategy
from perfpred.search.trace import Evaluation, Trace

Submit: TypeAlias = Callable[[C], "Future[Outcome]"]
"""Starts evaluating a candidate somewhere else, such as in a pool of processes."""
AfterRound: TypeAlias = Callable[[Trace[C]], bool]


class SearchLog(Protocol[C]):
    """Where a search is written down, so that it can be continued after whatever ends it."""

    def proposed(self, candidate: C) -> None:
        """Take in that a candidate is about to be evaluated."""

    def evaluated(self, evaluation: Evaluation[C]) -> None:
        """Take in what became of it."""


@dataclass
class Search(Generic[C]):
    """A search that somebody else evaluates: ask for candidates, tell what became of them.

    Parameters
    ----------
    space, strategy
        What to choose from, how to choose.
    rng : Generator
        Source of all randomness.
    trace : Trace
        What was tried; what is pending there was interrupted, and is asked for first.
    initial : iterable of candidates
        Those to try before the strategy is asked; legal ones that were not tried yet.
    log : SearchLog, optional

    Raises
    ------
    InputError
        If an initial candidate is not legal.

    Examples
    --------
    ::

        search = Search(space, strategy("evolution").factory(), np.random.default_rng(0))
        for candidate in search.ask(4):
            search.tell(candidate, Outcome(measure(candidate)))
        search.trace.best
    """

    space: Space[C]
    strategy: Strategy[C]
    rng: np.random.Generator
    trace: Trace[C] = field(default_factory=Trace)
    initial: Iterable[C] = ()
    log: SearchLog[C] | None = None
    _first: list[C] = field(default_factory=list, init=False, repr=False)
    _interrupted: list[C] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._interrupted = list(self.trace.pending)
        for candidate in dict.fromkeys(self.initial):
            if not self.space.is_legal(candidate):
                raise InputError(f"an initial candidate must be one of the space, but got {candidate}")
            if candidate not in self.trace:
                self._first.append(candidate)

    def ask(self, n: int) -> list[C]:
        """Return at most `n` candidates to evaluate, now pending; none if there are no more."""
        again, self._interrupted = self._interrupted[:n], self._interrupted[n:]
        if again:
            return again  # written down already
        asked, self._first = self._first[:n], self._first[n:]
        if not asked:
            asked = list(self.strategy.propose(self.space, self.trace, n, self.rng))
        for candidate in asked:
            self.trace.begin(candidate)
            if self.log is not None:
                self.log.proposed(candidate)
        return asked

    def tell(self, candidate: C, outcome: Outcome) -> None:
        """Take in what became of a candidate, asked for or not.

        Raises
        ------
        InputError
            If that is no `Outcome`, or the candidate was evaluated already.
        """
        if not isinstance(outcome, Outcome):
            raise InputError(f"a candidate's outcome must be a perfpred.search.Outcome, but is {outcome!r}")
        self.trace.add(candidate, outcome)
        if self.log is not None:
            self.log.evaluated(self.trace.since(-1)[0])


def search(  # noqa: PLR0913 - keywords of one call, most of them optional
    space: Space[C],
    objective: Objective[C],
    strategy: Strategy[C],
    *,
    budget: int,
    rng: np.random.Generator,
    trace: Trace[C] | None = None,
    initial: Iterable[C] = (),
    log: SearchLog[C] | None = None,
    submit: Submit[C] | None = None,
    max_pending: int = 1,
    after_round: AfterRound[C] | None = None,
) -> Trace[C]:
    """Try at most `budget` candidates and return all that was tried.

    Parameters
    ----------
    space, objective, strategy
        What to choose from, what a candidate is worth, how to choose.
    budget : int
        Evaluations, >= 1, failed ones and those already in `trace` included.
    rng : Generator
        Source of all randomness.
    trace : Trace, optional
        What was tried before; it is continued, and returned. What is pending in it is evaluated first.
    initial : iterable of candidates
        Candidates to try before the strategy is asked.
    log : SearchLog, optional
        Told of every candidate before and after it is evaluated.
    submit : callable, optional
        From a candidate to a future of its outcome. With it, up to `max_pending` candidates are evaluated
        at the same time, and the strategy is asked as soon as one ends, knowing what is pending;
        `objective` then only says the unit.
    max_pending : int
        Candidates evaluated at the same time through `submit`, >= 1.
    after_round : callable, optional
        Given the trace after every round, to show or store it; the search ends if it returns True, such as
        when `trace.cost_s` is spent.

    Returns
    -------
    Trace
        Shorter than `budget` if the space has no more candidates or `after_round` says so.

    Raises
    ------
    InputError
        If `budget` or `max_pending` is not a whole number >= 1, an initial candidate is not legal, the trace
        has another unit than the objective, or the objective does not return one `Outcome` per candidate.
    """
    for name, value in (("budget", budget), ("max_pending", max_pending)):
        if not isinstance(value, int | np.integer):
            raise InputError(f"{name} must be a whole number, but got {value!r}")
        if value < 1:
            raise InputError(f"{name} >= 1 must hold, but got {value}")
    trace = Trace(objective.unit) if trace is None else trace
    if trace.unit != objective.unit:
        raise InputError(f"a trace in {trace.unit} cannot be continued in {objective.unit}")
    asked = Search(space, strategy, rng, trace, initial, log)
    if submit is None:
        _in_batches(asked, objective, budget, after_round)
    else:
        _beside_each_other(asked, submit, max_pending, budget, after_round)
    return trace


def _in_batches(
    asked: Search[C], objective: Objective[C], budget: int, after_round: AfterRound[C] | None
) -> None:
    trace = asked.trace
    while len(trace) < budget:
        candidates = asked.ask(budget - len(trace))
        if not candidates:
            return
        _tell_all(asked, candidates, objective.evaluate(candidates))
        if after_round is not None and after_round(trace):
            return


def _tell_all(asked: Search[C], candidates: Sequence[C], outcomes: Sequence[Outcome]) -> None:
    told = list(outcomes) if isinstance(outcomes, Iterable) else [outcomes]
    if len(told) != len(candidates):
        rule = "an objective must return one outcome per candidate"
        raise InputError(f"{rule}, but of {len(candidates)} candidates it returned {len(told)}")
    for candidate, outcome in zip(candidates, told, strict=True):
        asked.tell(candidate, outcome)


def _beside_each_other(
    asked: Search[C],
    submit: Submit[C],
    max_pending: int,
    budget: int,
    after_round: AfterRound[C] | None,
) -> None:
    """Keep `max_pending` evaluations going; on an end ahead of time, wait for those that were begun."""
    trace = asked.trace
    running: dict[Future[Outcome], C] = {}
    ended = False
    while True:
        while not ended and len(running) < max_pending and len(trace) + len(running) < budget:
            wanted = min(max_pending - len(running), budget - len(trace) - len(running))
            candidates = asked.ask(wanted)
            if not candidates:
                break
            running.update({submit(candidate): candidate for candidate in candidates})
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in [each for each in running if each in done]:
            asked.tell(running.pop(future), future.result())
        ended = ended or (after_round is not None and after_round(trace))
