"""Rounds of proposals by a model: where the expected improvement is greatest; the model learns from each.

Jones, Schonlau and Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998, for the
criterion; Ginsbourger, Le Riche and Carraro, "Kriging is well-suited to parallelize optimization", 2010, for
batches: once a candidate is chosen, the model believes that it is as expected and is sure of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

import numpy as np
from scipy.special import ndtr

from perfpred.errors import InputError
from perfpred.search.candidates import C, Floats, Space
from perfpred.search.strategies.base import POOL, Shuffled, is_exhausted
from perfpred.search.strategies.options import require_option
from perfpred.search.surrogate import Posterior, Surrogate
from perfpred.search.trace import Trace

BATCH = 5
"""Maximum candidates per round."""
TRIED_PER_PROPOSAL = 10
"""A round proposes one candidate per so many that were tried."""
PARENTS = 5
"""So many of the best candidates have their neighbours ranked, too: the pool may be a sample."""


@dataclass
class ModelSearch(Generic[C]):
    """Ranks candidates by prediction and runs few of them.

    Parameters
    ----------
    surrogate : Surrogate
        Its model.
    batch : int
        Maximum candidates per round, >= 1.
    min_batch : int
        Minimum candidates per round where the model chooses, >= 1: where a round costs something.
    pool : int
        Candidates that the model ranks, >= 1; those of a larger space are a sample, and neighbours of the
        best are added every round.
    """

    surrogate: Surrogate
    batch: int = BATCH
    min_batch: int = 1
    pool: int = POOL
    _shuffled: Shuffled[C] = field(default_factory=Shuffled, init=False, repr=False)
    _pool: list[C] = field(default_factory=list, init=False, repr=False)
    _index_of: dict[C, int] = field(default_factory=dict, init=False, repr=False)
    _x: Floats = field(default_factory=lambda: np.empty((0, 0)), init=False, repr=False)
    _misses: int = field(default=0, init=False, repr=False)
    _repeats: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("batch", "min_batch", "pool"):
            value = getattr(self, name)
            require_option("model", f"{name} >= 1", value >= 1, value)

    def propose(self, space: Space[C], trace: Trace[C], n: int, rng: np.random.Generator) -> Sequence[C]:
        """Return up to `n` candidates, as in `Strategy`; values must be > 0.

        Raises
        ------
        InputError
            If a value is not > 0: the model is one of logarithms.
        """
        _require_positive(trace)
        self._fill(space, n, trace, rng)
        known = [*trace.candidates, *trace.pending]
        self._look_at(space, [each for each in known if each not in self._index_of])
        tried, times = self._tried(trace), trace.values
        wanted = self.surrogate.initial_design(self._x, tried, times)
        if wanted is not None or not self.surrogate.is_ready(self._x[tried], times):
            # One at a time: the same first candidates whatever it takes to have enough.
            first = self._first(wanted, space, trace, rng)
            return [] if first is None else [first]
        self._look_at(space, self._near_the_best(space, trace, rng))
        posterior = self._posterior(trace)
        for candidate in trace.pending:
            posterior.condition_on(self._index_of[candidate])
        return [
            self._pool[index]
            for index in kriging_believer(posterior, self._open(trace), min(n, self._round(trace)))
        ]

    def expected_gain(self, trace: Trace[C], runs: int) -> float:
        """Return by what fraction the best time would likely fall with so many runs more; NaN if unknown.

        The mean, over the model's uncertainty, of the best of the `runs` candidates it would run next.
        """
        tried = self._tried(trace)
        if not self._pool or not self.surrogate.is_ready(self._x[tried], trace.values):
            return float("nan")
        return expected_gain(self._posterior(trace), self._open(trace), runs)

    def _fill(self, space: Space[C], n: int, trace: Trace[C], rng: np.random.Generator) -> None:
        """Sample the space until the pool is full, or holds all of it; again once it is used up."""
        while not is_exhausted(space.size, len(self._pool), self._misses, self._repeats):
            is_full = space.size is None or len(self._pool) >= min(self.pool, space.size)
            if self._pool and is_full and self._n_open(trace) >= n:
                return
            before = len(self._pool)
            sample = space.sample(self.pool, rng)
            self._look_at(space, sample)
            if len(self._pool) > before:
                self._misses = self._repeats = 0
            else:
                self._misses, self._repeats = self._misses + 1, self._repeats + len(sample)

    def _n_open(self, trace: Trace[C]) -> int:
        return len(self._pool) - sum(each in self._index_of for each in (*trace.candidates, *trace.pending))

    def _round(self, trace: Trace[C]) -> int:
        """Return how many to propose: one at a time while each result teaches much."""
        return min(self.batch, max(self.min_batch, len(trace) // TRIED_PER_PROPOSAL))

    def _first(
        self, wanted: int | None, space: Space[C], trace: Trace[C], rng: np.random.Generator
    ) -> C | None:
        """Return the candidate that the design wants, or a random one."""
        candidate = None if wanted is None else self._pool[wanted]
        if candidate is None or candidate in trace:
            candidate = self._shuffled.next(space, trace, rng)
        return candidate

    def _posterior(self, trace: Trace[C]) -> Posterior:
        return self.surrogate.posterior(self._x[self._tried(trace)], trace.values, self._x)

    def _tried(self, trace: Trace[C]) -> list[int]:
        return [self._index_of[candidate] for candidate in trace.candidates]

    def _open(self, trace: Trace[C]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Say which of the pool were not tried, shape (len(pool),)."""
        is_open = np.ones(len(self._pool), dtype=bool)
        is_open[self._tried(trace)] = False
        is_open[[self._index_of[candidate] for candidate in trace.pending]] = False
        return is_open

    def _look_at(self, space: Space[C], candidates: Sequence[C]) -> None:
        """Add candidates to the pool, encoded once."""
        new = [each for each in dict.fromkeys(candidates) if each not in self._index_of]
        if not new:
            return
        self._index_of.update({each: len(self._pool) + index for index, each in enumerate(new)})
        encoded = space.encode(new)
        self._x = np.vstack([self._x, encoded]) if self._pool else encoded
        self._pool += new

    def _near_the_best(self, space: Space[C], trace: Trace[C], rng: np.random.Generator) -> list[C]:
        times = trace.values
        order = np.argsort(np.where(np.isfinite(times), times, np.inf), kind="stable")[:PARENTS]
        return [near for index in order for near in space.neighbours(trace.candidates[index], rng)]


def _require_positive(trace: Trace[C]) -> None:
    values = trace.values
    bad = np.flatnonzero(np.isfinite(values) & ~(values > 0))
    if len(bad):
        raise InputError(
            f"strategy 'model': values > 0 must hold, but evaluation {bad[0] + 1} has {values[bad[0]]:g}"
        )


def expected_improvement(posterior: Posterior) -> Floats:
    """Return by how much candidates are expected to undercut the best, on the model's scale, (N,)."""
    expected = np.zeros(len(posterior.p_feasible))
    for component in posterior.components:
        std = np.maximum(component.std, 1e-12)
        z = (posterior.best - component.mean) / std
        density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
        expected += component.weight * std * (z * ndtr(z) + density)
    return np.asarray(posterior.p_feasible * expected)


def kriging_believer(
    posterior: Posterior, is_open: np.ndarray[tuple[int], np.dtype[np.bool_]], n: int
) -> list[int]:
    """Return up to `n` indices of maximum expected improvement, each given those before it."""
    is_open = is_open.copy()
    chosen: list[int] = []
    while len(chosen) < n and is_open.any():
        index = int(np.argmax(np.where(is_open, expected_improvement(posterior), -1.0)))
        chosen.append(index)
        is_open[index] = False
        if len(chosen) < n:
            posterior.condition_on(index)
    return chosen


def expected_gain(
    posterior: Posterior, is_open: np.ndarray[tuple[int], np.dtype[np.bool_]], runs: int, draws: int = 200
) -> float:
    """Return the mean fraction by which the best of the next `runs` candidates undercuts the best so far.

    Parameters
    ----------
    posterior : Posterior
        Of the values of candidates.
    is_open : np.ndarray
        Which candidates may still be tried, shape (n,).
    runs : int
        How many are left.
    draws : int
        Normal draws, shape (s,).
    """
    gains = np.where(is_open, expected_improvement(posterior), -1.0)
    next_ones = np.argsort(-gains, kind="stable")[: min(runs, int(is_open.sum()))]
    if not len(next_ones):
        return 0.0
    noise = np.random.default_rng(0).standard_normal((draws, len(next_ones)))
    gain = 0.0
    for component in posterior.components:
        values = component.mean[next_ones] + component.std[next_ones] * noise
        best = np.minimum(values.min(axis=1), posterior.best)
        gain += component.weight * float(np.mean(1 - np.exp(best - posterior.best)))
    return gain
