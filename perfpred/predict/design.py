"""The design matrix of a formula: standardised inputs, by one function for training and for serving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfpred.predict.checks import Floats, require, require_finite
from perfpred.predict.expressions import Columns, evaluate, n_rows, parsed

_MAX_INPUT = 1e100
"""Inputs and scales beyond, either way, leave no room for products in double precision."""
_NO_END = float(np.finfo(np.float64).max)
"""An input of a model that does not clip ends there."""
_MAX_DEVIATIONS = 1e9
"""Of n values none is further than sqrt(n) standard deviations from their mean."""


@dataclass(frozen=True)
class Input:
    """One standardised input of a formula: an expression, clipped to the range that training saw.

    Parameters
    ----------
    expression : str
        Over encoded columns.
    mean, scale : float
        Of the training values, so that ``(x - mean) / scale`` has mean 0 and deviation 1 there.
    low, high : float
        Values beyond are clipped: a net says nothing sensible where it has seen nothing.
    """

    expression: str
    mean: float
    scale: float
    low: float
    high: float

    def __post_init__(self) -> None:
        parsed(self.expression)
        require_finite(self, "mean", "scale", "low", "high")
        require(self.scale > 0, self, "scale > 0", self.scale)
        require(self.scale >= 1 / _MAX_INPUT, self, f"scale >= {1 / _MAX_INPUT:g}", self.scale)
        require(self.low <= self.high, self, "low <= high", f"(low={self.low}, high={self.high})")
        self._require_sensible()

    def _require_sensible(self) -> None:
        """Refuse numbers whose standardised values would not be finite; an end at infinity is no end."""
        ends = [end for end in (self.low, self.high) if abs(end) < _NO_END]
        largest = max(map(abs, (self.mean, *ends)))
        require(largest <= _MAX_INPUT, self, f"|low|, |high| and |mean| <= {_MAX_INPUT:g}", largest)
        reached = max((abs(end - self.mean) / self.scale for end in ends), default=0.0)
        numbers = f"(low={self.low}, high={self.high}, mean={self.mean}, scale={self.scale})"
        require(reached <= _MAX_DEVIATIONS, self, "low and high are not far from the mean in scales", numbers)

    @classmethod
    def fitted(cls, expression: str, columns: Columns) -> Input | None:
        """Return the input standardised on training `columns`; None if it is constant there."""
        values = evaluate(expression, columns)
        low, high, mean = float(values.min()), float(values.max()), float(values.mean())
        scale = float(values.std())
        if high - low <= 1e-9 * max(abs(low), abs(high)) or scale == 0.0:
            return None
        return cls(expression, mean, scale, low, high)

    def clipped_to(self, columns: Columns) -> Input:
        """Return the input clipped to the range that it has on `columns`."""
        values = evaluate(self.expression, columns)
        return replace(self, low=float(values.min()), high=float(values.max()))

    def __call__(self, columns: Columns) -> Floats:
        """Return the standardised values, shape (n,)."""
        clipped = np.clip(evaluate(self.expression, columns), self.low, self.high)
        return np.asarray((clipped - self.mean) / self.scale)


def design_matrix(inputs: Sequence[Input], columns: Columns) -> Floats:
    """Return the standardised inputs of encoded `columns`, shape (n, d)."""
    matrix = np.empty((n_rows(columns), len(inputs)))
    for index, standardised in enumerate(inputs):
        matrix[:, index] = standardised(columns)
    return matrix
