"""Rows to train on and rows to test on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perfpred.errors import InputError, UnknownNameError
from perfpred.profile.table import Profile

Split: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]


def random_split(n_rows: int, train_size: int, random_state: int | np.random.Generator | None) -> Split:
    """Draw `train_size` rows at random; the rest test.

    Parameters
    ----------
    n_rows, train_size : int
        Rows there are, and to train on; at least one row is left to test.
    random_state : int, Generator or None
        The same seed gives the same rows; None draws anew each time.

    Returns
    -------
    train, test : ndarray of int, shapes (train_size,) and (n_rows - train_size,)
        Positions, each in ascending order.

    Raises
    ------
    InputError
        Unless ``1 <= train_size < n_rows``.

    Examples
    --------
    >>> train, test = random_split(5, 3, random_state=0)
    >>> train.tolist(), test.tolist()
    ([2, 3, 4], [0, 1])
    """
    _check_size(train_size, n_rows)
    try:
        order = np.random.default_rng(random_state).permutation(n_rows)
    except ValueError as error:
        raise InputError(f"random_state must be >= 0, but got {random_state}: {error}") from None
    return np.sort(order[:train_size]), np.sort(order[train_size:])


def range_split(values: ArrayLike, train_size: int) -> Split:
    """Train on the rows of the smallest values and test on the largest, to see how a model extrapolates.

    Parameters
    ----------
    values : array-like of float, shape (n,)
        What to order by, such as a kernel's work.
    train_size : int
        Rows to train on. Rows that tie with the last of them would test what was trained on, so they go
        to neither side.

    Returns
    -------
    train, test : ndarray of int, shapes (train_size,) and (at most n - train_size,)
        Positions, each in ascending order.

    Raises
    ------
    InputError
        Unless ``1 <= train_size < n``, the values are finite, and some are larger than the last to train on.

    Examples
    --------
    >>> train, test = range_split([8, 1, 4, 2], train_size=2)
    >>> train.tolist(), test.tolist()
    ([1, 3], [0, 2])
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise InputError(f"values must be one finite number a row, but got shape {array.shape}")
    _check_size(train_size, len(array))
    order = np.argsort(array, kind="stable")
    train = np.sort(order[:train_size])
    test = np.flatnonzero(array > array[train].max())
    if not len(test):
        raise InputError(
            f"no value is larger than {array.max()}, the largest of the {train_size} rows to train on"
        )
    return train, test


def hardware_split(profile: Profile, held_out: str | Iterable[str]) -> Split:
    """Test on machines never seen in training.

    Parameters
    ----------
    profile : Profile
        Of two machines or more.
    held_out : str or iterable of str
        Hardware to test on.

    Returns
    -------
    train, test : ndarray of int
        Positions, each in ascending order.

    Raises
    ------
    UnknownNameError
        If the profile has no such hardware.
    InputError
        If none is held out, or nothing would be left to train on.
    """
    names = [held_out] if isinstance(held_out, str) else list(held_out)
    hardware = profile.table["hardware"]
    known = hardware.unique().tolist()
    for name in names:
        if name not in known:
            raise UnknownNameError("hardware", name, known)
    if not names or set(names) == set(known):
        raise InputError(f"some hardware must be held out and some left, but got {names} of {known}")
    test = hardware.isin(names).to_numpy(dtype=bool)
    return np.flatnonzero(~test), np.flatnonzero(test)


def _check_size(train_size: int, rows: int) -> None:
    if not 1 <= train_size < rows:
        rule = "1 <= train_size < rows must hold, so that rows are left to test on"
        raise InputError(f"{rule}, but got train_size={train_size}, rows={rows}")
