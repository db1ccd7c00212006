"""Regularised evolution: the best of a few recent candidates is changed a little, and the old die.

Real, Aggarwal, Huang and Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Crossover, Space
from perfpred.search.strategies.base import Shuffled
from perfpred.search.strategies.options import require_option
from perfpred.search.trace import Trace


@dataclass
class Evolution(Generic[C]):
    """Mutates winners of tournaments among the latest candidates and the best so far.

    Parameters
    ----------
    population : int
        How many of the latest candidates live, >= 2; so many random ones come first.
    tournament : int
        How many of them compete to be a parent, in 1..population.
    batch : int
        Children per round, >= 1.
    crossover : float
        Share of children with two parents, in 0..1, where the space can cross candidates.
    """

    population: int = 20
    tournament: int = 5
    batch: int = 4
    crossover: float = 0.0
    _shuffled: Shuffled[C] = field(default_factory=Shuffled, init=False, repr=False)

    def __post_init__(self) -> None:
        require_option("evolution", "population >= 2", self.population >= 2, self.population)
        in_range = 1 <= self.tournament <= self.population
        require_option("evolution", "1 <= tournament <= population", in_range, self.tournament)
        require_option("evolution", "batch >= 1", self.batch >= 1, self.batch)
        require_option("evolution", "0 <= crossover <= 1", 0 <= self.crossover <= 1, self.crossover)

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`."""
        missing = self.population - len(trace)
        wanted = min(n, missing if missing > 0 else self.batch)
        proposed: list[C] = []
        for _ in range(wanted):
            child = None if missing > 0 else self._child(space, trace, proposed, rng)
            while child is None or child in proposed:
                child = self._shuffled.next(space, trace, rng)
                if child is None:
                    return proposed
            proposed.append(child)
        return proposed

    def _child(
        self, space: Space[C], trace: Trace[C], proposed: Sequence[C], rng: np.random.Generator
    ) -> C | None:
        """Return a child of one parent, or of two; None if no parent, or nothing new, is found."""
        parent = self._winner(trace, rng)
        if parent is None:
            return None
        if self.crossover and isinstance(space, Crossover) and rng.random() < self.crossover:
            other = self._winner(trace, rng)
            crossed: C | None = None if other is None else space.crossover(parent, other, rng)
            if crossed is not None and crossed not in trace and crossed not in proposed:
                return crossed
            parent = parent if crossed is None else crossed
        return _changed(space, parent, trace, proposed, rng)

    def _winner(self, trace: Trace[C], rng: np.random.Generator) -> C | None:
        """Return the best of a few, drawn from the living; None if none of them has a value."""
        living = trace.since(-self.population)
        indices = rng.choice(len(living), min(self.tournament, len(living)), replace=False)
        drawn = [living[index] for index in indices]
        drawn += [] if trace.best is None else [trace.best]
        competing = drawn[: len(drawn) - int(rng.random() < 0.5)]  # half the time, without the best so far
        contestants = [each for each in competing if each.outcome.is_feasible]
        return min(contestants, key=lambda each: each.outcome.value).candidate if contestants else None


def _changed(
    space: Space[C], parent: C, trace: Trace[C], proposed: Sequence[C], rng: np.random.Generator
) -> C | None:
    """Return a neighbour of `parent` that was not tried, else one of a neighbour's; None if there is none."""
    for _ in range(3):
        near = space.neighbours(parent, rng)
        if not near:
            return None
        new = [each for each in near if each not in trace and each not in proposed]
        if new:
            return new[int(rng.integers(len(new)))]
        parent = near[int(rng.integers(len(near)))]
    return None
