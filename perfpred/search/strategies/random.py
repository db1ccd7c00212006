"""Random sampling without repetition: what every other strategy has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.strategies.base import Shuffled
from perfpred.search.trace import Trace


@dataclass
class RandomSearch(Generic[C]):
    """Proposes candidates in random order."""

    _shuffled: Shuffled[C] = field(default_factory=Shuffled, init=False, repr=False)

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`."""
        proposed: list[C] = []
        while len(proposed) < n:
            candidate = self._shuffled.next(space, trace, rng)
            if candidate is None:
                break
            proposed.append(candidate)
        return proposed
