"""One short timing of a call, and the estimate made of many."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True)
class TimingOptions:
    """How long one timing lasts; all in seconds.

    A sample repeats the call for at least `sample_s`, so that the clock's resolution does not matter;
    samples are taken until `total_s` is spent. A first call of `long_s` or more is itself the timing:
    warming up changes such a call little and would double the cost.
    """

    sample_s: float = 100e-6
    total_s: float = 1e-3
    long_s: float = 50e-3


def time_call(run: Callable[[int], None], clock: Clock, options: TimingOptions | None = None) -> float:
    """Return the seconds of one call: the minimum over a few samples after a warm-up call.

    Parameters
    ----------
    run : callable
        ``run(n)`` makes the call `n` times.
    clock : callable
        Returns monotonic seconds.
    options : TimingOptions, optional
        How long and how often.
    """
    options = options or TimingOptions()
    first = _elapsed(run, 1, clock)
    if first >= options.long_s:
        return first
    repetitions = 1
    best = math.inf
    spent = 0.0
    while spent < options.total_s:
        elapsed = _elapsed(run, repetitions, clock)
        spent += elapsed
        if elapsed < options.sample_s / 2 and spent < options.total_s:
            growth = options.sample_s / max(elapsed, options.sample_s / 100)
            repetitions = math.ceil(repetitions * growth)
            continue
        best = min(best, elapsed / repetitions)
    return best if math.isfinite(best) else elapsed / repetitions


def _elapsed(run: Callable[[int], None], repetitions: int, clock: Clock) -> float:
    start = clock()
    run(repetitions)
    return clock() - start


FASTEST_SHARE = 1 / 3
"""The share of a row's timings that its estimate is made of."""


@dataclass(frozen=True)
class Estimate:
    """What many timings of one row say: seconds, relative repeatability, and how many they were."""

    time_s: float
    noise: float
    rounds: int


def estimate(times_s: Sequence[float]) -> Estimate:
    """Return the estimate of one row from its timings in the order they were taken.

    The time is the mean of the fastest third: disturbances only add, so slow timings say nothing, while
    the single fastest one depends on luck and on the number of timings. The noise is the relative
    difference of the estimates of the first and the second half of the timings, which are minutes apart,
    so it tells what a second campaign would find. One timing alone has unknown (NaN) noise.

    Examples
    --------
    >>> estimate([1.00, 1.30, 1.02, 1.25])
    Estimate(time_s=1.0, noise=0.02, rounds=4)
    """
    if not times_s:
        raise ValueError("an estimate needs at least one timing")
    best = _typical(times_s)
    if len(times_s) < 2:
        return Estimate(best, math.nan, 1)
    half = len(times_s) // 2
    early, late = _typical(times_s[:half]), _typical(times_s[half:])
    return Estimate(best, round(abs(early - late) / best, 6), len(times_s))


def _typical(times_s: Sequence[float]) -> float:
    fastest = sorted(times_s)[: max(1, round(len(times_s) * FASTEST_SHARE))]
    return sum(fastest) / len(fastest)
