"""Rows that share something: a combination, whose mean is taken out, or all parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.profile.columns.least_squares import Floats


class Centred:
    """Subtracts the mean of each group of rows, told by their codes."""

    def __init__(self, codes: NDArray[np.intp]) -> None:
        _, self.codes = np.unique(codes, return_inverse=True)
        self.counts = np.bincount(self.codes)

    def __call__(self, values: Floats) -> Floats:
        """Return values, shape (n,), less the means of their groups."""
        centred: Floats = values - (np.bincount(self.codes, values) / self.counts)[self.codes]
        return centred


class Groups:
    """Rows of equal parameters, where there are two or more."""

    def __init__(self, settings: NDArray[np.intp]) -> None:
        counts = np.bincount(settings)
        self.members = np.flatnonzero(counts[settings] > 1)
        _, self.codes = np.unique(settings[self.members], return_inverse=True)
        self.n_rows = len(self.members)
        self.n_repeated = int(self.codes.max()) + 1 if self.n_rows else 0
        self.largest = int(counts.max(initial=0))

    def share_differing(self, values: Floats) -> float:
        """Return in which share of the groups values differ."""
        high = np.full(self.n_repeated, -np.inf)
        np.maximum.at(high, self.codes, values[self.members])
        low = np.full(self.n_repeated, np.inf)
        np.minimum.at(low, self.codes, values[self.members])
        return float(np.mean(high - low > 1e-12)) if self.n_repeated else 0.0

    def deviations(self, values: Floats) -> Floats:
        """Return how far each member lies from its group's mean."""
        return Centred(self.codes)(values[self.members])


def codes_of(columns: list[Any]) -> NDArray[np.intp]:
    """Return one number for each distinct row of several columns."""
    code = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        _, inverse = np.unique(column, return_inverse=True)
        _, code = np.unique(code * (int(inverse.max(initial=0)) + 1) + inverse, return_inverse=True)
    return code
