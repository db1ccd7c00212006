"""One time from the repeats of a configuration, and how well it repeats."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from perfpred.errors import UnknownNameError

RECORDED = "recorded"
"""The estimate that takes the time as the file has it, whatever its repeats say."""
DEFAULT = "median"
_LOCATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "median": statistics.median,
    "min": min,
    "mean": statistics.fmean,
}
ESTIMATES = (*_LOCATIONS, RECORDED)
_SLACK = 1e-3
"""By how much a recorded time may lie outside its repeats, for the rounding of what was written."""
_MIN_HALVES = 6
"""With fewer repeats, the halves of the median's noise are too small to pass over a slow first run."""
_SIGMA_PER_MAD = 1.4826  # of a normal distribution


def require_estimate(name: str) -> None:
    """Raise `UnknownNameError` unless `name` is one of `ESTIMATES`."""
    if name not in ESTIMATES:
        raise UnknownNameError("estimate", name, ESTIMATES)


def usable(repeats: Sequence[Any]) -> list[float]:
    """Return the repeats as floats; empty where one is no time, since the rest may mean anything."""
    numbers = [each for each in repeats if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) < len(repeats):
        return []
    floats = [float(each) for each in numbers]
    return floats if all(0 < each < math.inf for each in floats) else []


def belongs(value: float, repeats: Sequence[float]) -> bool:
    """Whether a time can be an estimate from these repeats, in the same unit: it lies among them."""
    return min(repeats) * (1 - _SLACK) <= value <= max(repeats) * (1 + _SLACK)


def location(repeats: Sequence[float], estimate: str) -> float:
    """Return the estimate called `estimate` of at least one repeat.

    Examples
    --------
    >>> [location([2.4, 0.26, 0.26, 0.28], name) for name in ("median", "min", "mean")]
    [0.27, 0.26, 0.8]
    """
    return float(_LOCATIONS[estimate](repeats))


def repeatability(repeats: Sequence[float], estimate: str, time: float | None = None) -> float:
    """Return the noise of an estimate relative to `time`, itself by default; NaN for fewer than two repeats.

    The relative difference of the estimates from the first and the second half of the repeats, which is how
    the noise of our own measurements is defined. Of the median of few repeats, a slow first run would be
    half of a half: there it is the median absolute deviation, as that of a normal distribution, of a mean.

    Examples
    --------
    >>> repeatability([1.00, 1.02, 1.02, 1.04], "mean")
    0.019608
    >>> repeatability([0.24, 0.026, 0.026, 0.026, 0.026, 0.026, 0.026], "median")
    0.0
    """
    half = len(repeats) // 2
    if not half:
        return math.nan
    whole = location(repeats, estimate) if time is None else time
    if estimate == "median" and len(repeats) < _MIN_HALVES:
        deviation = statistics.median(abs(repeat - whole) for repeat in repeats)
        return round(_SIGMA_PER_MAD * deviation / math.sqrt(len(repeats)) / whole, 6)
    gap = location(repeats[:half], estimate) - location(repeats[half:], estimate)
    return round(abs(gap) / whole, 6)
