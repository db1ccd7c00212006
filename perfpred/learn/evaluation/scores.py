"""The errors of predictions against measured times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from perfpred.predict.checks import Floats
from perfpred.predict.predictor import Answers

SLOWEST = 0.7
"""The share of slow test rows that published figures (arXiv 2003.07497) are about."""


@dataclass(frozen=True)
class Scores:
    """Errors of predictions as fractions (0.03 = 3%).

    A factor is prediction over time or time over prediction, whichever is more; `worst_factor_in_range` is
    that of rows within what training saw, NaN if there is none.

    Attributes
    ----------
    mape, mape_slowest70, median_ape, p90_ape : float
        Relative absolute errors: mean, mean of the slowest 70% of rows, median, 90th percentile.
    spearman : float
        Rank correlation.
    coverage90, within_3x : float
        Shares of times within their 90% interval, and within a factor of 3.
    worst_factor, worst_factor_in_range : float
        The largest factor between time and prediction, of all rows and of those in range.
    """

    mape: float
    mape_slowest70: float
    median_ape: float
    p90_ape: float
    spearman: float
    coverage90: float
    within_3x: float
    worst_factor: float
    worst_factor_in_range: float


def scores(time_s: Floats, answers: Answers) -> Scores:
    """Return the scores of answers against measured times, shape (n,)."""
    predicted_s = answers.time_s
    ape = np.abs(predicted_s / time_s - 1)
    slow = time_s >= np.quantile(time_s, 1 - SLOWEST)
    log_ratio = np.log(time_s / predicted_s)
    covered = (time_s >= answers.low_s) & (time_s <= answers.high_s)
    factor = np.exp(np.abs(log_ratio))
    inside = factor[answers.in_range]
    ranks = len(time_s) > 1 and np.ptp(time_s) > 0 and np.ptp(predicted_s) > 0  # else it is not defined
    rho = spearmanr(time_s, predicted_s).statistic if ranks else np.nan
    return Scores(
        float(ape.mean()),
        float(ape[slow].mean()),
        float(np.median(ape)),
        float(np.quantile(ape, 0.9)),
        float(rho),
        float(covered.mean()),
        float((factor < 3).mean()),
        float(factor.max()),
        float(inside.max()) if len(inside) else float("nan"),
    )
