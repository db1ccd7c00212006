"""What every model has in common: the scikit-learn contract, around a formula that NumPy alone evaluates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted, validate_data

from perfpred.errors import InputError
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.checks import Floats
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import Formula

Masks = NDArray[np.bool_]
"""Shape (1 + folds, n): the rows each fit trains on; the first fit sees all of them."""


class TimeRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the models: parameters of a kernel to seconds.

    A model says in `_formula` how it fits a formula to rows; one that can fit several sets of rows at once
    overrides `_formulas` instead. Everything else (validation, names, categorical columns, prediction) is
    here. `predict` evaluates the very formula that is stored and served.

    Attributes
    ----------
    encoding_ : Encoding
        How raw columns become numeric ones.
    formula_ : Formula
        The fitted model.
    oof_log_residuals_ : ndarray of shape (n,)
        After `fit_with_residuals` only.
    fold_formulas_ : tuple of Formula
        What the residuals were predicted by, one per fold. After `fit_with_residuals` only.
    probe_formulas_ : tuple of Formula
        Those of `probes`. After `fit_with_residuals` only.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    """

    random_state: Any
    n_folds = 5
    _fold_count = 0  # of the masks of `_formulas`, after the first; the rest are probes

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to measured times.

        Parameters
        ----------
        X : DataFrame or array_like of shape (n, p)
            Parameters of the kernel. A DataFrame names its columns and may hold categorical ones; the
            columns of an array are called ``x0``, ``x1`` and so on.
        y : array_like of shape (n,)
            Times in seconds, > 0.

        Raises
        ------
        InputError
            If a time is not positive, a complexity is not positive and finite on every row, or there are
            fewer rows than the smallest model has parameters.
        """
        rows = self._start_fit(X, y)
        self._fold_count = 0
        everything = np.ones((1, len(rows)), dtype=bool)
        [self.formula_] = self._formulas(rows, everything, check_random_state(self.random_state))
        return self

    def fit_with_residuals(
        self,
        X: Any,
        y: Any,
        n_folds: int | None = None,
        groups: Any = None,
        probes: Sequence[NDArray[np.bool_]] = (),
    ) -> Self:
        """Fit, and store what calibrated intervals are made of, in `oof_log_residuals_`.

        That is ``log(time / prediction)`` of each row, predicted by a model fitted without it.

        Parameters
        ----------
        X, y
            As in `fit`.
        n_folds : int, optional
            Number of parts left out in turn, from 2 to the number of rows. By default as many as the model
            can afford, at most one per row: the fewer rows a fold leaves out, the less its errors overstate.
        groups : array_like of shape (n,), optional
            Rows of the same group, such as timings of one schedule at several sizes, are left out together.
        probes : sequence of ndarray of bool, shape (n,)
            Further sets of rows to fit to, such as the small ones, in `probe_formulas_`.

        Raises
        ------
        InputError
            If there are fewer than 2 rows, or `n_folds` does not suit them.
        """
        rows = self._start_fit(X, y)
        if len(rows) < 2:
            raise InputError(f"at least 2 rows must be given to size errors, but got {len(rows)}")
        members, labels = _members(groups, len(rows))
        if n_folds is None:
            n_folds = min(self.n_folds, members)
        if not 2 <= n_folds <= members:
            what = "rows" if groups is None else "groups"
            raise InputError(f"2 <= n_folds <= {members} ({what}) must hold, but got n_folds={n_folds}")
        rng = check_random_state(self.random_state)
        fold = (rng.permutation(members) % n_folds)[labels]
        masks = np.vstack([fold >= 0, *(fold != part for part in range(n_folds)), *probes])
        if groups is not None:
            rows = replace(rows, groups=labels)
        self._fold_count = n_folds
        self.formula_, *partial = self._formulas(rows, masks, rng)
        self.probe_formulas_ = tuple(partial[n_folds:])
        partial = partial[:n_folds]
        residuals = np.empty(len(rows))
        for mask, formula in zip(masks[1 : 1 + n_folds], partial, strict=True):
            left_out = rows.take(~mask)
            residuals[~mask] = np.log(left_out.time_s / formula.seconds(left_out.columns))
        self.oof_log_residuals_ = residuals
        self.fold_formulas_ = tuple(partial)
        return self

    def predict(self, X: Any) -> Floats:
        """Return predicted seconds, shape (n,), in row order.

        Raises
        ------
        ValueError
            If columns differ from those in training, in name, number or order, or hold values that
            cannot be used.
        """
        check_is_fitted(self, "formula_")
        if self.encoding_.categories or _has_text(X):
            columns = self._raw_columns(X, reset=False)
        else:
            columns = self._named(validate_data(self, X, reset=False, dtype=np.float64))
        return self.formula_.seconds(self.encoding_.encode(columns))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> Sequence[Formula]:
        """Fit one formula to each set of rows."""
        return [self._formula(rows.take(mask), rng) for mask in masks]

    def _formula(self, rows: Rows, rng: np.random.RandomState) -> Formula:
        """Fit a formula to `rows`; for a model that does not override `_formulas`."""
        raise NotImplementedError

    def _start_fit(self, X: Any, y: Any) -> Rows:
        """Validate, learn the encoding, and return the encoded rows."""
        if _has_text(X):
            columns = self._raw_columns(X, reset=True)
            times = column_or_1d(y, warn=True)
            times = check_array(times, ensure_2d=False, dtype=np.float64, input_name="y")
            check_consistent_length(X, times)
        else:
            matrix, times = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
            columns = self._named(matrix)
        self.encoding_ = Encoding.of(columns)
        return Rows(self.encoding_.encode(columns), _positive(np.asarray(times, dtype=np.float64)))

    def _named(self, matrix: Floats) -> dict[str, Floats]:
        default = [f"x{index}" for index in range(self.n_features_in_)]
        names = getattr(self, "feature_names_in_", default)
        return {str(name): values for name, values in zip(names, matrix.T, strict=True)}

    def _raw_columns(self, X: Any, *, reset: bool) -> dict[str, NDArray[Any]]:
        validate_data(self, X, reset=reset, skip_check_array=True)
        if not len(X):
            raise InputError("X must have at least 1 row, but got 0")
        if hasattr(X, "columns"):
            return {str(name): np.asarray(X[name]) for name in X.columns}
        return self._named(np.asarray(X))


def require_rows(rows: Rows, n_parameters: int) -> None:
    """Raise `InputError` unless there is a row for each parameter of the smallest model."""
    if len(rows) < n_parameters:
        raise InputError(
            f"n_samples >= {n_parameters} must hold, the parameters of the smallest model for these columns, "
            f"but got n_samples={len(rows)}"
        )


def _members(groups: Any, n: int) -> tuple[int, NDArray[np.intp]]:
    """Return how many groups there are, and that of each of n rows; each row is one if none are given."""
    if groups is None:
        return n, np.arange(n)
    labels = column_or_1d(groups)
    if len(labels) != n:
        raise InputError(f"groups must name one for each of {n} rows, but got {len(labels)}")
    distinct, labels_of_rows = np.unique(labels, return_inverse=True)
    return len(distinct), labels_of_rows


def _has_text(X: Any) -> bool:
    """Say whether X is a DataFrame with a column that NumPy has no number type for."""
    dtypes = getattr(X, "dtypes", None)
    if dtypes is None or not hasattr(X, "columns"):
        return False
    return any(getattr(dtype, "kind", "O") not in "biuf" for dtype in dtypes)


def _positive(times: Floats) -> Floats:
    if not (times > 0).all():
        row = int(np.argmin(times > 0))
        raise InputError(f"y must be times in seconds, > 0, but row {row + 1} is {times[row]:g}")
    return times
