"""Several times of one thing to one time and its noise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import KEYS
from perfpred.profile.table import Profile

_MEDIAN_ERROR = math.sqrt(math.pi / 2)  # of a median over that of a mean, for a normal distribution


def representative(times_s: NDArray[np.float64], estimate: str) -> float:
    """Return the ``median``, ``min`` or ``mean`` of times, NaN where there is none.

    Examples
    --------
    >>> representative(np.array([3.0, 1.0, 1.2]), "median")
    1.2
    """
    if not len(times_s):
        return math.nan
    if estimate == "median":
        return float(np.median(times_s))
    return float(np.min(times_s) if estimate == "min" else np.mean(times_s))


def noise_of(times_s: NDArray[np.float64], estimate: str) -> float:
    """Return how far the estimate of another such set of runs would lie off, relatively; NaN for one run.

    For the mean it is the standard error; for the median that of an outlier-proof spread (from the median
    absolute deviation where that is not 0); for the minimum what leaving the fastest run out changes.

    Examples
    --------
    >>> round(noise_of(np.array([1.0, 1.02, 0.98, 1.0]), "mean"), 4)
    0.0082
    """
    if len(times_s) < 2:
        return math.nan
    centre = representative(times_s, estimate)
    if estimate == "min":
        second = float(np.partition(times_s, 1)[1])
        return second / centre - 1
    spread = float(np.std(times_s, ddof=1))
    if estimate == "median":
        deviation = 1.4826 * float(np.median(np.abs(times_s - centre)))
        spread = _MEDIAN_ERROR * (deviation or spread)
    return spread / math.sqrt(len(times_s)) / centre


def estimated(profile: Profile, estimate: str) -> tuple[Profile, str]:
    """Return a profile whose rows of equal parameters and group are one, and a sentence that says so.

    Rows that failed stay as they are. Where rows state their rounds these are added up, else rows count.

    Parameters
    ----------
    profile : Profile
        With a row per repeat.
    estimate : str
        ``median``, ``min`` or ``mean``.
    """
    table = profile.table.assign(**({} if profile.groups is None else {"\0group": profile.groups}))
    keys = [*KEYS, *profile.parameters, *(["\0group"] if profile.groups is not None else [])]
    ok = table["status"] == "ok"
    groups = table[ok].groupby(keys, sort=False, dropna=False)
    rows: list[int] = []
    values: dict[str, list[float]] = {"time_s": [], "noise": [], "rounds": []}
    for positions in groups.indices.values():
        part = table[ok].iloc[np.sort(positions)]
        rows.append(int(part.index[0]))
        for name, value in _merged(part, estimate).items():
            values[name].append(value)
    merged = table.loc[rows].assign(**values)
    combined = pd.concat([merged, table[~ok]]).sort_index()
    note = f"{len(table)} rows became {len(combined)}: the {estimate} of rows with equal parameters"
    kept = combined.drop(columns="\0group", errors="ignore")
    positions = combined.index
    group = None if profile.groups is None else profile.groups.loc[positions]
    return Profile.of_checked(kept, profile.parameters, profile.metadata, group, profile.group_column), note


def _merged(part: pd.DataFrame, estimate: str) -> dict[str, Any]:
    if len(part) == 1:
        return {name: float(part[name].iloc[0]) for name in ("time_s", "noise", "rounds")}
    times = part["time_s"].to_numpy()
    rounds = part["rounds"].sum() if part["rounds"].notna().all() else len(part)
    return {
        "time_s": representative(times, estimate),
        "noise": noise_of(times, estimate),
        "rounds": float(rounds),
    }
