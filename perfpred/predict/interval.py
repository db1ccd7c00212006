"""90% intervals whose width is that of the errors there: at that time, between those levels, that far out."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from perfpred.errors import InputError
from perfpred.predict.checks import Floats, require, require_finite

WIDEST = 50.0
"""Log of the largest ratio of an end to the prediction: e**50 is beyond all that can be asked of a
machine."""
NO_ENDS = "no finite interval > 0 holds the time predicted for these parameters"
GROWTH = 0.7
"""Least log width of either end an octave beyond what training saw, and of a model that does not know its
own growth: calls whose data no longer fit a cache may take twice as long, which no smaller size tells.
Farther out, this part grows by the root of the distance."""


@dataclass(frozen=True)
class Interval:
    """A 90% interval around a prediction, relative to it.

    The time lies in ``[prediction * exp(s * log_low - g), prediction * exp(s * log_high + g)]`` for nine of
    ten rows, with the scale s there, and g = ``max(growth * d, 0.7 * min(d, sqrt(d)))`` at the
    distance d, in octaves, from what training saw.

    Parameters
    ----------
    log_low, log_high : float
        Where the scale is 1; ``log_low <= 0 <= log_high``.
    knots : tuple of float
        Log predicted seconds, ascending.
    scales : tuple of float
        At the knots, > 0; straight between them, and constant beyond them.
    growth : float
        Per octave, >= 0.
    levels : mapping of str to float
        Factors, >= 1, by which the interval is wider at a value of a parameter between those measured.
    """

    log_low: float
    log_high: float
    knots: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    growth: float = GROWTH
    levels: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_finite(self, "log_low", "log_high", "growth")
        ends = (self.log_low, self.log_high)
        require(-WIDEST <= self.log_low <= 0, self, f"-{WIDEST:g} <= log_low <= 0", ends)
        require(0 <= self.log_high <= WIDEST, self, f"0 <= log_high <= {WIDEST:g}", ends)
        require(len(self.knots) == len(self.scales), self, "len(knots) == len(scales)", len(self.scales))
        require(all(map(math.isfinite, self.knots)), self, "knots are finite", self.knots)
        pairs = zip(self.knots, self.knots[1:], strict=False)
        require(all(first < second for first, second in pairs), self, "knots ascend", self.knots)
        require(all(0 < scale < 1e6 for scale in self.scales), self, "0 < scales < 1e6", self.scales)
        require(0 <= self.growth <= WIDEST, self, f"0 <= growth <= {WIDEST:g}", self.growth)
        require(all(1 <= level < 1e6 for level in self.levels.values()), self, "levels >= 1", self.levels)

    def logs(self, time_s: float, distance: float = 0.0, wider: float = 1.0) -> tuple[float, float]:
        """Return the logs of the ratios of both ends to a predicted time in seconds.

        Parameters
        ----------
        time_s : float
            Predicted.
        distance : float
            Octaves from what training saw.
        wider : float
            A factor of `levels`.
        """
        scale = self._scale(math.log(time_s)) * wider if self.knots else wider
        further = (
            max(distance * self.growth, GROWTH * min(distance, math.sqrt(distance))) if distance else 0.0
        )
        return max(scale * self.log_low - further, -WIDEST), min(scale * self.log_high + further, WIDEST)

    def all_logs(self, time_s: Floats, distance: Floats, wider: Floats) -> tuple[Floats, Floats]:
        """Return what `logs` does, of arrays of shape (n,)."""
        scale = np.interp(np.log(time_s), self.knots, self.scales) * wider if self.knots else wider
        further = np.maximum(distance * self.growth, GROWTH * np.minimum(distance, np.sqrt(distance)))
        low = np.maximum(scale * self.log_low - further, -WIDEST)
        return low, np.minimum(scale * self.log_high + further, WIDEST)

    def ends(self, time_s: Floats, distance: Floats, wider: Floats) -> tuple[Floats, Floats]:
        """Return both ends in seconds, of arrays of shape (n,); raises `InputError` if one has no value."""
        low, high = self.all_logs(time_s, distance, wider)
        with np.errstate(over="ignore"):
            low_s, high_s = time_s * np.exp(low), time_s * np.exp(high)
        good = (low_s > 0) & (high_s < np.inf)
        if not good.all():
            raise InputError(f"{NO_ENDS}{f' in row {int(np.argmin(good)) + 1}' if len(good) > 1 else ''}")
        return low_s, high_s

    def at_median(self) -> tuple[float, float]:
        """Return the logs of both ends where the scale is usual: the median of the knots', for a summary."""
        scale = float(np.median(self.scales)) if self.scales else 1.0
        return scale * self.log_low, scale * self.log_high

    def _scale(self, log_time: float) -> float:
        knots, scales = self.knots, self.scales
        right = bisect_right(knots, log_time)
        if right == 0 or right == len(knots):
            return scales[0 if right == 0 else -1]
        share = (log_time - knots[right - 1]) / (knots[right] - knots[right - 1])
        return scales[right - 1] + share * (scales[right] - scales[right - 1])
