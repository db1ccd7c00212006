"""From candidates to times: measured now, recorded before, or predicted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Generic, Protocol, TypeVar

from perfpred.errors import InputError, PerfpredError
from perfpred.search.candidates import C, Floats

Asked_contra = TypeVar("Asked_contra", contravariant=True)


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate.

    Parameters
    ----------
    time_s : float
        Seconds, > 0; NaN if the candidate failed.
    status : str
        ``ok``, or how it failed.
    cost_s : float
        What it cost to find out, in seconds, such as for compiling and measuring.

    Raises
    ------
    InputError
        Unless there is a time exactly where the status is ``ok``.
    """

    time_s: float
    status: str = "ok"
    cost_s: float = 0.0

    def __post_init__(self) -> None:
        if self.ok != (isfinite(self.time_s) and self.time_s > 0):
            rule = "time_s > 0 must hold where the status is ok, and it is NaN elsewhere"
            raise InputError(f"{rule}, but got time_s={self.time_s}, status='{self.status}'")

    @property
    def ok(self) -> bool:
        """Whether there is a time."""
        return self.status == "ok"

    @classmethod
    def failed(cls, status: str, cost_s: float = 0.0) -> Outcome:
        """Return the outcome of a candidate that has no time."""
        return cls(nan, status, cost_s)


class Objective(Protocol[Asked_contra]):
    """What a search asks. A batch is handed over whole, so that it may be compiled in parallel."""

    def evaluate(self, candidates: Sequence[Asked_contra]) -> Sequence[Outcome]:
        """Return the outcome of each candidate, in order."""


@dataclass(frozen=True)
class Recorded(Generic[C]):
    """Replays measurements: a search is tried out, or judged, without the machine.

    Parameters
    ----------
    outcomes : mapping of candidate to Outcome
    """

    outcomes: Mapping[C, Outcome]

    def evaluate(self, candidates: Sequence[C]) -> Sequence[Outcome]:
        """Return what was recorded; raises `InputError` for a candidate that was not."""
        for candidate in candidates:
            if candidate not in self.outcomes:
                raise InputError(f"no measurement is recorded of {candidate}")
        return [self.outcomes[candidate] for candidate in candidates]

    @property
    def optimum_s(self) -> float:
        """The least recorded time, in seconds; raises `InputError` if nothing recorded has a time."""
        times = [outcome.time_s for outcome in self.outcomes.values() if outcome.ok]
        if not times:
            raise InputError("no recorded candidate has a time, so nothing can be searched for")
        return min(times)


@dataclass(frozen=True)
class Measured(Generic[C]):
    """Runs candidates one by one.

    Parameters
    ----------
    measure : callable
        From a candidate to seconds. A `PerfpredError` that it raises fails that candidate only.
    clock : callable
        Seconds now.
    """

    measure: Callable[[C], float]
    clock: Callable[[], float] = time.perf_counter

    def evaluate(self, candidates: Sequence[C]) -> Sequence[Outcome]:
        """Return measured times; a candidate that fails has the status ``runtime_error``."""
        return [self._outcome(candidate) for candidate in candidates]

    def _outcome(self, candidate: C) -> Outcome:
        start = self.clock()
        try:
            return Outcome(float(self.measure(candidate)), cost_s=self.clock() - start)
        except PerfpredError:
            return Outcome.failed("runtime_error", self.clock() - start)


@dataclass(frozen=True)
class Predicted(Generic[C]):
    """Asks a model instead of the machine: for choosing what to run, or without running at all.

    Parameters
    ----------
    predict : callable
        From n candidates to seconds, shape (n,).
    """

    predict: Callable[[Sequence[C]], Floats]

    def evaluate(self, candidates: Sequence[C]) -> Sequence[Outcome]:
        """Return predicted times."""
        return [Outcome(float(time_s)) for time_s in self.predict(candidates)]
