"""Ranges that training saw, and how far beyond one a value lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.checks import Floats, require, require_finite

FARTHEST = 60.0
"""Octaves; a value may be no farther, so that what grows with distance stays finite."""


@dataclass(frozen=True)
class Range:
    """The values of a parameter or an expression that training saw."""

    low: float
    high: float

    def __post_init__(self) -> None:
        require_finite(self, "low", "high")
        require(self.low <= self.high, self, "low <= high", f"(low={self.low}, high={self.high})")

    @classmethod
    def of(cls, values: Floats) -> Range:
        """Return the range of values of shape (n,)."""
        return cls(float(values.min()), float(values.max()))

    def holds(self, values: Floats) -> NDArray[np.bool_]:
        """Say of each value, shape (n,), whether it lies within, shape (n,)."""
        return np.asarray((values >= self.low) & (values <= self.high))

    def beyond(self, value: float) -> float:
        """Return how many octaves (factors of two) a value lies beyond the nearer end, 0 within.

        Where signs make a factor meaningless, the width of the range counts as an octave.

        Examples
        --------
        >>> Range(1, 100).beyond(400), Range(8, 100).beyond(2), Range(8, 100).beyond(20)
        (2.0, 2.0, 0.0)
        """
        if self.low <= value <= self.high:
            return 0.0
        end = self.low if value < self.low else self.high
        if value > 0 and end > 0:
            ratio = value / end  # may be too small or large for a double
            return min(abs(math.log2(ratio)), FARTHEST) if 0 < ratio < math.inf else FARTHEST
        width = max(self.high - self.low, abs(end), 1e-300)
        return min(abs(value - end) / width, FARTHEST)

    def all_beyond(self, values: Floats) -> Floats:
        """Return what `beyond` does of each value, shape (n,)."""
        outside = ~self.holds(values)
        found = np.zeros(len(values))
        found[outside] = [self.beyond(float(value)) for value in values[outside]]
        return found
