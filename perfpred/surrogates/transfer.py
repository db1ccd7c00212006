"""A surrogate that begins with what other searches have taught: on another machine, at another size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfpred.learn.fitting.process import LOG_SIGNAL, Scales
from perfpred.predict.checks import Floats
from perfpred.surrogates.gaussian import GaussianPosterior, GaussianSurrogate, RefittedProcess
from perfpred.surrogates.source_task import SourceTask, aligned, rank_correlation
from perfpred.surrogates.strata import first_of_each, strata

COARSE_VALUES, FINE_VALUES = 2, 4
"""Inputs of at most so many values tell strata apart: switches alone, and finer strata also short lists."""
MAX_STRATA = 8
"""Maximum number of strata of which the fastest is in the initial design."""
DESIGN_QUANTILES = (0.5, 0.02, 0.8, 0.1)
"""Ranks in the source tasks, as shares of all candidates, of those measured after the fastest: they show
whether the tasks agree."""
MIN_TIMES = 4
"""Times, at least, by which a task that agrees well may choose."""
AGREES, AGREES_WELL = 0.6, 0.7
"""Rank correlation, of times here with those of a task, from which it may choose, and do so at once."""
CONTRADICTS = -0.5
"""Rank correlation below which what was fastest of each stratum in the task is slow here."""
FAST_QUANTILE = 0.5
"""Models are compared by how well they predict the measurements below this quantile, each left out."""
MIN_STD_SHARE = 0.4
"""How far a task may be off, at least, as a share of the standard deviation of its log times."""
PATIENCE = 4
"""Evaluations without a new best after which finer strata, or a model without source tasks, choose."""
COLD_EVERY = 3
"""One in so many of these evaluations is chosen by the model without source tasks."""


class TransferSurrogate:
    """Begins with what source tasks have taught, and drops what measurements contradict.

    The initial design is the fastest candidate of each task, a few from the fast to the slow and, unless
    these contradict all tasks, the fastest of each stratum: another machine may do best with code of another
    kind. A task whose times agree is corrected by a process of its own; the task that best predicts the fast
    measurements, each left out in turn, chooses. Where none agrees, or a model without tasks predicts them
    better, that model chooses. If evaluations stop improving, it chooses in turn with the fastest of the next
    finer stratum.

    Parameters
    ----------
    sources : sequence of SourceTask
        At least one.
    by_strata : bool
        Whether inputs of few values tell strata of candidates apart.

    Attributes
    ----------
    kept : int or None
        The source task that chose last; None where the model without tasks did.
    """

    def __init__(self, sources: Sequence[SourceTask], *, by_strata: bool = True) -> None:
        self._sources = tuple(sources)
        self._by_strata = by_strata
        self._n_comparing = len(self._sources) + len(DESIGN_QUANTILES)
        self._design: tuple[int, ...] = ()
        self._cold, self._restarted = GaussianSurrogate(), RefittedProcess()
        self._corrections = [
            RefittedProcess(_medians(source.scales), MIN_STD_SHARE * source.std) for source in self._sources
        ]
        self._correlations: tuple[float, ...] = ()
        self.kept: int | None = None

    def initial_design(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> int | None:
        """Return the next of the initial design, or of finer strata where evaluations stop improving."""
        if not self._design:
            self._design = self._designed(candidates)
        if len(tried) < len(self._design):
            contradicted = len(tried) >= self._n_comparing and self._is_contradicted(
                candidates, tried, time_s
            )
            return None if contradicted else self._design[len(tried)]
        waited = _since_best(time_s) - PATIENCE
        if not self._by_strata or not self._correlations or waited <= 0 or waited % COLD_EVERY == 0:
            return None
        return self._of_a_finer_stratum(candidates, tried)

    def _designed(self, candidates: Floats) -> tuple[int, ...]:
        """Return the fastest of each task, a few from fast to slow, and the fastest of each stratum."""
        log_times = [source.log_times(candidates) for source in self._sources]
        ranks = sum(np.argsort(np.argsort(each, kind="stable"), kind="stable") for each in log_times)
        order = np.argsort(ranks, kind="stable")
        fastest = [each.argmin() for each in log_times]
        count = MAX_STRATA if self._by_strata else 0
        of_strata = first_of_each(strata(candidates, COARSE_VALUES), order)[:count]
        comparing = [order[int(quantile * (len(order) - 1))] for quantile in DESIGN_QUANTILES]
        return tuple(dict.fromkeys(int(index) for index in (*fastest, *comparing, *of_strata)))

    def _is_contradicted(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> bool:
        """Say whether the first few, from the fast to the slow, contradict all tasks."""
        few = list(tried[: self._n_comparing])
        return max(self._rank_correlations(candidates[few], time_s[: self._n_comparing])) <= CONTRADICTS

    def _rank_correlations(self, x: Floats, time_s: Floats) -> tuple[float, ...]:
        """Return for each task how well measurements, as in `is_ready`, agree with it."""
        ok = np.isfinite(time_s)
        return tuple(
            rank_correlation(source.log_times(x)[ok], np.log(time_s[ok])) for source in self._sources
        )

    def _of_a_finer_stratum(self, candidates: Floats, tried: Sequence[int]) -> int | None:
        """Return the fastest, in the task that agrees best, of the next finer stratum not tried so."""
        closest = int(np.argmax(self._correlations))
        if self._correlations[closest] < AGREES:
            return None
        order = np.argsort(self._sources[closest].log_times(candidates), kind="stable")
        fastest = first_of_each(strata(candidates, FINE_VALUES), order)
        left = fastest[~np.isin(fastest, tried)]
        return int(left[0]) if len(left) else None

    def is_ready(self, x: Floats, time_s: Floats) -> bool:
        """Say whether there are enough times; fewer are needed if a task agrees well with them."""
        if self._correlations:
            return True
        if len(time_s) < max(len(self._design), self._n_comparing):
            return False
        found = self._rank_correlations(x, time_s)
        few_do = int(np.isfinite(time_s).sum()) >= MIN_TIMES and max(found) >= AGREES_WELL
        is_ready = self._cold.is_ready(x, time_s) or few_do
        self._correlations = found if is_ready else ()
        return is_ready

    def posterior(self, x: Floats, time_s: Floats, candidates: Floats) -> GaussianPosterior:
        """Return the posterior of `N` candidates by the likeliest of all models."""
        ok = np.isfinite(time_s)
        y = np.log(time_s[ok])
        cold = self._cold.posterior(x, time_s, candidates)
        fast = y <= np.quantile(y, FAST_QUANTILE)
        restarted = self._restarted.posterior(x[ok], y, candidates, cold.p_feasible)
        best_score = float(restarted.loo_log_density[fast].mean())
        chosen, self.kept = cold, None
        for index, (source, correction) in enumerate(zip(self._sources, self._corrections, strict=True)):
            if self._correlations[index] >= AGREES:
                found = _corrected(source, correction, (x[ok], y), candidates, cold.p_feasible)
                score = float(found.loo_log_density[fast].mean())
                if score > best_score:
                    chosen, best_score, self.kept = found, score, index
        return cold if _since_best(time_s) > PATIENCE else chosen


def _since_best(time_s: Floats) -> int:
    """Return how many evaluations there were from the best on, itself included; 0 if none has a time."""
    return len(time_s) - int(np.nanargmin(time_s)) if np.isfinite(time_s).any() else 0


def _medians(scales: Scales) -> Scales:
    """Return the medians for a correction: the inputs matter as in the task, whose time is one input more."""
    own = Scales.prior(len(scales.log_inverse_length) + 1).log_inverse_length[:1]
    return Scales(np.concatenate([scales.log_inverse_length, own]), LOG_SIGNAL, scales.log_noise)


def _corrected(
    source: SourceTask,
    correction: RefittedProcess,
    rows: tuple[Floats, Floats],
    candidates: Floats,
    p_feasible: Floats,
) -> GaussianPosterior:
    """Return what a task makes expect, corrected by `rows`: inputs (n, d) and log times (n,)."""
    x, y = rows
    at_rows, at_candidates = source.log_times(x), source.log_times(candidates)
    expected = aligned(at_rows, y)
    return correction.posterior(
        np.column_stack([x, at_rows]),
        y,
        np.column_stack([candidates, at_candidates]),
        p_feasible,
        (expected(at_rows), expected(at_candidates)),
    )
