"""What the choices of given predictors cost, size by size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.learn.evaluation.alternatives import Alternatives, alternatives_of
from perfpred.learn.evaluation.regret import predicted_times
from perfpred.predict.bank import Bank
from perfpred.profile.table import Profile


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


def losses_of_bank(profile: Profile, bank: Bank) -> dict[str, NDArray[np.float64]]:
    """Return per kernel what a bank's choices cost, one value per size measured of two variants or more.

    Combinations without a predictor are left out.
    """
    known = {(key.kernel, key.variant, key.hardware) for key in bank.combinations}
    rows = profile.ok.table[["kernel", "variant", "hardware"]].itertuples(index=False, name=None)
    has_model = np.flatnonzero([row in known for row in rows])
    found: dict[str, list[NDArray[np.float64]]] = {}
    if len(has_model):
        for each in alternatives_of(profile.ok.take(has_model)):
            found.setdefault(each.kernel, []).append(losses_of_choices(each, bank)[0])
    return {kernel: np.concatenate(parts) for kernel, parts in found.items()}
