"""A tuning space at a glance: its best, what failed, and which parameters matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from perfpred.errors import InputError
from perfpred.profile.table import Profile

MAX_ROWS = 5000
"""Rows that importances are computed of: more change them little."""


@dataclass(frozen=True, eq=False)
class TuningSummary:
    """What is known of a tuning space.

    Parameters
    ----------
    name : str
    table : DataFrame
        A row per configuration that ran: the parameters that differ, and ``time_s``.
    failed : dict of str to int
        Configurations without a time, by status.
    importances : dict of str to float
        Per parameter, the share of the differences in log time that it explains; they add up to 1.
    """

    name: str
    table: pd.DataFrame
    failed: dict[str, int]
    importances: dict[str, float]

    @property
    def best(self) -> dict[str, object]:
        """The fastest configuration with its time."""
        row = self.table.iloc[int(self.table["time_s"].to_numpy().argmin())]
        return {str(name): value for name, value in row.to_dict().items()}


def tuning_summary(name: str, profile: Profile) -> TuningSummary:
    """Return the summary of one tuning space.

    Raises
    ------
    InputError
        If nothing ran, or no parameter differs.
    """
    ok = profile.ok.table
    status = profile.table["status"]
    failed = {str(key): int(count) for key, count in status[status != "ok"].value_counts().items()}
    moving = [each for each in profile.parameters if ok[each].nunique() > 1] if len(ok) else []
    if not moving:
        raise InputError(f"{name}: {'no configuration ran' if not len(ok) else 'no parameter differs'}")
    table = ok[[*moving, "time_s"]].reset_index(drop=True)
    return TuningSummary(name, table, failed, importances(table))


def importances(table: pd.DataFrame) -> dict[str, float]:
    """Return per parameter the share of differences in log time that it explains, most first.

    A forest is fitted; a parameter's share is what shuffling its column costs the forest (Breiman 2001), on
    rows that it did not see.
    """
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.inspection import permutation_importance

    rows = table.sample(min(len(table), MAX_ROWS), random_state=0)
    names = [str(each) for each in rows.columns if each != "time_s"]
    X = np.column_stack([_codes(rows[each]) for each in names])
    y = np.log(rows["time_s"].to_numpy())
    cut = max(1, int(0.7 * len(rows)))
    forest = ExtraTreesRegressor(60, min_samples_leaf=2, random_state=0, n_jobs=1).fit(X[:cut], y[:cut])
    held = slice(cut, None) if len(rows) - cut >= 20 else slice(None)
    lost = permutation_importance(forest, X[held], y[held], n_repeats=3, random_state=0).importances_mean
    positive = np.maximum(lost, 0)
    total = float(positive.sum()) or 1.0
    shares = {name: float(value) / total for name, value in zip(names, positive, strict=True)}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _codes(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64)
    return pd.factorize(column, sort=True)[0].astype(np.float64)
