"""From candidates to outcomes: measured now, recorded before, or predicted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from perfpred.errors import InputError, PerfpredError
from perfpred.search.candidates import C, Floats
from perfpred.search.outcome import Outcome

Asked_contra = TypeVar("Asked_contra", contravariant=True)
SECONDS = "s"


class Objective(Protocol[Asked_contra]):
    """What a search asks. A batch is handed over whole, so that it may be compiled in parallel."""

    @property
    def unit(self) -> str:
        """The unit of the values, such as ``s`` or ``J*s``."""

    def evaluate(self, candidates: Sequence[Asked_contra]) -> Sequence[Outcome]:
        """Return the outcome of each candidate, in order."""


@dataclass(frozen=True)
class Recorded(Generic[C]):
    """Replays measurements: a search is tried out, or judged, without the machine.

    Parameters
    ----------
    outcomes : mapping of candidate to Outcome
    unit : str
        Of the values.
    """

    outcomes: Mapping[C, Outcome]
    unit: str = SECONDS

    def evaluate(self, candidates: Sequence[C]) -> Sequence[Outcome]:
        """Return what was recorded; raises `InputError` for a candidate that was not."""
        for candidate in candidates:
            if candidate not in self.outcomes:
                raise InputError(f"no measurement is recorded of {candidate}")
        return [self.outcomes[candidate] for candidate in candidates]

    @property
    def optimum(self) -> float:
        """The minimum recorded value; raises `InputError` if nothing recorded has a value."""
        values = [outcome.value for outcome in self.outcomes.values() if outcome.is_feasible]
        if not values:
            raise InputError("no recorded candidate has a time, so nothing can be searched for")
        return min(values)

    @property
    def optimum_s(self) -> float:
        """The optimum, where the unit is seconds."""
        return self.optimum


@dataclass(frozen=True)
class Measured(Generic[C]):
    """Runs candidates one by one.

    Parameters
    ----------
    measure : callable
        From a candidate to its value. A `PerfpredError` that it raises fails that candidate only.
    clock : callable
        Seconds now.
    unit : str
        Of the values.
    """

    measure: Callable[[C], float]
    clock: Callable[[], float] = time.perf_counter
    unit: str = SECONDS

    def evaluate(self, candidates: Sequence[C]) -> Sequence[Outcome]:
        """Return measured values; a candidate that fails has the status ``runtime_error``."""
        return [self._outcome(candidate) for candidate in candidates]

    def _outcome(self, candidate: C) -> Outcome:
        start = self.clock()
        try:
            return Outcome(float(self.measure(candidate)), cost_s=self.clock() - start)
        except PerfpredError as error:
            return Outcome.failed("runtime_error", self.clock() - start, str(error))


@dataclass(frozen=True)
class Predicted(Generic[C]):
    """Asks a model instead of the machine: for choosing what to run, or without running at all.

    Parameters
    ----------
    predict : callable
        From n candidates to values, shape (n,).
    unit : str
        Of the values.
    """

    predict: Callable[[Sequence[C]], Floats]
    unit: str = SECONDS

    def evaluate(self, candidates: Sequence[C]) -> Sequence[Outcome]:
        """Return predicted values."""
        return [Outcome(float(value)) for value in self.predict(candidates)]
