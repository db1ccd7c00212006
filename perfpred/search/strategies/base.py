"""What a strategy is: from what was tried to what to try next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol

import numpy as np

from perfpred.search.candidates import C, Space
from perfpred.search.trace import Trace

POOL = 20_000
"""Candidates looked at together; a larger space is sampled."""
FIRST_SAMPLE = 32
"""Candidates in the first sample of a space of unknown size, where drawing one may take long; each further
sample is twice as large as the last, up to `POOL`, so that it follows what the search needs."""
MAX_MISSES = 100
"""Samples in a row without a new candidate, before which no space of unknown size is taken for exhausted."""
REPEATS_PER_SEEN = 14
"""Nor before so many candidates were repeated in a row per candidate seen: if one more were there, and all
equally likely, it would have been missed with a probability of about exp(-14), one in a million."""
MAX_MISSES_OF_KNOWN = 10_000
"""The same where the space says that there are more: only a space that hands out fewer than it has."""


class Strategy(Protocol[C]):
    """Proposes candidates. One object serves one search; all it must know is in the trace."""

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return at most `n` distinct legal candidates that are not in `trace`; none if there are no more.

        A strategy that learns from each result proposes fewer than `n` at a time.

        Parameters
        ----------
        space : Space
            What can be tried.
        trace : Trace
            What was tried.
        n : int
            How many are wanted at most.
        rng : numpy.random.Generator
        """


class Shuffled(Generic[C]):
    """Candidates in random order, each handed out once: where random ones come from.

    A space that hands out a sample is sampled again whenever the sample is used up, until its end: all of
    `Space.size`, or, where that is not known, what `is_exhausted` says. Samples of a space of unknown size
    are as large as what was needed so far.
    """

    def __init__(self) -> None:
        self._left: list[C] = []
        self._seen: set[C] = set()
        self._exhausted = False
        self._n_sample = FIRST_SAMPLE

    def next(self, space: Space[C], trace: Trace[C], rng: np.random.Generator) -> C | None:
        """Return a random candidate that is not in `trace`, None if there are no more."""
        while True:
            while self._left:
                candidate = self._left.pop()
                if candidate not in trace:
                    return candidate
            if self._exhausted or not self._refill(space, rng):
                return None

    def _refill(self, space: Space[C], rng: np.random.Generator) -> bool:
        """Sample the space until something new is found; returns whether anything was."""
        misses = repeats = 0
        while not is_exhausted(space.size, len(self._seen), misses, repeats):
            sample = space.sample(self._n_sample if space.size is None else POOL, rng)
            self._n_sample = min(POOL, 2 * self._n_sample)
            new = [each for each in sample if each not in self._seen]
            self._seen.update(new)
            if new:
                self._left = [new[index] for index in rng.permutation(len(new))]
                return True
            misses, repeats = misses + 1, repeats + len(sample)
        self._exhausted = True
        return False


def is_exhausted(size: int | None, n_seen: int, misses: int, repeats: int) -> bool:
    """Say whether a space of a size, None where it is unknown, is taken to hold nothing but what was seen.

    Parameters
    ----------
    size : int, optional
        Of the space, None if unknown.
    n_seen : int
        Candidates seen so far.
    misses : int
        Samples in a row that held nothing new.
    repeats : int
        Candidates in those samples.
    """
    if misses >= MAX_MISSES_OF_KNOWN:
        return True
    if size is None:
        return misses >= MAX_MISSES and not 0 < repeats < REPEATS_PER_SEEN * n_seen
    return n_seen >= size
