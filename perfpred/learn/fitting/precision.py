"""How precise times are, where that differs by much: short calls jitter by tens of percent, others less."""

from __future__ import annotations

import numpy as np

from perfpred.predict.checks import Floats

NEIGHBOURS = 30
"""Rows, in order of predicted time, whose errors say how large they usually are."""
MIN_ROWS = 60
"""Twice the neighbours: with fewer rows all have nearly the same."""
MIN_RATIO = 6.0
"""Usual errors differ by at least so many times, or all rows count the same: what is left of smaller
differences is the model's own error, and to weigh rows by that would give up those that are hard."""
MAX_RATIO = 16.0
"""No row counts less than by the square of this share of the most precise."""


def precisions(residuals: Floats, log_predicted: Floats) -> Floats | None:
    """Return the precision of each row, shape (n,), of mean square 1; None where rows are about as precise.

    Parameters
    ----------
    residuals : ndarray of shape (n,)
        Log of measured over fitted time.
    log_predicted : ndarray of shape (n,)
    """
    n = len(residuals)
    if n < MIN_ROWS:
        return None
    order = np.argsort(log_predicted, kind="stable")
    sizes = np.abs(residuals[order])
    window = np.lib.stride_tricks.sliding_window_view(sizes, NEIGHBOURS)
    usual = np.median(window, axis=1)
    if not usual.min() > 0 or usual.max() < MIN_RATIO * np.quantile(usual, 0.25):
        return None
    middles = np.arange(len(usual)) + (NEIGHBOURS - 1) / 2
    scale = np.empty(n)
    scale[order] = np.interp(np.arange(n), middles, usual)
    precision = 1 / np.maximum(scale, scale.max() / MAX_RATIO)
    return np.asarray(precision / np.sqrt(np.mean(precision**2)))
