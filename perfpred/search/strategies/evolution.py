"""Regularised evolution: the best of a few recent candidates is changed a little, and the old die.

Real, Aggarwal, Huang and Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.strategies.base import Shuffled
from perfpred.search.trace import Evaluation, Trace

POPULATION = 20
TOURNAMENT = 5
BATCH = 4


class Evolution(Generic[C]):
    """Mutates winners of tournaments among the last `POPULATION` candidates and the best so far."""

    def __init__(self) -> None:
        self._shuffled: Shuffled[C] = Shuffled()

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`."""
        missing = POPULATION - len(trace)
        wanted = min(n, missing if missing > 0 else BATCH)
        proposed: list[C] = []
        for _ in range(wanted):
            parent = None if missing > 0 else _winner(trace, rng)
            child = None if parent is None else _changed(space, parent, trace, proposed, rng)
            while child is None or child in proposed:
                child = self._shuffled.next(space, trace, rng)
                if child is None:
                    return proposed
            proposed.append(child)
        return proposed


def _winner(trace: Trace[C], rng: np.random.Generator) -> C | None:
    """Return the fastest of a few, drawn from the living; None if none of them has a time."""
    living: list[Evaluation[C]] = list(trace)[-POPULATION:]
    drawn = [living[place] for place in rng.choice(len(living), min(TOURNAMENT, len(living)), replace=False)]
    drawn += [] if trace.best is None else [trace.best]
    contestants = [each for each in drawn[: len(drawn) - int(rng.random() < 0.5)] if each.outcome.ok]
    return min(contestants, key=lambda each: each.outcome.time_s).candidate if contestants else None


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
