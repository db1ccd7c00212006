"""Rows of equal parameters as one size, and which sizes belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.predict.checks import Floats
from perfpred.profile import Profile

SIZES = "sizes"
"""What errors are judged on where no group is named: sizes that training did not see."""


@dataclass(frozen=True)
class Sizes:
    """The distinct sizes of a combination's rows.

    Timings of one size say how far timings of it differ, and nothing of other sizes: a model is fitted to one
    time per size, the median, and judged on all of them.

    Parameters
    ----------
    X : DataFrame of shape (s, p)
        Parameters.
    time_s : ndarray of shape (s,)
        Medians, seconds.
    of_row : ndarray of int, shape (n,)
        The size of each row.
    groups : ndarray of int, shape (s,), or None
        The group of each size; None where each is one.
    """

    X: pd.DataFrame
    time_s: Floats
    of_row: NDArray[np.intp]
    groups: NDArray[np.intp] | None

    def __len__(self) -> int:
        return len(self.time_s)

    @classmethod
    def of(cls, rows: Profile) -> Sizes:
        """Return the sizes of one combination's rows, in order of first appearance."""
        labels, first = _labels(rows)
        logs = pd.Series(np.log(rows.time_s)).groupby(labels).median().to_numpy(dtype=np.float64)
        once = len(first) == len(labels)
        groups = None
        if rows.groups is not None:
            groups = pd.factorize(rows.groups.iloc[first])[0].astype(np.intp)
        return cls(rows.X.iloc[first], rows.time_s if once else np.exp(logs), labels, groups)

    def take(self, chosen: NDArray[np.intp]) -> Sizes:
        """Return some of the sizes, ascending, with the rows of these alone; `of_row` counts among them."""
        position = np.full(len(self), -1)
        position[chosen] = np.arange(len(chosen))
        of_row = position[self.of_row]
        groups = None if self.groups is None else pd.factorize(self.groups[chosen])[0].astype(np.intp)
        return Sizes(self.X.iloc[chosen], self.time_s[chosen], of_row[of_row >= 0], groups)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the parameters by name, each of shape (s,)."""
        return {str(name): np.asarray(self.X[name]) for name in self.X.columns}

    @property
    def group_of_row(self) -> NDArray[np.intp]:
        """Return which rows are left out together, shape (n,)."""
        return self.of_row if self.groups is None else self.groups[self.of_row]

    @property
    def independent(self) -> int:
        """Return how many groups there are."""
        return len(self) if self.groups is None else len(np.unique(self.groups))


def repeat_noise(rows: Profile) -> float:
    """Return the mean relative deviation of timings from the median of their size; NaN if none repeats."""
    labels, first = _labels(rows)
    if len(first) == len(labels):
        return float("nan")
    logs = pd.Series(np.log(rows.time_s))
    deviation = (logs - logs.groupby(labels).transform("median")).abs()
    repeated = logs.groupby(labels).transform("size") > 1
    return float(deviation[repeated].mean())


def _labels(rows: Profile) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the size of each row, numbered in order of appearance, and the first row of each."""
    keys: list[Any] = [rows.X[name] for name in rows.parameters]
    if rows.groups is not None:
        keys.append(rows.groups)
    codes = np.column_stack([pd.factorize(key)[0] for key in keys])
    labels = pd.factorize(pd.MultiIndex.from_arrays(list(codes.T)) if codes.shape[1] > 1 else codes[:, 0])[0]
    first = np.unique(labels, return_index=True)[1]
    return labels.astype(np.intp), first.astype(np.intp)
