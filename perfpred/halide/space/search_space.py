"""The schedules that a search chooses among: given ones and those of our own space, at one size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.space.loop_nests import OwnSpace

POOL = 600
"""Schedules that are drawn at a time, besides those given: each takes a millisecond and more."""


class ScheduleSpace:
    """Schedules to search: some that are given, and our own space, described at one size."""

    def __init__(self, own: OwnSpace, others: Sequence[Candidate]) -> None:
        self._own = own
        self._others = list(others)

    @property
    def size(self) -> None:
        """Too many to count."""

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Return the given schedules and some new ones."""
        return list(dict.fromkeys([*self._others, *self._own.sample(min(n, POOL), rng)]))

    def neighbours(self, candidate: Candidate, rng: np.random.Generator) -> list[Candidate]:
        """Return schedules that differ in a decision."""
        return self._own.neighbours(candidate, rng)

    def is_legal(self, candidate: Candidate) -> bool:
        """Say whether the schedule fits the pipeline."""
        return self._own.is_legal(candidate)

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Return features, shape (len(candidates), len(FEATURES))."""
        return self._own.encode(candidates)

    def to_json(self, candidate: Candidate) -> object:
        """Return a plain dictionary."""
        return candidate.to_json()

    def from_json(self, data: dict[str, object]) -> Candidate:
        """Return the schedule that `to_json` described."""
        return Candidate.from_json(data)
