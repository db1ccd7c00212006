"""Random sampling without repetition: what every other strategy has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.strategies.base import Shuffled
from perfpred.search.trace import Trace


class RandomSearch(Generic[C]):
    """Proposes candidates in random order."""

    def __init__(self) -> None:
        self._shuffled: Shuffled[C] = Shuffled()

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`."""
        drawn = (self._shuffled.next(space, trace, rng) for _ in range(n))
        return [candidate for candidate in drawn if candidate is not None]
