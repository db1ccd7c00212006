"""A Gaussian process around a sum of complexities: the accurate model of any size for hundreds of rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import threadpool_limits

from perfpred.errors import InputError
from perfpred.learn.estimators.base import Masks, TimeRegressor
from perfpred.learn.estimators.linear import nonnegative_coefficients
from perfpred.learn.fitting.inputs import (
    Expressions,
    expressions,
    fitted_inputs,
    logarithmic,
    positive_complexities,
)
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.checks import Floats
from perfpred.predict.design import Input, design_matrix
from perfpred.predict.formula import GaussianProcess

MAX_ROWS = 2000
"""A fit takes time by the cube of the rows, and memory by their square and the number of inputs."""
LENGTH_SCALE = 3.0
"""First guess, in standard deviations of a standardised input."""
LENGTH_SCALES = (0.5, 20.0)
"""Further guesses are drawn from here, uniformly in their logarithm."""
LENGTH_SCALE_BOUNDS = (0.1, 1e3)
"""Above, an input makes no difference; below, a row would say nothing about its neighbours."""
NEGLIGIBLE = 1e-9
"""Standard deviation, in log seconds, of what is rounding and not worth a correction."""


class GPRegressor(TimeRegressor):
    """Log time by a Gaussian process whose mean is a sum of complexities.

    The mean is a non-negative combination of 1 and the complexities, fitted to relative errors. The process
    corrects its logarithm; its covariance is a Matérn 5/2 kernel with a length scale for each input
    (automatic relevance determination) plus noise, and their scales maximise the marginal likelihood.
    Inputs are the logarithms of the parameters, 0/1 columns of categories and `features`.

    By cross-validation within 250 training rows of each matmul dataset, the mean error was 3.3%; 4.3% with
    a constant mean, no better with the logarithms of the complexities among the inputs.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns, > 0 on every row.
    features : mapping of str to str or sequence of str, optional
        Further inputs, such as the remainder of a size after whole vectors.
    restarts : int
        Starting points of the scales; those of the greatest marginal likelihood stay.
    random_state : int, RandomState or None
        Starting points, and folds.

    Raises
    ------
    InputError
        On fitting to more than 2000 rows.
    """

    def __init__(
        self,
        complexity: Expressions = None,
        features: Expressions = None,
        restarts: int = 3,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.features = features
        self.restarts = restarts
        self.random_state = random_state

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> list[GaussianProcess]:
        if self.restarts < 1:
            raise InputError(f"restarts >= 1 must hold, but got {self.restarts}")
        if len(rows) > MAX_ROWS:
            raise InputError(
                f"a Gaussian process takes at most {MAX_ROWS} rows, but got {len(rows)}; "
                f"train on a part of them (train_size), or use another model"
            )
        # A fold's process only serves to size errors, so one start does.
        starts = [self.restarts] + [1] * (len(masks) - 1)
        with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
            # A length scale at its bound is an input that does not matter: nothing to warn of.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return [
                self._fitted(rows.take(mask), count, rng) for mask, count in zip(masks, starts, strict=True)
            ]

    def _fitted(self, rows: Rows, starts: int, rng: np.random.RandomState) -> GaussianProcess:
        wanted = [logarithmic(name, values) for name, values in rows.columns.items()]
        inputs = fitted_inputs((*wanted, *expressions(self.features, "features")), rows)
        trend = fitted_trend(("1", *positive_complexities(self.complexity, rows)), rows, inputs)
        residuals = np.log(rows.time_s) - trend.log_trend(rows.columns)
        scale = float(residuals.std())
        if not inputs or scale < NEGLIGIBLE:
            return trend
        matrix = design_matrix(inputs, rows.columns)
        process = _most_likely(matrix, residuals / scale, starts, rng)
        signal = process.kernel_.k1
        return GaussianProcess(
            trend.terms,
            trend.log_coefficients,
            inputs,
            np.broadcast_to(signal.k2.length_scale, len(inputs)),
            matrix,
            scale * signal.k1.constant_value * process.alpha_,
        )


def fitted_trend(terms: tuple[str, ...], rows: Rows, inputs: tuple[Input, ...]) -> GaussianProcess:
    """Return the mean function alone, with log residuals of mean 0 on `rows`."""
    coefficients = nonnegative_coefficients(terms, rows)
    used = tuple(term for term, coefficient in zip(terms, coefficients, strict=True) if coefficient > 0)
    logs = np.log(coefficients[coefficients > 0])
    nothing = np.ones(len(inputs)), np.zeros((0, len(inputs))), np.zeros(0)
    trend = GaussianProcess(used, logs, inputs, *nothing)
    shift = float(np.mean(np.log(rows.time_s) - trend.log_trend(rows.columns)))
    return GaussianProcess(used, logs + shift, inputs, *nothing)


def _most_likely(
    matrix: Floats, targets: Floats, starts: int, rng: np.random.RandomState
) -> GaussianProcessRegressor:
    """Return the process of greatest marginal likelihood among fits from `starts` starting points."""
    n_inputs = matrix.shape[1]
    low, high = np.log(LENGTH_SCALES)
    guesses = [np.full(n_inputs, LENGTH_SCALE)]
    guesses += [np.exp(rng.uniform(low, high, n_inputs)) for _ in range(starts - 1)]
    fits = [_process(guess).fit(matrix, targets) for guess in guesses]
    return max(fits, key=lambda fit: fit.log_marginal_likelihood_value_)


def _process(length_scales: Floats) -> GaussianProcessRegressor:
    signal = ConstantKernel(1.0, (1e-3, 1e3)) * Matern(length_scales, LENGTH_SCALE_BOUNDS, nu=2.5)
    return GaussianProcessRegressor(signal + WhiteKernel(1e-2, (1e-5, 1.0)))
