"""What a strategy is: from what was tried to what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.trace import Trace

POOL = 20_000
"""Candidates looked at together; a larger space is sampled."""


class Strategy(Protocol[C]):
    """Proposes candidates. One object serves one search; all it must know is in the trace."""

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return at most `n` distinct legal candidates that are not in `trace`; none if there are no more.

        A strategy that learns from each result proposes fewer than `n` at a time.
        """


class Shuffled(Generic[C]):
    """Candidates in random order, each handed out once: where random ones come from."""

    def __init__(self) -> None:
        self._left: list[C] | None = None

    def next(self, space: Space[C], trace: Trace[C], rng: np.random.Generator) -> C | None:
        """Return a random candidate that is not in `trace`, None if there are no more."""
        if self._left is None:
            pool = space.pool(POOL, rng)
            self._left = [pool[place] for place in rng.permutation(len(pool))]
        while self._left:
            candidate = self._left.pop()
            if candidate not in trace:
                return candidate
        return None
