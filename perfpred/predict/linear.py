"""A fitted sum of terms as a formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfpred.predict.checks import MAX_TIME_S, MIN_TIME_S, Floats, require, require_finite, set_weights
from perfpred.predict.expressions import Columns, evaluate, n_rows, parsed, require_terms
from perfpred.predict.lowered import Lowered
from perfpred.program import Builder


@dataclass(frozen=True, eq=False)
class LinearModel:
    """``t = max(sum_j c_j term_j, floor)``.

    Parameters
    ----------
    terms : tuple of str
        J expressions over encoded columns.
    coefficients : ndarray of shape (J,)
        Seconds a unit of the term.
    floor : float
        The least time predicted, > 0 seconds.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    floor: float

    def __post_init__(self) -> None:
        require_terms(self, self.terms)
        set_weights(self, "coefficients", (len(self.terms),))
        require_finite(self, "floor")
        require(MIN_TIME_S <= self.floor <= MAX_TIME_S, self, "floor > 0", self.floor)

    @property
    def n_parameters(self) -> int:
        """Number of coefficients."""
        return len(self.terms)

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        total = np.zeros(n_rows(columns))
        for term, coefficient in zip(self.terms, self.coefficients, strict=True):
            total += coefficient * evaluate(term, columns)
        return np.asarray(np.maximum(total, self.floor))

    def lower(self, builder: Builder) -> Lowered:
        """Return the same as scalar operations."""
        terms = [builder.expression(parsed(term).tree) for term in self.terms]
        total = builder.weighted_sum(terms, self.coefficients)
        seconds = builder.apply("max", total, builder.constant(self.floor))
        return Lowered(seconds, finite=(*terms, seconds))
