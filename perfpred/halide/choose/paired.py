"""How much faster one schedule is than another that was timed in the same blocks of rounds, and how sure.

Each block is a process of its own, so that what a process fixes by chance (where code and operands lie, on
which processors threads settle) differs from block to block as it will differ again when the schedule is
used. Within a block all are timed in the same interleaved rounds: what the machine did to all of them falls
out of their ratio.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from perfpred.predict.checks import Floats

LEVEL = 0.98
"""Of an interval, two-sided; it is looked at after each block, which takes its share of what is left."""
FLOOR = 0.02
"""Least half width of the logarithm: what the blocks of one hour cannot see."""
FEW_BLOCKS = 4
"""Blocks before the first look at the interval."""
FEW_QUIET = 3
"""Blocks in quiet that are enough to leave out the others."""


@dataclass(frozen=True)
class Speedup:
    """A ratio of times, and the interval that holds it.

    Attributes
    ----------
    ratio, low, high : float
        How many times as fast; `ratio` is NaN, the interval 0 to infinity, where nothing is known.
    in_quiet : bool
        Whether it was timed in quiet; the interval is wider by what a busy machine may have done if not.
    """

    ratio: float
    low: float
    high: float
    in_quiet: bool = True

    @property
    def is_faster(self) -> bool:
        """Whether the whole interval is above 1."""
        return self.low > 1.0

    @property
    def is_slower(self) -> bool:
        """Whether the whole interval is below 1."""
        return self.high < 1.0

    @property
    def decided(self) -> bool:
        """Whether the interval excludes 1."""
        return self.is_faster or self.is_slower

    def to_json(self) -> dict[str, Any]:
        """Return what goes into a document: None where nothing is known."""
        known = math.isfinite(self.ratio)
        values = {"speedup": self.ratio, "speedup_low": self.low, "speedup_high": self.high}
        return {
            **{name: value if known else None for name, value in values.items()},
            "in_quiet": self.in_quiet,
        }

    def __str__(self) -> str:
        return f"{self.ratio:.2f}x ({self.low:.2f} to {self.high:.2f})"


UNKNOWN = Speedup(math.nan, 0.0, math.inf, in_quiet=False)
SAME = Speedup(1.0, 1.0, 1.0)
"""Of a schedule over itself."""


def speedup(mine_s: Floats, other_s: Floats, slowdown: Floats) -> Speedup:
    """Return how many times as fast one schedule is as another.

    Parameters
    ----------
    mine_s, other_s : ndarray of shape (blocks,)
        Seconds that either took in each block.
    slowdown : ndarray of shape (blocks,)
        How much slower than in quiet a loop over all threads may have been in each block, 1 in quiet.

    Returns
    -------
    Speedup
        The geometric mean of the ratios of blocks in quiet, with a Student interval. With too few of those,
        the ratio of the fastest times of either, which are the least disturbed. The interval is then that of
        all blocks, wider by the median slowdown, since a busy machine slows some schedules, such as those
        with parallel loops, and not others.
    """
    used = blocks_used(slowdown)
    in_quiet = bool((slowdown[used] <= 1.0).all())
    ratios = np.log(other_s[used] / mine_s[used])
    if len(ratios) < 2:
        return UNKNOWN
    mean, count = float(ratios.mean()), len(ratios)
    error = float(ratios.std(ddof=1)) / math.sqrt(count)
    half = math.hypot(_deviations(count - 1) * error, FLOOR)
    low, high = mean - half, mean + half
    if not in_quiet:
        mean = math.log(typical(other_s, slowdown) / typical(mine_s, slowdown))
        widen = float(np.log(np.median(slowdown)))
        low, high = min(low, mean) - widen, max(high, mean) + widen
    return Speedup(math.exp(mean), math.exp(low), math.exp(min(high, 700.0)), in_quiet)


def typical(times_s: Floats, slowdown: Floats) -> float:
    """Return the geometric mean of blocks in quiet; with too few of those, of the fastest third of all."""
    used = np.sort(times_s[blocks_used(slowdown)])
    if (slowdown[blocks_used(slowdown)] > 1.0).any():
        used = used[: max(1, round(len(used) / 3))]
    return math.exp(float(np.log(used).mean()))


@cache
def _deviations(freedom: int) -> float:
    """Return half an interval in standard errors."""
    return float(student.ppf((1 + LEVEL) / 2, freedom))


def blocks_used(slowdown: Floats) -> NDArray[np.bool_]:
    """Return which blocks count, shape (blocks,): those in quiet if there are enough, else all."""
    quiet = np.asarray(slowdown <= 1.0, dtype=bool)
    return quiet if quiet.sum() >= FEW_QUIET else np.ones(len(quiet), dtype=bool)


def over_the_best(of_each: Sequence[Speedup]) -> Speedup:
    """Return the speedup over the fastest of several, from that over each.

    Examples
    --------
    >>> over_the_best([Speedup(1.5, 1.4, 1.6), Speedup(1.2, 0.9, 1.7)])
    Speedup(ratio=1.2, low=0.9, high=1.6, in_quiet=True)
    """
    return Speedup(
        min(each.ratio for each in of_each),
        min(each.low for each in of_each),
        min(each.high for each in of_each),
        all(each.in_quiet for each in of_each),
    )


def geometric_mean(several: Sequence[Speedup]) -> Speedup:
    """Return the geometric mean of speedups, which in quiet are independent of each other.

    What a busy machine does to all of them is not averaged out.
    """
    logs = np.log([each.ratio for each in several])
    below = logs - np.log([max(each.low, 1e-300) for each in several])
    above = np.log([each.high for each in several]) - logs
    mean, in_quiet = float(logs.mean()), all(each.in_quiet for each in several)
    low, high = (
        math.hypot(*widths) / len(several) if in_quiet else float(widths.mean()) for widths in (below, above)
    )
    return Speedup(math.exp(mean), math.exp(mean - low), math.exp(min(mean + high, 700.0)), in_quiet)
