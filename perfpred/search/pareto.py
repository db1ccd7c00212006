"""Which outcomes no other beats in every figure: the Pareto front of several objectives."""

from __future__ import annotations

import numpy as np

from perfpred.search.candidates import Floats


def pareto_front(figures: Floats) -> list[int]:
    """Return the rows that no other row dominates, in order.

    A row dominates another if it is nowhere larger and somewhere smaller. Of equal rows the first counts.

    Parameters
    ----------
    figures : ndarray of shape (n, k)
        k figures of n candidates, each to be minimised, all finite.

    Examples
    --------
    >>> pareto_front(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 4.0], [3.0, 1.0]]))
    [0, 1, 3]
    """
    order = np.lexsort(figures.T[::-1])  # by the first figure, then the next: no row dominates an earlier one
    kept: list[int] = []
    front = np.empty_like(figures)
    for row in order:
        beaten = np.all(front[: len(kept)] <= figures[row], axis=1)
        if not beaten.any():
            front[len(kept)] = figures[row]
            kept.append(int(row))
    return sorted(kept)
