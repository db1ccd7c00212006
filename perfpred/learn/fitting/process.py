"""A Gaussian process for few rows and many inputs: fitted in milliseconds, with priors that keep it sane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from perfpred.predict.checks import Floats

INVERSE_LENGTH, INVERSE_LENGTH_STD = 0.5, 1.0
"""Median inverse length scale of one of 4 standardised inputs, and the standard deviation of its logarithm.

With d inputs the median falls by sqrt(4 / d), so that rows are as far apart however many inputs there are.
"""
LOG_SIGNAL, LOG_NOISE, LOG_STD = 1.0, -4.0, 1.5
"""Medians and standard deviation of the log variances, for targets of variance 1."""
MAX_LOG_SCALE = 100.0
"""Largest logarithm of a scale that is tried; the exponential of a larger one would overflow."""
JITTER = 1e-6
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Scales:
    """Hyperparameters: log inverse length scales, shape (d,), and the log variances of signal and noise."""

    log_inverse_length: Floats
    log_signal: float
    log_noise: float

    @classmethod
    def prior(cls, d: int) -> Scales:
        """Return the medians of the priors for `d` inputs."""
        return cls(np.full(d, _median_log_inverse_length(d)), LOG_SIGNAL, LOG_NOISE)

    def _packed(self) -> Floats:
        return np.concatenate([self.log_inverse_length, [self.log_signal, self.log_noise]])


@dataclass(frozen=True, eq=False)
class Process:
    """A Gaussian process with a Matérn 5/2 kernel and an inverse length scale for each input, given n rows.

    Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 5.

    Attributes
    ----------
    x : ndarray of shape (n, d)
        Inputs of the rows, of mean 0 and deviation 1 or so.
    scales : Scales
        Of greatest posterior density.
    factor : ndarray of shape (n, n)
        Lower Cholesky factor of the covariance of the rows.
    weights : ndarray of shape (n,)
        So that the mean at a point is its covariance with the rows times these.
    log_evidence : float
        Log density of the targets and of the scales.
    """

    x: Floats
    scales: Scales
    factor: Floats
    weights: Floats
    log_evidence: float

    @classmethod
    def fit(
        cls,
        x: Floats,
        y: Floats,
        start: Scales | None = None,
        iterations: int = 40,
        medians: Scales | None = None,
    ) -> Process:
        """Fit to `y`, shape (n,), of mean 0 and variance 1 or so.

        The priors of the scales have the `medians` given, by default `Scales.prior`; the search for the
        most likely ones begins at `start`, by default at the medians.

        Parameters
        ----------
        x : ndarray of float64
            Shape (n, d).
        y : ndarray of float64
            Shape (n,).
        start : Scales, optional
            Where the search for scales starts.
        iterations : int
            Of that search, at most.
        medians : Scales, optional
            Of the prior of the scales.
        """
        expected = Scales.prior(x.shape[1]) if medians is None else medians
        first = expected if start is None else start
        density = _Density(x, y, expected)
        found = minimize(
            density, first._packed(), jac=True, method="L-BFGS-B", options={"maxiter": iterations}
        )
        return cls.given(x, y, _unpacked(found.x), -float(found.fun))

    @classmethod
    def given(cls, x: Floats, y: Floats, scales: Scales, log_evidence: float = float("nan")) -> Process:
        """Return the process with these scales.

        Parameters
        ----------
        x : ndarray of float64
            Shape (n, d).
        y : ndarray of float64
            Shape (n,).
        scales : Scales
            Of the inputs.
        log_evidence : float
            Of the data under these scales.
        """
        covariance = _kernel(_squares(x, x, scales), scales)
        covariance[np.diag_indices(len(x))] += np.exp(scales.log_noise) + JITTER
        factor = cholesky(covariance, lower=True)
        return cls(x, scales, factor, cho_solve((factor, True), y), log_evidence)

    def covariance(self, x: Floats) -> Floats:
        """Return the covariance of points, shape (N, d), with the rows, shape (N, n)."""
        covariance = np.empty((len(x), len(self.x)))
        step = max(1, _BLOCK // max(1, len(self.x)))
        for first in range(0, len(x), step):
            block = slice(first, first + step)
            covariance[block] = _kernel(_squares(x[block], self.x, self.scales), self.scales)
        return covariance

    def loo_log_density(self) -> Floats:
        """Return the leave-one-out log density of each row, shape (n,) (chapter 5.4.2 of the above)."""
        inverse = cho_solve((self.factor, True), np.eye(len(self.x)))
        variance = 1 / np.diag(inverse)
        error = self.weights * variance
        return np.asarray(-0.5 * (np.log(2 * np.pi * variance) + error**2 / variance))

    def posterior(self, x: Floats) -> Posterior:
        """Return the posterior at points, shape (N, d)."""
        covariance = self.covariance(x)
        whitened = solve_triangular(self.factor, covariance.T, lower=True)
        variance = np.exp(self.scales.log_signal) - (whitened**2).sum(axis=0)
        return Posterior(self, x, covariance @ self.weights, np.maximum(variance, JITTER), whitened)


@dataclass(eq=False)
class Posterior:
    """Mean and variance of a process at N points; the variance falls as it is conditioned on further ones.

    Attributes
    ----------
    process : Process
        The process that was fitted.
    x : ndarray of float64
        Where it is asked, shape (m, d).
    mean, variance : ndarray of shape (N,)
    """

    process: Process
    x: Floats
    mean: Floats
    variance: Floats
    _whitened: Floats

    def condition_on(self, chosen: int) -> None:
        """Lower the variance as if point `chosen` had been measured."""
        scales = self.process.scales
        own = self._whitened[:, chosen]
        covariance = _kernel(_squares(self.x, self.x[chosen : chosen + 1], scales), scales)[:, 0]
        covariance -= own @ self._whitened
        row = covariance / np.sqrt(max(covariance[chosen], 0.0) + np.exp(scales.log_noise) + JITTER)
        self._whitened = np.vstack([self._whitened, row])
        self.variance = np.maximum(self.variance - row**2, JITTER)


class _Density:
    """Negative log posterior density of the scales, and its gradient."""

    def __init__(self, x: Floats, y: Floats, medians: Scales) -> None:
        self.y = y
        self.medians = medians._packed()
        self.prior_std = np.full(len(self.medians), INVERSE_LENGTH_STD)
        self.prior_std[-2:] = LOG_STD
        self.squares = (x[:, None, :] - x[None, :, :]) ** 2

    def __call__(self, packed: Floats) -> tuple[float, Floats]:
        if np.abs(packed).max() > MAX_LOG_SCALE:
            return 1e10, np.zeros_like(packed)
        scales = _unpacked(packed)
        inverse_length = np.exp(2 * scales.log_inverse_length)
        squares = 5 * (self.squares @ inverse_length)
        distance = np.sqrt(squares)
        decay = np.exp(scales.log_signal - distance)
        signal = (1 + distance + squares / 3) * decay
        covariance = signal.copy()
        covariance[np.diag_indices(len(self.y))] += np.exp(scales.log_noise) + JITTER
        try:
            factor = cholesky(covariance, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(packed)
        inverse = cho_solve((factor, True), np.eye(len(self.y)), check_finite=False)
        weights = inverse @ self.y
        value = 0.5 * self.y @ weights + np.log(np.diag(factor)).sum()
        slope = 0.5 * (inverse - np.outer(weights, weights))
        # d signal / d squares = -(1 + distance) / 6 * decay
        by_squares = slope * (-(1 + distance) / 6 * decay)
        gradient = np.empty_like(packed)
        gradient[:-2] = 10 * inverse_length * np.tensordot(by_squares, self.squares, axes=2)
        gradient[-2] = (slope * signal).sum()
        gradient[-1] = np.trace(slope) * np.exp(scales.log_noise)
        off = (packed - self.medians) / self.prior_std
        return float(value + 0.5 * (off**2).sum()), gradient + off / self.prior_std


def _median_log_inverse_length(d: int) -> float:
    return float(np.log(INVERSE_LENGTH) - 0.5 * np.log(max(d, 1) / 4))


def _unpacked(packed: Any) -> Scales:
    return Scales(np.asarray(packed[:-2], dtype=np.float64), float(packed[-2]), float(packed[-1]))


def _squares(a: Floats, b: Floats, scales: Scales) -> Floats:
    """Return 5 times the squared distances of rows of `a` and `b`, shape (len(a), len(b))."""
    inverse_length = np.exp(scales.log_inverse_length)
    a, b = a * inverse_length, b * inverse_length
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * (a @ b.T)
    return np.asarray(5 * np.maximum(squares, 0.0))


def _kernel(squares: Floats, scales: Scales) -> Floats:
    distance = np.sqrt(squares)
    return np.asarray((1 + distance + squares / 3) * np.exp(scales.log_signal - distance))
