"""Strata of candidates: those that agree in all inputs of few values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.checks import Floats


def strata(candidates: Floats, max_values: int) -> NDArray[np.intp]:
    """Return the stratum of each candidate, shape (n,).

    Parameters
    ----------
    candidates : ndarray of shape (n, d)
    max_values : int
        Inputs of at most so many distinct values tell strata apart.

    Examples
    --------
    >>> strata(np.array([[16, 0], [32, 0], [64, 1], [16, 0]]), 2).tolist()
    [0, 0, 1, 0]
    """
    few = [column for column in candidates.T if len(np.unique(column)) <= max_values]
    if not few:
        return np.zeros(len(candidates), dtype=np.intp)
    return np.unique(np.column_stack(few), axis=0, return_inverse=True)[1].reshape(-1)


def first_of_each(stratum: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the first candidate of each stratum, in this order of all candidates, both of shape (n,)."""
    return order[np.sort(np.unique(stratum[order], return_index=True)[1])]
