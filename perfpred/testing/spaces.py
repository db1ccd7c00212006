"""The contract of a space: legal candidates that can be drawn, varied, encoded and written down."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np

from perfpred.search.candidates import Box, Crossover, Space
from perfpred.testing.contract import Rule, check_all, require

N = 20
"""Candidates that are drawn."""


def check_space(space: Space[Any]) -> None:
    """Check that a space draws legal candidates which survive JSON and have finite encodings.

    Raises
    ------
    ContractError
        Naming the rules that it breaks.
    """
    check_all(f"the space {type(space).__name__}", SPACE_RULES, space)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _draws_legal_candidates(space: Space[Any]) -> None:
    drawn = list(space.sample(N, _rng()))
    require(0 < len(drawn) <= N, f"sample({N}) returned {len(drawn)}")
    require(len(set(drawn)) == len(drawn), f"sample({N}) returned a candidate twice")
    for each in drawn:
        require(space.is_legal(each), f"sample returned {each!r}, which is_legal refuses")
    require(
        space.size is None or space.size >= len(drawn), f"size is {space.size}, but {len(drawn)} were drawn"
    )


def _depends_on_the_generator_alone(space: Space[Any]) -> None:
    first, again = (list(space.sample(N, _rng())) for _ in range(2))
    require(first == again, "two samples from equal generators differ")


def _has_legal_neighbours(space: Space[Any]) -> None:
    for each in list(space.sample(N, _rng())):
        near = list(space.neighbours(each, _rng()))
        require(each not in near, f"{each!r} is a neighbour of itself")
        for other in near:
            require(space.is_legal(other), f"{other!r}, a neighbour of {each!r}, is not legal")


def _survives_json(space: Space[Any]) -> None:
    for each in list(space.sample(N, _rng())):
        written = json.dumps(space.to_json(each), allow_nan=False)
        read = space.from_json(json.loads(written))
        require(read == each and hash(read) == hash(each), f"{each!r} comes back from JSON as {read!r}")


def _encodes_to_finite_numbers(space: Space[Any]) -> None:
    drawn = list(space.sample(N, _rng()))
    encoded = np.asarray(space.encode(drawn))
    require(encoded.ndim == 2 and len(encoded) == len(drawn), f"{len(drawn)} candidates are {encoded.shape}")
    require(bool(np.isfinite(encoded).all()), "an encoding is not finite")
    alone = np.asarray(space.encode(drawn[:1]))
    require(np.array_equal(alone, encoded[:1]), "the encoding of a candidate depends on the others")


def _crosses_to_legal_candidates(space: Space[Any]) -> None:
    if not isinstance(space, Crossover):
        return
    drawn, rng = list(space.sample(N, _rng())), _rng()
    for one, other in pairwise(drawn):
        child = space.crossover(one, other, rng)
        require(child is None or space.is_legal(child), f"{child!r}, of {one!r} and {other!r}, is not legal")


def _decodes_to_legal_candidates(space: Space[Any]) -> None:
    if not isinstance(space, Box):
        return
    low, high = np.asarray(space.bounds, dtype=float).T
    for _ in range(N):
        candidate: Any = space.decode(_rng().uniform(low, high))
        require(space.is_legal(candidate), f"{candidate!r}, of a point of the box, is not legal")


SPACE_RULES = (
    Rule("sample returns distinct legal candidates", _draws_legal_candidates),
    Rule("randomness comes from the generator alone", _depends_on_the_generator_alone),
    Rule("neighbours are legal, and others", _has_legal_neighbours),
    Rule("a candidate survives JSON", _survives_json),
    Rule("encode returns finite numbers, one row per candidate", _encodes_to_finite_numbers),
    Rule("crossover returns legal candidates, if there is one", _crosses_to_legal_candidates),
    Rule("decode returns legal candidates, if there is a box", _decodes_to_legal_candidates),
)
