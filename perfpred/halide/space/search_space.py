"""The schedules that a search chooses among: given ones and those of our own space, at one size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.space.loop_nests import LoopNestSpace, has_features

POOL = 600
"""Schedules that a model ranks besides those given, at most: drawing each takes a millisecond and more."""
DRAWS_PER_RUN = 20
"""Schedules drawn for each that may be run: a search with few runs does not wait for a large pool."""


def pool_size(given: int, runs: int) -> int:
    """Return how many schedules a search of so many runs ranks, those given included.

    Examples
    --------
    >>> pool_size(50, 4), pool_size(50, 100)
    (130, 650)
    """
    return given + min(POOL, DRAWS_PER_RUN * runs)


class ScheduleSpace:
    """Schedules to search: some that are given, and our own space, described at one size.

    Parameters
    ----------
    own : LoopNestSpace
    given : sequence of Candidate
        Those whose loops are not known, such as an autoscheduler's run, are left out.

    Attributes
    ----------
    given : list of Candidate
    """

    def __init__(self, own: LoopNestSpace, given: Sequence[Candidate]) -> None:
        self._own = own
        self.given = [each for each in dict.fromkeys(given) if has_features(each, own.graph)]
        self._known = dict.fromkeys(self.given)
        self._is_counted = False

    @property
    def size(self) -> int | None:
        """None until drawing more than there are finds nothing new, which counts them."""
        return len(self._known) if self._is_counted else None

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Return at most `n` schedules: those given, then some of our own space."""
        if self._is_counted:
            everything = list(self._known)
            return [everything[index] for index in rng.permutation(len(everything))[:n]]
        wanted = max(0, n - len(self.given))
        drawn = self._own.sample(wanted, rng) if wanted else []
        before = len(self._known)
        self._known.update(dict.fromkeys(drawn))
        self._is_counted = len(drawn) < wanted and len(self._known) == before
        return list(dict.fromkeys([*self.given, *drawn]))[:n]

    def neighbours(self, candidate: Candidate, rng: np.random.Generator) -> list[Candidate]:
        """Return schedules that differ in a decision."""
        found = self._own.neighbours(candidate, rng)
        self._known.update(dict.fromkeys(found))
        return found

    def is_legal(self, candidate: Candidate) -> bool:
        """Say whether the schedule is one that was given, or fits the pipeline."""
        return candidate in self._known or self._own.is_legal(candidate)

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Return features, shape (len(candidates), len(FEATURES))."""
        return self._own.encode(candidates)

    def to_json(self, candidate: Candidate) -> object:
        """Return a plain dictionary."""
        return candidate.to_json()

    def from_json(self, data: dict[str, object]) -> Candidate:
        """Return the schedule that `to_json` described."""
        return Candidate.from_json(data)
