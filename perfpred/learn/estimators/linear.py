"""The classical analytic fit: a non-negative sum of terms, least squares in relative error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression

from perfpred.learn.estimators.base import TimeRegressor
from perfpred.learn.fitting.inputs import Expressions, positive_complexities, varying
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.checks import Floats
from perfpred.predict.expressions import evaluate
from perfpred.predict.formula import LinearModel


class LinearRegressor(TimeRegressor):
    """Seconds as a non-negative combination of a constant, the complexities and the parameters.

    Minimises ``sum(((prediction - time) / time) ** 2)`` over coefficients >= 0, so that a short run counts
    as much as a long one. A parameter p takes part as its distance from either end of its training
    range, ``max(p - low, 0)`` and ``max(high - p, 0)``: time may rise or fall with it, and is never < 0.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns.
    random_state : int, RandomState or None
        Folds only; the fit itself is exact.
    """

    def __init__(self, complexity: Expressions = None, random_state: Any = 0) -> None:
        self.complexity = complexity
        self.random_state = random_state

    def _formula(self, rows: Rows, rng: np.random.RandomState) -> LinearModel:
        complexities = varying(positive_complexities(self.complexity, rows), rows)
        terms = ("1", *complexities, *_distances(rows.columns))
        coefficients = nonnegative_coefficients(terms, rows)
        used = coefficients > 0
        used[0] = True
        chosen = tuple(term for term, is_used in zip(terms, used, strict=True) if is_used)
        return LinearModel(chosen, coefficients[used], float(rows.time_s.min()))


def nonnegative_coefficients(terms: Sequence[str], rows: Rows) -> Floats:
    """Return coefficients c >= 0, shape (J,), that minimise ``sum(((c . terms - time) / time) ** 2)``."""
    matrix = np.stack([evaluate(term, rows.columns) for term in terms], axis=1) / rows.time_s[:, None]
    # Terms differ by many orders of magnitude: unit columns keep the problem well conditioned.
    norms = np.linalg.norm(matrix, axis=0)
    solver = LinearRegression(positive=True, fit_intercept=False)
    return np.asarray(solver.fit(matrix / norms, np.ones(len(rows))).coef_ / norms)


def _distances(columns: Mapping[str, Floats]) -> list[str]:
    terms = []
    for name, values in columns.items():
        low, high = float(values.min()), float(values.max())
        if high > low:
            terms += [f"max({name} - {_literal(low)}, 0)", f"max({_literal(high)} - {name}, 0)"]
    return terms


def _literal(value: float) -> str:
    return repr(value) if value >= 0 else f"({value!r})"
