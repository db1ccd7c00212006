"""A committee: nets fitted to different parts of the rows, whose disagreement says where they know little.

Seung, Opper and Sompolinsky, "Query by committee" (1992). The members are the nets of a cross-validation, so
their out-of-fold residuals, which say how far off they all are, come at no further cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.learn.estimators.base import TimeRegressor
from perfpred.predict.checks import Floats

MEMBERS = 10

Positions = NDArray[np.intp]
"""Rows of a table of candidates."""


@dataclass(frozen=True)
class Committee:
    """What K nets, each fitted without its part of M measured rows, say of N candidates.

    Parameters
    ----------
    measured : ndarray of int, shape (M,)
        The candidates that were measured.
    log_predictions : ndarray of shape (K, N)
        Log seconds.
    log_residuals : ndarray of shape (M,)
        Log of measured over predicted time, each by the net that did not see the row.
    """

    measured: Positions
    log_predictions: Floats
    log_residuals: Floats

    @classmethod
    def fit(
        cls, estimator: TimeRegressor, candidates: pd.DataFrame, measured: Positions, time_s: Floats
    ) -> Self:
        """Fit the members.

        Parameters
        ----------
        estimator : TimeRegressor
            Fitted in place. Its random state is the committee's.
        candidates : DataFrame, shape (N, parameters)
        measured : ndarray of int, shape (M,)
        time_s : ndarray of shape (M,)
            Seconds of the measured candidates.

        Raises
        ------
        InputError
            If there are fewer than 4 rows, or fewer than the smallest net has parameters.
        """
        if len(measured) < 4:
            raise InputError(f"a committee needs at least 4 measured rows, but got {len(measured)}")
        estimator.fit_with_residuals(candidates.iloc[measured], time_s, min(MEMBERS, len(measured)))
        raw: dict[str, Any] = {str(name): candidates[name].to_numpy() for name in candidates}
        columns = estimator.encoding_.encode(raw)
        predicted = np.stack([formula.seconds(columns) for formula in estimator.fold_formulas_])
        return cls(measured, np.log(predicted), estimator.oof_log_residuals_)

    @property
    def deviations(self) -> Floats:
        """How far each member is from their mean, in log seconds, shape (K, N).

        Scaled so that the mean square is the jackknife's variance: each member lacks only its share of the
        rows, so members differ less than nets fitted to new rows would.
        """
        centred = self.log_predictions - self.log_predictions.mean(axis=0)
        return np.asarray(np.sqrt(len(centred) - 1) * centred)
