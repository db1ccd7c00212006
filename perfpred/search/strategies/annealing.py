"""Simulated annealing: a walk over neighbours that goes uphill ever less often.

Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing", Science 1983.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.strategies.base import Shuffled
from perfpred.search.trace import Evaluation, Trace

START = 5
"""Random candidates, the best of which the walk starts at."""
HOT, COOLING = 0.5, 0.96
"""A step that is slower by a factor e**T is taken with probability 1/e; T is multiplied every step."""
STUCK = 25
"""After so many steps without a new best, the walk goes on from the best."""


class Annealing(Generic[C]):
    """One candidate at a time, near where the walk stands."""

    def __init__(self) -> None:
        self._shuffled: Shuffled[C] = Shuffled()
        self._at: Evaluation[C] | None = None
        self._seen = 0
        self._since_best = 0

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`."""
        if len(trace) < START:
            drawn = (self._shuffled.next(space, trace, rng) for _ in range(min(n, START - len(trace))))
            return [candidate for candidate in drawn if candidate is not None]
        for evaluation in list(trace)[self._seen :]:
            self._walk(evaluation, trace, rng)
        self._seen = len(trace)
        new = [] if self._at is None else space.neighbours(self._at.candidate, rng)
        new = [candidate for candidate in new if candidate not in trace]
        if new:
            return [new[rng.integers(len(new))]]
        jump = self._shuffled.next(space, trace, rng)
        return [] if jump is None else [jump]

    def _walk(self, step: Evaluation[C], trace: Trace[C], rng: np.random.Generator) -> None:
        """Move to `step` if it is faster, or by luck; back to the best if the walk is stuck."""
        best = trace.best
        self._since_best = 0 if step is best else self._since_best + 1
        if self._since_best > STUCK:
            self._at, self._since_best = best, 0
        if not step.outcome.ok:
            return
        if self._at is None:
            self._at = step
            return
        slower_by = math.log(step.outcome.time_s / self._at.outcome.time_s)
        temperature = HOT * COOLING ** len(trace)
        if slower_by <= 0 or rng.random() < math.exp(-slower_by / temperature):
            self._at = step
