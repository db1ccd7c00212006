"""How to search, one strategy a file; the registry says everything about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from perfpred.errors import InputError
from perfpred.registry import Registry
from perfpred.search.strategies.annealing import Annealing
from perfpred.search.strategies.base import Strategy
from perfpred.search.strategies.evolution import Evolution
from perfpred.search.strategies.model import ModelSearch
from perfpred.search.strategies.options import made_with
from perfpred.search.strategies.random import RandomSearch
from perfpred.search.surrogate import Surrogate

__all__ = ["STRATEGIES", "ModelSearch", "Registered", "Strategy", "strategy"]


class Factory(Protocol):
    """Makes a strategy for one search, from a surrogate, if it needs one, and options by name."""

    def __call__(self, surrogate: Surrogate | None = None, /, **options: Any) -> Strategy[Any]:
        """Return a new strategy; raises `InputError` for an option that is unknown or breaks its rule."""


@dataclass(frozen=True)
class Registered:
    """A strategy by name: one line about it, how to make one for a search, and whether it needs a model.

    Attributes
    ----------
    name : str
    summary : str
        One line about it.
    factory : Factory
        Makes the strategy.
    needs_surrogate : bool
        Whether it needs a model of the objective.
    """

    name: str
    summary: str
    factory: Factory
    needs_surrogate: bool = False


def _model(surrogate: Surrogate | None = None, /, **options: Any) -> Strategy[Any]:
    if surrogate is None:
        raise InputError("strategy 'model' needs a surrogate")
    made: Strategy[Any] = made_with("model", ModelSearch, options, surrogate=surrogate)
    return made


def _plain(name: str, kind: Callable[..., Any]) -> Factory:
    def factory(_surrogate: Surrogate | None = None, /, **options: Any) -> Strategy[Any]:
        made: Strategy[Any] = made_with(name, kind, options)
        return made

    return factory


STRATEGIES: Registry[Registered] = Registry(
    "strategy",
    (
        Registered("model", "what a model expects to be fastest, in rounds", _model, needs_surrogate=True),
        Registered("random", "random candidates", _plain("random", RandomSearch)),
        Registered("evolution", "changes to the best of the last few", _plain("evolution", Evolution)),
        Registered("annealing", "a walk over neighbours that cools down", _plain("annealing", Annealing)),
    ),
    group="perfpred.strategies",
)


def strategy(name: str) -> Registered:
    """Return the strategy called `name`; raises `UnknownNameError` with the nearest name."""
    return STRATEGIES.named(name)
