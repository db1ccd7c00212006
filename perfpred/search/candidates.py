"""What a search chooses from: the contract that a domain's candidates and their space keep."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
C = TypeVar("C", bound=Hashable)
"""A candidate: frozen, hashable, equal to its like, and known to its space as plain JSON."""


class Space(Protocol[C]):
    """The legal candidates of a choice. Randomness comes from the generator that is handed in."""

    def pool(self, n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return at most `n` distinct legal candidates: all, or as many as it can well encode, at random."""

    def neighbours(self, candidate: C, rng: np.random.Generator) -> Sequence[C]:
        """Return legal candidates a small step away from `candidate`, without it."""

    def is_legal(self, candidate: C) -> bool:
        """Say whether `candidate` is one of the space."""

    def encode(self, candidates: Sequence[C]) -> Floats:
        """Return what a model is told of `candidates`: numbers, shape (len(candidates), d)."""

    def to_json(self, candidate: C) -> Any:
        """Return `candidate` as plain JSON values."""

    def from_json(self, data: Any) -> C:
        """Return the candidate that `to_json` wrote; raises `InputError` if it is not one."""
