"""What a search tried, in order: the best at any moment, and what is being evaluated right now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np

from perfpred.errors import InputError
from perfpred.search.candidates import C, Floats
from perfpred.search.objective import SECONDS
from perfpred.search.outcome import Outcome
from perfpred.search.pareto import pareto_front

VALUE = "value"
"""The name of what is minimised, beside the names of the metrics."""


@dataclass(frozen=True)
class Evaluation(Generic[C]):
    """A candidate that was tried, and what became of it."""

    candidate: C
    outcome: Outcome


class Trace(Generic[C]):
    """Evaluations in order, no candidate twice. Adding one takes constant time, and so does `best`.

    Parameters
    ----------
    unit : str
        Of the values; seconds must be > 0.

    Raises
    ------
    InputError
        On adding a candidate again, or a time that is not > 0.
    """

    def __init__(self, unit: str = SECONDS) -> None:
        self.unit = unit
        self._evaluations: list[Evaluation[C]] = []
        self._known: set[C] = set()
        self._pending: dict[C, None] = {}
        self._values = np.empty(64, dtype=np.float64)
        self._best: Evaluation[C] | None = None
        self._cost_s = 0.0

    def __len__(self) -> int:
        return len(self._evaluations)

    def __iter__(self) -> Iterator[Evaluation[C]]:
        return iter(self._evaluations)

    def __contains__(self, candidate: object) -> bool:
        """Say whether a candidate was evaluated, or is being evaluated."""
        return candidate in self._known or candidate in self._pending

    def begin(self, candidate: C) -> None:
        """Say that a candidate is being evaluated: no strategy proposes it again.

        Raises
        ------
        InputError
            If it is, or was, evaluated already.
        """
        if candidate in self:
            raise InputError(f"a candidate is evaluated once, but this one is there already: {candidate}")
        self._pending[candidate] = None

    def add(self, candidate: C, outcome: Outcome) -> None:
        """Append an evaluation.

        Raises
        ------
        InputError
            If it was evaluated already, or a time is not > 0.
        """
        if candidate in self._known:
            raise InputError(f"a candidate is evaluated once, but this one is there already: {candidate}")
        if self.unit == SECONDS and outcome.ok and not outcome.value > 0:
            raise InputError(f"time_s > 0 must hold where the status is ok, but got {outcome.value}")
        self._pending.pop(candidate, None)
        self._known.add(candidate)
        if len(self._evaluations) == len(self._values):
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
        self._values[len(self._evaluations)] = outcome.value
        evaluation = Evaluation(candidate, outcome)
        self._evaluations.append(evaluation)
        self._cost_s += outcome.cost_s
        if outcome.is_feasible and (self._best is None or outcome.value < self._best.outcome.value):
            self._best = evaluation

    @property
    def pending(self) -> tuple[C, ...]:
        """The candidates that are being evaluated, in order."""
        return tuple(self._pending)

    def since(self, index: int) -> Sequence[Evaluation[C]]:
        """Return the evaluations from an index on; a negative one counts from the end."""
        return self._evaluations[index:]

    @property
    def candidates(self) -> list[C]:
        """The evaluated candidates in order."""
        return [each.candidate for each in self._evaluations]

    @property
    def values(self) -> Floats:
        """What is minimised, NaN where a candidate failed, shape (len(self),)."""
        return self._values[: len(self)].copy()

    @property
    def times_s(self) -> Floats:
        """The values, where the unit is seconds."""
        return self.values

    @property
    def cost_s(self) -> float:
        """What all evaluations cost together, in seconds."""
        return self._cost_s

    @property
    def best(self) -> Evaluation[C] | None:
        """The first with the minimum value of those that violate nothing; None if there is none."""
        return self._best

    def best_so_far(self) -> Floats:
        """Return the minimum value of the first 1, 2, ... evaluations, shape (len(self),); inf before one."""
        feasible = np.array([each.outcome.is_feasible for each in self._evaluations], dtype=bool)
        return np.minimum.accumulate(np.where(feasible, self.values, np.inf))

    def best_so_far_s(self) -> Floats:
        """Return `best_so_far`, where the unit is seconds."""
        return self.best_so_far()

    def front(self, names: Sequence[str] = (VALUE,)) -> list[Evaluation[C]]:
        """Return the Pareto front, in order: the feasible evaluations that no other beats in every figure.

        Parameters
        ----------
        names : sequence of str
            ``value``, and names of metrics, all minimised.

        Raises
        ------
        InputError
            If a feasible evaluation has no such metric.

        Examples
        --------
        >>> trace = Trace()
        >>> trace.add("a", Outcome(1.0, {"energy_j": 5.0}))
        >>> trace.add("b", Outcome(2.0, {"energy_j": 4.0}))
        >>> trace.add("c", Outcome(3.0, {"energy_j": 4.5}))
        >>> [each.candidate for each in trace.front(["value", "energy_j"])]
        ['a', 'b']
        """
        feasible = [each for each in self._evaluations if each.outcome.is_feasible]
        rows = [[_figure(each, name) for name in names] for each in feasible]
        return [feasible[row] for row in pareto_front(np.array(rows))] if rows else []


def _figure(evaluation: Evaluation[C], name: str) -> float:
    outcome = evaluation.outcome
    if name == VALUE:
        return outcome.value
    if name not in outcome.metrics:
        known = ", ".join((VALUE, *outcome.metrics))
        raise InputError(f"there is no metric '{name}' of {evaluation.candidate}; known: {known}")
    return outcome.metrics[name]
