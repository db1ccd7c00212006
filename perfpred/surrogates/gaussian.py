"""A model for searching: log time with uncertainty, and what fails.

It keeps the contract `Surrogate` of the room of searching, which knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from perfpred.learn.fitting.process import Belief, Process, Scales
from perfpred.predict.checks import Floats

FIRST = 10
"""Candidates with a time before it chooses."""
SLOW_SHARE, SLOW_SLOPE = 0.4, 0.2
"""How slow the slow ones are matters little: beyond this quantile, log time counts by this factor."""
REFIT_ITERATIONS = 10
NEGLIGIBLE = 1e-9
FAILURE_TREES = 100


class Part(NamedTuple):
    """One opinion about N candidates: how far it is believed, means and deviations of shape (N,)."""

    weight: float
    mean: Floats
    deviation: Floats


@dataclass
class GaussianPosterior:
    """What is believed of N candidates; see `Posterior` of the room of searching.

    Attributes
    ----------
    expected_before : ndarray of shape (N,)
        What the process corrects.
    left_out : ndarray of shape (n,)
        Log density of each measurement given the others.
    """

    belief: Belief
    expected_before: Floats
    scale: float
    p_ok: Floats
    best: float
    left_out: Floats

    @property
    def parts(self) -> tuple[Part]:
        """The one opinion: log seconds, the slow ones drawn together."""
        mean = self.expected_before + self.scale * self.belief.mean
        return (Part(1.0, mean, self.scale * np.sqrt(self.belief.variance)),)

    def told(self, chosen: int) -> None:
        """Take candidate `chosen` as measured."""
        self.belief.told(chosen)


class GaussianSurrogate:
    """Log time by a Gaussian process on the inputs; failures by a forest."""

    def __init__(self) -> None:
        self._fit = Refits()

    def asks(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> int | None:
        """Ask for none."""
        return None

    def enough(self, x: Floats, time_s: Floats) -> bool:
        """Say whether there are enough times."""
        return int(np.isfinite(time_s).sum()) >= FIRST

    def posterior(self, x: Floats, time_s: Floats, candidates: Floats) -> GaussianPosterior:
        """Return what `n` measurements say of `N` candidates."""
        ok = np.isfinite(time_s)
        p_ok = probability_ok(x, ok, candidates)
        return self._fit.posterior(x[ok], drawn_together(np.log(time_s[ok])), candidates, p_ok)


class Refits:
    """Fits processes to growing data, each from the scales of the last.

    Parameters
    ----------
    medians : Scales, optional
        Those that the priors of the scales have, by default `Scales.prior`.
    least_deviation : float
        Of log seconds where nothing near was measured: few rows may happen to be closer to what was expected.
    """

    def __init__(self, medians: Scales | None = None, least_deviation: float = 0.0) -> None:
        self._medians = medians
        self._least_deviation = least_deviation
        self._last: Scales | None = None

    def posterior(
        self,
        x: Floats,
        y: Floats,
        candidates: Floats,
        p_ok: Floats,
        before: tuple[Floats, Floats] | None = None,
    ) -> GaussianPosterior:
        """Return the posterior; `before` is what is expected of rows, (n,), and candidates, (N,)."""
        at_rows, at_candidates = (np.zeros(len(y)), np.zeros(len(candidates))) if before is None else before
        rest = y - at_rows
        shift, scale = float(rest.mean()), max(float(rest.std()), 1e-3)
        middle, spread = candidates.mean(axis=0), candidates.std(axis=0)
        spread = np.where(spread > NEGLIGIBLE, spread, 1.0)
        iterations = 40 if self._last is None else REFIT_ITERATIONS
        z, targets = (x - middle) / spread, (rest - shift) / scale
        with threadpool_limits(limits=1, user_api="blas"):
            process = Process.fit(z, targets, self._last, iterations, self._medians)
            self._last = found = process.scales
            least = 2 * np.log(max(self._least_deviation, 1e-9) / scale)
            if found.log_signal < least:
                process = Process.given(z, targets, replace(found, log_signal=least), process.log_evidence)
            belief = process.belief((candidates - middle) / spread)
        left_out = process.left_out() - float(np.log(scale))
        return GaussianPosterior(belief, at_candidates + shift, scale, p_ok, float(y.min()), left_out)


def drawn_together(log_time: Floats) -> Floats:
    """Return log times, shape (n,), with those above a quantile drawn towards it.

    Examples
    --------
    >>> drawn_together(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 14.0])).round(1).tolist()
    [0.0, 1.0, 2.0, 2.2, 2.4, 4.4]
    """
    bound = np.quantile(log_time, SLOW_SHARE)
    return np.where(log_time > bound, bound + SLOW_SLOPE * (log_time - bound), log_time)


def probability_ok(x: Floats, ok: NDArray[np.bool_], candidates: Floats) -> Floats:
    """Return the probability, shape (N,), that candidates do not fail, from which of n rows did not."""
    if ok.all() or not ok.any():
        return np.ones(len(candidates))
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(FAILURE_TREES, max_features=0.6, random_state=0).fit(x, ok)
    return np.asarray(forest.predict_proba(candidates)[:, list(forest.classes_).index(True)])
