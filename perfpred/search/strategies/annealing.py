"""Simulated annealing: a walk over neighbours that goes uphill ever less often.

Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing", Science 1983.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.strategies.base import Shuffled
from perfpred.search.strategies.options import require_option
from perfpred.search.trace import Evaluation, Trace


@dataclass
class Annealing(Generic[C]):
    """One candidate at a time, near where the walk stands.

    Parameters
    ----------
    start : int
        Random candidates, >= 1, the best of which the walk starts at.
    hot : float
        The first temperature, > 0: a step that is worse by a factor e**T is taken with probability 1/e.
    cooling : float
        The factor by which the temperature falls every step, in (0, 1].
    stuck : int
        Steps without a new best, >= 1, after which the walk continues from the best.
    """

    start: int = 5
    hot: float = 0.5
    cooling: float = 0.96
    stuck: int = 25
    _shuffled: Shuffled[C] = field(default_factory=Shuffled, init=False, repr=False)
    _at: Evaluation[C] | None = field(default=None, init=False, repr=False)
    _n_seen: int = field(default=0, init=False, repr=False)
    _since_best: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        require_option("annealing", "start >= 1", self.start >= 1, self.start)
        require_option("annealing", "hot > 0", 0 < self.hot < math.inf, self.hot)
        require_option("annealing", "0 < cooling <= 1", 0 < self.cooling <= 1, self.cooling)
        require_option("annealing", "stuck >= 1", self.stuck >= 1, self.stuck)

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`."""
        if len(trace) < self.start:
            wanted = min(n, self.start - len(trace) - len(trace.pending))
            drawn = (self._shuffled.next(space, trace, rng) for _ in range(wanted))
            return [candidate for candidate in drawn if candidate is not None]
        for evaluation in trace.since(self._n_seen):
            self._walk(evaluation, trace, rng)
        self._n_seen = len(trace)
        new = [] if self._at is None else space.neighbours(self._at.candidate, rng)
        new = [candidate for candidate in new if candidate not in trace]
        if new:
            return [new[rng.integers(len(new))]]
        jump = self._shuffled.next(space, trace, rng)
        return [] if jump is None else [jump]

    def _walk(self, step: Evaluation[C], trace: Trace[C], rng: np.random.Generator) -> None:
        """Move to `step` if it is better, or by luck; back to the best if the walk is stuck."""
        best = trace.best
        self._since_best = 0 if step is best else self._since_best + 1
        if self._since_best > self.stuck:
            self._at, self._since_best = best, 0
        if not step.outcome.is_feasible:
            return
        if self._at is None:
            self._at = step
            return
        worse_by = _worse_by(step.outcome.value, self._at.outcome.value)
        temperature = self.hot * self.cooling ** len(trace)
        if worse_by <= 0 or (temperature > 0 and rng.random() < math.exp(-worse_by / temperature)):
            self._at = step


def _worse_by(value: float, than: float) -> float:
    """Return the log ratio of two values, or their difference where one is not > 0."""
    if value > 0 and than > 0:
        return math.log(value / than)
    return value - than
