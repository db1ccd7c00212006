"""One-sided confidence bounds, and how certainty is shared out among several questions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from perfpred.errors import InputError

FALSE_ALARMS = 0.01
"""How often a gate may say "worse" although nothing changed, all its questions together."""


def require_rate(false_alarms: float) -> None:
    """Raise `InputError` unless false alarms can be kept to such a share."""
    if not 0 < false_alarms <= 0.5:
        raise InputError(
            f"the rate of false alarms must be above 0 and at most 0.5, but got {false_alarms:g}"
        )


@dataclass(frozen=True)
class Estimate:
    """A mean (or a difference of means) and how far it may be off.

    Parameters
    ----------
    value : float
    error : float
        Its standard error; infinite where nothing tells it.
    freedom : float
        Degrees of freedom of `error`.
    """

    value: float
    error: float
    freedom: float

    def below(self, false_alarms: float) -> float:
        """Return what the true value exceeds, but for that share of repetitions."""
        return self.value - self._reach(false_alarms)

    def above(self, false_alarms: float) -> float:
        """Return what the true value falls short of, but for that share of repetitions."""
        return self.value + self._reach(false_alarms)

    def p_greater(self, limit: float = 0.0) -> float:
        """Return the probability of an estimate this large if the true value were `limit`."""
        if not math.isfinite(self.error):
            return 1.0
        if self.error == 0:
            return 0.0 if self.value > limit else 1.0
        return float(stats.t.sf((self.value - limit) / self.error, self.freedom))

    def _reach(self, false_alarms: float) -> float:
        if not math.isfinite(self.error):
            return math.inf
        return float(stats.t.isf(false_alarms, self.freedom)) * self.error


def mean_of(values: NDArray[np.float64]) -> Estimate:
    """Return the mean of independent values, shape (n,); nothing is known of its error where n is 1.

    For values whose distribution has its long tail upwards, as errors and regrets have, the lower bound of
    Student's t holds more often than it says.

    Examples
    --------
    >>> found = mean_of(np.array([0.02, 0.04, 0.03]))
    >>> round(found.value, 3), found.below(0.01) < 0.03 < found.above(0.01)
    (0.03, True)
    """
    n = len(values)
    if n < 2:
        return Estimate(float(values.mean()), math.inf, 1.0)
    return Estimate(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(n), n - 1.0)


def difference_of(first: NDArray[np.float64], second: NDArray[np.float64], scatter: float) -> Estimate:
    """Return the mean of `second` minus that of `first`, by Welch's test.

    Parameters
    ----------
    first, second : ndarray, shapes (a,) and (b,)
        One value per run.
    scatter : float
        Standard deviation between runs that is assumed where a side has one run alone: a single run does not
        tell how far another one would lie.
    """
    value = float(second.mean() - first.mean())
    if min(len(first), len(second)) < 2:
        return Estimate(value, scatter * math.sqrt(1 / len(first) + 1 / len(second)), math.inf)
    parts = [float(side.var(ddof=1)) / len(side) for side in (first, second)]
    total = sum(parts)
    if total == 0:
        return Estimate(value, 0.0, len(first) + len(second) - 2.0)
    freedom = total**2 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, (first, second), strict=True)
    )
    return Estimate(value, math.sqrt(total), freedom)


def holm(p_values: Sequence[float], false_alarms: float) -> list[bool]:
    """Return which of several questions are answered yes, false alarms of all kept to a share (Holm 1979).

    Examples
    --------
    >>> holm([0.2, 0.001, 0.004], 0.01)
    [False, True, True]
    """
    order = np.argsort(p_values, kind="stable")
    answers = [False] * len(p_values)
    for rank, index in enumerate(order):
        if p_values[index] > false_alarms / (len(p_values) - rank):
            break
        answers[int(index)] = True
    return answers
