"""Rows to train on and rows to judge by, which are of what training did not see: new sizes, or new groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.learn.rows.sizes import SIZES, Sizes
from perfpred.profile import Profile, random_split

MIN_GROUPS = 5
ROWS_PER_GROUP = 3
"""Columns that always change together name one input if there are so many sizes for each, on average."""


@dataclass(frozen=True)
class Kept:
    """Which rows stay together.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        The group of each row.
    judged_on : str
        What is new in test rows: ``sizes``, or the columns whose values are.
    """

    labels: NDArray[np.intp]
    judged_on: str


def kept_together(rows: Profile) -> Kept:
    """Return which rows of a combination say the same of what is not seen.

    Rows of one group are, where groups are named; else rows of one input, which several columns that always
    change together tell; else rows of equal parameters.
    """
    sizes = Sizes.of(rows)
    if rows.groups is not None:
        return Kept(sizes.group_of_row, str(rows.group_column))
    columns = changing_together(rows)
    if columns:
        codes = pd.factorize(rows.X[columns[0]])[0]
        return Kept(codes.astype(np.intp), ", ".join(columns))
    return Kept(sizes.of_row, SIZES)


def changing_together(rows: Profile) -> tuple[str, ...]:
    """Return numeric columns that determine each other and take few values; empty if there are none.

    Examples
    --------
    >>> table = pd.DataFrame({"nnz": [10, 20, 30, 40, 50] * 4, "rows": [1, 3, 2, 9, 5] * 4})
    >>> table["tile"] = np.repeat([1, 2, 4, 8], 5)
    >>> keys = {"kernel": "k", "variant": "v", "hardware": "h", "time_s": 1.0}
    >>> changing_together(Profile(table.assign(**keys), ("nnz", "rows", "tile")))
    ('nnz', 'rows')
    """
    sizes = rows.X.drop_duplicates()
    counts = {name: sizes[name].nunique() for name in rows.parameters if sizes[name].dtype.kind in "if"}
    some = [n for n, count in counts.items() if MIN_GROUPS <= count <= len(sizes) // ROWS_PER_GROUP]
    best: tuple[str, ...] = ()
    for name in some:
        same = [other for other in some if counts[other] == counts[name] and _paired(sizes, name, other)]
        if len(same) > max(len(best), 1):
            best = tuple(same)
    return best


def _paired(sizes: pd.DataFrame, name: str, other: str) -> bool:
    return name == other or len(sizes[[name, other]].drop_duplicates()) == sizes[name].nunique()


def unseen_split(kept: Kept, train_size: int, random_state: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw about `train_size` rows to train on; the rest, none of a group that is trained on, test.

    Returns
    -------
    train, test : ndarray of int
        Positions, each in ascending order. Exactly `train_size` train where each row is a group.

    Raises
    ------
    InputError
        If no group would be left to test on.
    """
    labels = kept.labels
    count = len(np.unique(labels))
    if count == len(labels):
        return random_split(len(labels), train_size, random_state)
    order = np.random.default_rng(random_state).permutation(count)
    sizes = np.bincount(pd.factorize(labels)[0])[order]
    taken = int(np.searchsorted(np.cumsum(sizes), train_size)) + 1
    if taken >= count:
        raise InputError(
            f"--train-size {train_size} leaves no {kept.judged_on} to test on: there are {count} of them in "
            f"{len(labels)} rows"
        )
    inside = np.isin(pd.factorize(labels)[0], order[:taken])
    return np.flatnonzero(inside), np.flatnonzero(~inside)
