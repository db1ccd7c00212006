"""The surrogate of a search by itself: log time by a Gaussian process, failures by a forest.

It keeps the contract `Surrogate` of `perfpred.search`, which knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from perfpred.learn.fitting.process import Posterior, Process, Scales
from perfpred.predict.checks import Floats

MIN_TIMES = 10
"""Candidates with a time before it chooses: with fewer, the scales of the process are chance."""
SLOW_QUANTILE, SLOW_SLOPE = 0.4, 0.2
"""How slow the slow ones are matters little: beyond this quantile, log time counts by this factor."""
ITERATIONS, REFIT_ITERATIONS = 40, 10
"""Steps of a first fit, and of one from the scales of the last: one more row moves them little."""
NEGLIGIBLE = 1e-9
"""Standard deviation of an input, or of log times, that is rounding."""
MIN_SCALE = 1e-3
"""Log times are divided by their standard deviation, at least this: below it, all are noise."""
FAILURE_TREES, FAILURE_INPUTS = 100, 0.6
"""Trees that say what fails, and the share of the inputs that a split of theirs chooses from."""


class Normal(NamedTuple):
    """A normal distribution per candidate: its weight in a mixture, means and deviations of shape (N,)."""

    weight: float
    mean: Floats
    std: Floats


@dataclass
class GaussianPosterior:
    """The distribution of N log times, as `Posterior` of `perfpred.search` asks for it.

    Attributes
    ----------
    process : Posterior
        Of the process, on standardised log times.
    prior_mean : ndarray of shape (N,)
        Log seconds that the process corrects.
    scale : float
        Log seconds per unit of the process.
    p_feasible : ndarray of shape (N,)
        Probability of feasibility.
    best : float
        The smallest log time measured.
    loo_log_density : ndarray of shape (n,)
        Leave-one-out log density of each measurement.
    """

    process: Posterior
    prior_mean: Floats
    scale: float
    p_feasible: Floats
    best: float
    loo_log_density: Floats

    @property
    def components(self) -> tuple[Normal]:
        """The one component: log seconds, the slow ones winsorized."""
        mean = self.prior_mean + self.scale * self.process.mean
        return (Normal(1.0, mean, self.scale * np.sqrt(self.process.variance)),)

    def condition_on(self, chosen: int) -> None:
        """Condition on candidate `chosen` being measured as expected."""
        self.process.condition_on(chosen)


class GaussianSurrogate:
    """Log time by a Gaussian process on the inputs; the probability of feasibility by a forest."""

    def __init__(self) -> None:
        self._fit = RefittedProcess()

    def initial_design(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> int | None:
        """Want no candidate in particular."""
        return None

    def is_ready(self, x: Floats, time_s: Floats) -> bool:
        """Say whether there are enough times."""
        return int(np.isfinite(time_s).sum()) >= MIN_TIMES

    def posterior(self, x: Floats, time_s: Floats, candidates: Floats) -> GaussianPosterior:
        """Return the posterior of `N` candidates given `n` measurements."""
        ok = np.isfinite(time_s)
        p_feasible = probability_of_feasibility(x, ok, candidates)
        return self._fit.posterior(x[ok], winsorize(np.log(time_s[ok])), candidates, p_feasible)


class RefittedProcess:
    """Fits a process to growing data, each time from the scales of the last.

    Parameters
    ----------
    medians : Scales, optional
        Those that the priors of the scales have, by default `Scales.prior`.
    min_std : float
        Log seconds, where nothing near was measured: few rows may happen to be closer to what was expected.
    """

    def __init__(self, medians: Scales | None = None, min_std: float = 0.0) -> None:
        self._medians = medians
        self._min_std = min_std
        self._last: Scales | None = None

    def posterior(
        self,
        x: Floats,
        y: Floats,
        candidates: Floats,
        p_feasible: Floats,
        prior_means: tuple[Floats, Floats] | None = None,
    ) -> GaussianPosterior:
        """Return the posterior of candidates.

        Parameters
        ----------
        x : ndarray of shape (n, d)
            Inputs of the rows.
        y : ndarray of shape (n,)
            Their log seconds.
        candidates : ndarray of shape (N, d)
        p_feasible : ndarray of shape (N,)
            Probability of feasibility.
        prior_means : tuple of ndarray, optional
            Log seconds expected of the rows, (n,), and of the candidates, (N,); by default all the same.
        """
        at_rows, at_candidates = prior_means or (np.zeros(len(y)), np.zeros(len(candidates)))
        residuals = y - at_rows
        shift, scale = float(residuals.mean()), max(float(residuals.std()), MIN_SCALE)
        center, std = candidates.mean(axis=0), candidates.std(axis=0)
        std = np.where(std > NEGLIGIBLE, std, 1.0)
        with threadpool_limits(limits=1, user_api="blas"):
            process = self._fitted((x - center) / std, (residuals - shift) / scale, scale)
            found = process.posterior((candidates - center) / std)
        loo_log_density = process.loo_log_density() - float(np.log(scale))
        return GaussianPosterior(
            found, at_candidates + shift, scale, p_feasible, float(y.min()), loo_log_density
        )

    def _fitted(self, z: Floats, targets: Floats, scale: float) -> Process:
        """Return the process fitted to standardised inputs and targets, its signal at least `min_std`."""
        iterations = ITERATIONS if self._last is None else REFIT_ITERATIONS
        process = Process.fit(z, targets, self._last, iterations, self._medians)
        self._last = found = process.scales
        min_log_signal = 2 * np.log(max(self._min_std, NEGLIGIBLE) / scale)
        if found.log_signal >= min_log_signal:
            return process
        return Process.given(z, targets, replace(found, log_signal=min_log_signal), process.log_evidence)


def winsorize(log_time: Floats) -> Floats:
    """Return log times, shape (n,), with the distance of those above a quantile from it shrunk.

    Examples
    --------
    >>> winsorize(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 14.0])).round(1).tolist()
    [0.0, 1.0, 2.0, 2.2, 2.4, 4.4]
    """
    bound = np.quantile(log_time, SLOW_QUANTILE)
    return np.where(log_time > bound, bound + SLOW_SLOPE * (log_time - bound), log_time)


def probability_of_feasibility(x: Floats, ok: NDArray[np.bool_], candidates: Floats) -> Floats:
    """Return the probability, shape (N,), that candidates do not fail, from which of n rows did not."""
    if ok.all() or not ok.any():
        return np.ones(len(candidates))
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(FAILURE_TREES, max_features=FAILURE_INPUTS, random_state=0).fit(x, ok)
    return np.asarray(forest.predict_proba(candidates)[:, list(forest.classes_).index(True)])
