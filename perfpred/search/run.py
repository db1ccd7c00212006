"""The loop of every search: propose, evaluate, remember."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from perfpred.errors import InputError
from perfpred.search.candidates import C, Space
from perfpred.search.objective import Objective
from perfpred.search.strategies.base import Strategy
from perfpred.search.trace import Trace


def search(
    space: Space[C],
    objective: Objective[C],
    strategy: Strategy[C],
    *,
    budget: int,
    rng: np.random.Generator,
    trace: Trace[C] | None = None,
    after_round: Callable[[Trace[C]], bool] | None = None,
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
        What was tried before; it is gone on with, and returned.
    after_round : callable, optional
        Told the trace after every round, to show or store it; the search ends if it returns True, such as
        when `trace.cost_s` is spent.

    Returns
    -------
    Trace
        Shorter than `budget` if the space has no more candidates or `after_round` says so.

    Raises
    ------
    InputError
        If `budget` is less than 1.
    """
    if budget < 1:
        raise InputError(f"budget >= 1 must hold, but got {budget}")
    trace = Trace() if trace is None else trace
    while len(trace) < budget:
        proposed = strategy.propose(space, trace, budget - len(trace), rng)
        if not proposed:
            break
        for candidate, outcome in zip(proposed, objective.evaluate(proposed), strict=True):
            trace.add(candidate, outcome)
        if after_round is not None and after_round(trace):
            break
    return trace
