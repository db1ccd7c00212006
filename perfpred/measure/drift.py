"""Dividing out what a machine's changing speed did to a campaign.

The clock of a shared machine moves by several percent for seconds or minutes at a time. Rounds are
shuffled, so every stretch of a campaign holds a random sample of the rows, and the speed of a stretch is
what all its timings have in common. A campaign is described by ``log t = level of the row + slowness of
the stretch + disturbance >= 0``; levels and slownesses are found in turn as low quantiles, which
disturbances do not reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STRETCH = 30
"""Consecutive timings that share a slowness: enough to average, a fraction of a second long."""
LARGEST = 0.12
"""The largest log slowness divided out: a stretch beyond it was disturbed, not slow, and stays as it is."""
ROW_QUANTILE = 0.3
STRETCH_QUANTILE = 0.3
ITERATIONS = 4


def without_drift(times_s: Sequence[Sequence[float]], order: Sequence[Sequence[int]]) -> list[list[float]]:
    """Return timings as they would be at the speed of the faster stretches.

    Parameters
    ----------
    times_s : sequence of sequences of float
        Seconds; for each row its timings, at least one.
    order : sequence of sequences of int
        For each timing its place in the campaign.

    Returns
    -------
    list of lists of float
        As `times_s`. A campaign of a single stretch comes back as it is.
    """
    if not times_s:
        return []
    lengths = [len(each) for each in times_s]
    row = np.repeat(np.arange(len(lengths)), lengths)
    log_time = np.log(np.concatenate(times_s))
    stretch = _stretches(np.concatenate(order))
    steady = np.exp(log_time - _slowness(log_time, row, stretch)[stretch])
    return [part.tolist() for part in np.split(steady, np.cumsum(lengths)[:-1])]


def _stretches(place: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of the stretch of each timing; the last one takes what is left over."""
    rank = np.empty(len(place), dtype=np.intp)
    rank[np.argsort(place)] = np.arange(len(place))
    return np.minimum(rank // STRETCH, max(len(place) // STRETCH - 1, 0))


def _slowness(
    log_time: NDArray[np.float64], row: NDArray[np.intp], stretch: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the log slowness of each stretch, 0 at the mean of the fastest third, at most `LARGEST`."""
    slowness = np.zeros(stretch.max() + 1)
    for _ in range(ITERATIONS):
        level = _quantiles(log_time - slowness[stretch], row, ROW_QUANTILE)
        slowness = _quantiles(log_time - level[row], stretch, STRETCH_QUANTILE)
    fastest = np.sort(slowness)[: max(1, len(slowness) // 3)]
    slowness = slowness - fastest.mean()
    return np.where(slowness <= LARGEST, slowness, 0.0)


def _quantiles(values: NDArray[np.float64], group: NDArray[np.intp], q: float) -> NDArray[np.float64]:
    """Return the `q` quantile (the nearest value below) of each group, shape (number of groups,)."""
    ordered = values[np.lexsort((values, group))]
    counts = np.bincount(group)
    starts = np.cumsum(counts) - counts
    return np.asarray(ordered[starts + (q * (counts - 1)).astype(np.intp)])
