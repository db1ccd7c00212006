"""What the choices of given predictors cost, size by size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.learn.evaluation.regret import Alternatives, predicted_times
from perfpred.predict.bank import Bank


def losses_of_choices(found: Alternatives, bank: Bank) -> tuple[NDArray[np.float64], int]:
    """Return per size the chosen time over the fastest minus 1, and the number of choices out of range.

    Parameters
    ----------
    found : Alternatives
    bank : Bank
        It must know every combination of `found`.
    """
    predicted, inside = predicted_times(bank, found.rows)
    size = found.rows[" size"].to_numpy()
    time_s = found.rows["time_s"].to_numpy()
    losses, outside = [], 0
    for each in dict.fromkeys(size.tolist()):
        rows = np.flatnonzero(size == each)
        order = sorted(rows.tolist(), key=lambda row: (not inside[row], predicted[row]))
        losses.append(time_s[order[0]] / time_s[rows].min() - 1)
        outside += not inside[order[0]]
    return np.array(losses), outside
