"""Which sizes a model is fitted to where there are more than it can learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.expressions import Columns, evaluate
from perfpred.predict.familiar import axis

MAX_CANDIDATES = 20_000
"""The farthest sizes are looked for among so many."""
FARTHEST_SHARE = 0.3
"""Share of the sizes that are each the farthest from those before: corners and rare sizes. The rest is
random, as what is asked will be."""


def covering(columns: Columns, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return `count` sizes, ascending, that stand for all of encoded columns of shape (s,).

    Examples
    --------
    >>> columns = {"n": np.array([1.0] * 98 + [1024.0, 2.0])}
    >>> 98 in covering(columns, 4, np.random.default_rng(0))
    True
    """
    size = len(next(iter(columns.values())))
    candidates = np.sort(rng.permutation(size)[:MAX_CANDIDATES])
    varying = [name for name, values in columns.items() if np.ptp(values) > 0]
    axes = [evaluate(axis(name, columns[name]), columns)[candidates] for name in varying]
    points = np.stack(axes, axis=1) if axes else np.zeros((len(candidates), 1))
    chosen = {int(candidates[index]) for index in _farthest(points, max(1, int(FARTHEST_SHARE * count)))}
    for each in rng.permutation(size):
        if len(chosen) >= count:
            break
        chosen.add(int(each))
    return np.array(sorted(chosen), dtype=np.intp)


def _farthest(points: NDArray[np.float64], count: int) -> list[int]:
    nearest = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    found: list[int] = []
    while len(found) < count:
        found.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((points - points[found[-1]]) ** 2).sum(axis=1))
    return found
