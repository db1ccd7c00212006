"""How to search, one strategy a file; the registry says everything about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perfpred.errors import InputError, UnknownNameError
from perfpred.search.strategies.annealing import Annealing
from perfpred.search.strategies.base import Strategy
from perfpred.search.strategies.evolution import Evolution
from perfpred.search.strategies.model import ModelSearch
from perfpred.search.strategies.random import RandomSearch
from perfpred.search.surrogate import Surrogate

__all__ = ["STRATEGIES", "ModelSearch", "Registered", "Strategy", "strategy"]


@dataclass(frozen=True)
class Registered:
    """A strategy by name: one line about it, how to make one for a search, and whether it needs a model."""

    name: str
    summary: str
    factory: Callable[[Surrogate | None], Strategy[Any]]
    needs_surrogate: bool = False


def _model(surrogate: Surrogate | None) -> Strategy[Any]:
    if surrogate is None:
        raise InputError("strategy 'model' needs a surrogate")
    return ModelSearch(surrogate)


STRATEGIES: dict[str, Registered] = {
    each.name: each
    for each in (
        Registered("model", "what a model expects to be fastest, in rounds", _model, needs_surrogate=True),
        Registered("random", "random candidates", lambda _: RandomSearch()),
        Registered("evolution", "changes to the best of the last few", lambda _: Evolution()),
        Registered("annealing", "a walk over neighbours that cools down", lambda _: Annealing()),
    )
}


def strategy(name: str) -> Registered:
    """Return the strategy called `name`; raises `UnknownNameError` with the nearest name."""
    if name not in STRATEGIES:
        raise UnknownNameError("strategy", name, STRATEGIES)
    return STRATEGIES[name]
