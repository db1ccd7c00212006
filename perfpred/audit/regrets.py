"""What the choices of given predictors cost, size by size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from perfpred.combination import KEYS, Combination
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


def choices_of(profile: Profile, bank: Bank) -> Iterator[tuple[Alternatives, NDArray[np.float64], int]]:
    """Yield what there is to choose from among a bank's combinations, with `losses_of_choices` of each.

    Combinations without a predictor are left out.
    """
    rows = profile.ok
    known = set(bank.combinations)
    has_model = [Combination(*key) in known for key in rows.table[list(KEYS)].itertuples(index=False)]
    if any(has_model):
        for found in alternatives_of(rows.take(np.flatnonzero(has_model))):
            yield found, *losses_of_choices(found, bank)


def losses_of_bank(profile: Profile, bank: Bank) -> dict[str, NDArray[np.float64]]:
    """Return per kernel what a bank's choices cost, one value per size measured of two variants or more."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    for among, losses, _ in choices_of(profile, bank):
        found.setdefault(among.kernel, []).append(losses)
    return {kernel: np.concatenate(parts) for kernel, parts in found.items()}
