"""A search that was made before, at another size or on another machine: what it says of candidates here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor
from threadpoolctl import threadpool_limits

from perfpred.learn.fitting.process import Process, Scales
from perfpred.predict.checks import Floats
from perfpred.surrogates.gaussian import NEGLIGIBLE, winsorize

TREES, INPUTS_SHARE = 50, 0.6
"""As those of the ensemble; fewer trees, since a search asks again and again."""
MAX_PROCESS_ROWS = 300
"""Measurements from which the length scales are learned: a fit takes time by the cube of its rows."""
MIN_KEPT = 1000
"""Predictions for at least so many candidates are kept: the next round asks for the same ones."""
SLOPE_PRIOR_ROWS, MAX_SLOPE = 2.0, 2.0
"""The slope between log times is drawn to 1 as by so many rows, and is at most this."""
MIN_VARIANCE = 1e-12
"""Variance of log times below which they are all the same."""


class SourceTask:
    """What measurements of another task say: how long candidates took in it, and which inputs mattered.

    Parameters
    ----------
    x : ndarray of shape (m, d)
        The inputs that candidates have here.
    log_time : ndarray of shape (m,)
        Log seconds.
    shared : ndarray of shape (d,), bool
        Which inputs are made of parameters that candidates have in the other task, too; the others are not
        used.
    random_state : int

    Attributes
    ----------
    std : float
        Of the log times.
    scales : Scales
        Of a process fitted to some of the measurements.
    """

    def __init__(self, x: Floats, log_time: Floats, shared: NDArray[np.bool_], random_state: int = 0) -> None:
        self._shared = shared
        x = x[:, shared]
        trees = ExtraTreesRegressor(TREES, max_features=INPUTS_SHARE, random_state=random_state)
        self._trees = trees.fit(x, log_time)
        self.std = float(log_time.std())
        few = np.random.default_rng(random_state).permutation(len(x))[:MAX_PROCESS_ROWS]
        log_inverse_length = Scales.prior(len(shared)).log_inverse_length
        found = _scales(x, few, log_time)
        log_inverse_length[shared] = found.log_inverse_length
        self.scales = Scales(log_inverse_length, found.log_signal, found.log_noise)
        self._kept: tuple[Floats, Floats] | None = None

    def log_times(self, x: Floats) -> Floats:
        """Return expected log seconds in the other task, shape (n,), of inputs of shape (n, d)."""
        if len(x) < MIN_KEPT:
            return np.asarray(self._trees.predict(x[:, self._shared]))
        if self._kept is None or self._kept[0] is not x:
            self._kept = x, self._trees.predict(x[:, self._shared])
        return self._kept[1]


def _scales(x: Floats, few: NDArray[np.intp], log_time: Floats) -> Scales:
    """Return the scales of a process fitted to `few` of the rows, inputs standardised over all of them."""
    std = x.std(axis=0)
    z = (x[few] - x.mean(axis=0)) / np.where(std > NEGLIGIBLE, std, 1.0)
    y = winsorize(log_time[few])
    scale = max(float(y.std()), NEGLIGIBLE)
    with threadpool_limits(limits=1, user_api="blas"):
        return Process.fit(z, (y - y.mean()) / scale).scales


def rank_correlation(expected: Floats, log_time: Floats) -> float:
    """Return Spearman's rank correlation of arrays of shape (n,), 0 where one is constant or n < 2."""
    if len(expected) < 2 or np.ptp(expected) == 0 or np.ptp(log_time) == 0:
        return 0.0
    return float(spearmanr(expected, log_time).statistic)


def aligned(source: Floats, log_time: Floats) -> Callable[[Floats], Floats]:
    """Return the map from log time in the source task to log time here, a line of slope near 1.

    Parameters
    ----------
    source, log_time : ndarray of shape (n,)
        Log seconds of the same candidates, in the source task and here.
    """
    center, level = source.mean(), log_time.mean()
    centred = source - center
    prior = SLOPE_PRIOR_ROWS * max(float(centred.var()), MIN_VARIANCE)
    slope = (centred @ (log_time - level) + prior) / (centred @ centred + prior)
    slope = min(max(float(slope), 0.0), MAX_SLOPE)
    return lambda values: np.asarray(level + slope * (values - center))
