"""What a search chooses from: the contract that a domain's candidates and their space keep."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
C = TypeVar("C", bound=Hashable)
"""A candidate: frozen, hashable, equal to its like, and known to its space as plain JSON."""
Decoded_co = TypeVar("Decoded_co", bound=Hashable, covariant=True)


class Space(Protocol[C]):
    """The legal candidates of a choice. Randomness comes from the generator that is passed in."""

    @property
    def size(self) -> int | None:
        """How many candidates there are, None where they are too many to count."""

    def sample(self, n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return at most `n` distinct legal candidates at random.

        It may be called again for further ones, and may then repeat earlier ones. It may return fewer than
        asked for, such as where drawing is expensive; that says nothing about how many there are.
        """

    def neighbours(self, candidate: C, rng: np.random.Generator) -> Sequence[C]:
        """Return legal candidates a small step away from `candidate`, without it."""

    def is_legal(self, candidate: C) -> bool:
        """Say whether `candidate` is one of the space."""

    def encode(self, candidates: Sequence[C]) -> Floats:
        """Return the features that a model sees of `candidates`, shape (len(candidates), d)."""

    def to_json(self, candidate: C) -> Any:
        """Return `candidate` as plain JSON values."""

    def from_json(self, data: Any) -> C:
        """Return the candidate that `to_json` wrote; raises `InputError` if it is not one."""


@runtime_checkable
class Crossover(Protocol[C]):
    """An ability that a space may have: a child of two candidates."""

    def crossover(self, one: C, other: C, rng: np.random.Generator) -> C | None:
        """Return a legal candidate with parts of both, None where none is found."""


@runtime_checkable
class Box(Protocol[Decoded_co]):
    """An ability that a space may have: its candidates are points of a box of numbers.

    Strategies that step through numbers, such as CMA-ES or gradients, use it.
    """

    @property
    def bounds(self) -> Floats:
        """Minimum and maximum per dimension, shape (d, 2)."""

    def decode(self, x: Floats) -> Decoded_co:
        """Return the legal candidate nearest to a point of the box, shape (d,)."""
