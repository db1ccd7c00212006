"""What a predictor answers: to one query, or to n at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.checks import Floats
from perfpred.predict.quantity import TIME, InUnit, Quantity


@dataclass(frozen=True)
class Prediction(InUnit[float]):
    """A predicted value with its 90% interval, in the unit of `predicts`.

    A time has them also as `time_s`, `low_s` and `high_s`.
    `in_range` is false where a parameter lies outside what training saw; `reason` then says which.

    Attributes
    ----------
    value : float
        What is predicted, in the unit of `predicts`.
    low : float
        The lower end of the 90% interval.
    high : float
        The upper end of the 90% interval.
    in_range : bool
        Whether it lies within what training saw.
    reason : str
        Which parameters lie outside what training saw; empty if none does.
    predicts : Quantity
        What is predicted, and its unit.
    """

    value: float
    low: float
    high: float
    in_range: bool
    reason: str
    predicts: Quantity = TIME


@dataclass(frozen=True, eq=False)
class Answers(InUnit[Floats]):
    """Predicted values of n queries, their 90% intervals, and whether they are in range; of shape (n,).

    Attributes
    ----------
    value : ndarray of float64
        What is predicted, shape (n,).
    low : ndarray of float64
        Lower ends of the 90% intervals, shape (n,).
    high : ndarray of float64
        Upper ends of the 90% intervals, shape (n,).
    in_range : ndarray of bool
        Whether rows lie within what training saw, shape (n,).
    predicts : Quantity
        What is predicted, and its unit.
    """

    value: Floats
    low: Floats
    high: Floats
    in_range: NDArray[np.bool_]
    predicts: Quantity = TIME
