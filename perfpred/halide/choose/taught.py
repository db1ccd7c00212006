"""What a profile teaches: times by schedule and size, a model of them, and which schedules are faulty."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from perfpred.errors import InputError
from perfpred.halide.choose.database_file import BROKEN, WRONG, is_id
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.measure.checks import is_wrong
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.rules import MAX_ELEMENTS, require_sizes, shown
from perfpred.learn.estimators.ensemble import EnsembleRegressor
from perfpred.predict.blend import Blend
from perfpred.predict.checks import Floats
from perfpred.profile import Profile

MIN_ROWS = 20
"""Measurements, for a model of schedules that were not measured."""
TREES = 50
"""Of the model: files stay small, and errors are as with more."""
ESTIMATE = FEATURES.index("log_estimate")


def faulty(profile: Profile) -> dict[str, str]:
    """Return the status of each schedule that was wrong, or ended its process, at any size.

    What Halide itself refuses to run, such as an input that is too small, is a matter of size. Where a
    profile has lost the messages of its failures, an error is taken for a crash.
    """
    table = profile.table
    if not {"schedule", "status"} <= set(table):
        return {}
    found = {}
    for key, status in zip(map(str, table["schedule"]), map(str, table["status"]), strict=True):
        if status == WRONG:
            found[key] = WRONG
        elif status == BROKEN and _crashed(profile, key):
            found.setdefault(key, BROKEN)
    duplicates = profile.metadata.get("same_code")
    for key, other in duplicates.items() if isinstance(duplicates, dict) else ():
        if str(other) in found:
            found.setdefault(str(key), found[str(other)])
    return {key: status for key, status in found.items() if is_id(key)}


def _crashed(profile: Profile, key: str) -> bool:
    failures = profile.metadata.get("failures")
    known = [each for each in failures if isinstance(each, dict)] if isinstance(failures, list) else []
    said = [str(each.get("message", "")) for each in known if each.get("schedule") == key]
    return not said or any(is_wrong(BROKEN, each) for each in said)


def require_measured(rows: pd.DataFrame) -> None:
    """Raise `InputError` unless rows are times of schedules of one pipeline on one machine."""
    needed = ("schedule", "width", "height", *FEATURES)
    missing = [name for name in needed if name not in rows]
    if missing or rows.empty:
        lacks = f"; it lacks {', '.join(missing[:5])}" if missing and len(missing) < len(needed) else ""
        raise InputError(f"a profile with times is needed, as perfpred halide profile writes it{lacks}")
    for column in ("kernel", "hardware"):
        if rows[column].nunique() > 1:
            names = ", ".join(shown(each) for each in sorted(rows[column].unique())[:5])
            raise InputError(f"one {column} at a time, but got {names}")
    for name in ("width", "height", *FEATURES):
        if rows[name].dtype.kind not in "iuf":
            raise InputError(f"column '{name}' must hold numbers, but holds {shown(rows[name].iloc[0])}")
    for name in ("width", "height"):
        bad = ~((rows[name] >= 1) & (rows[name] <= MAX_ELEMENTS) & (rows[name] % 1 == 0))
        if bad.any():
            value = shown(float(rows[name][bad].iloc[0]))
            raise InputError(
                f"column '{name}' must hold whole numbers in 1..{MAX_ELEMENTS}, but holds {value}"
            )


def times(
    rows: pd.DataFrame, schedules: Mapping[str, Candidate]
) -> tuple[tuple[Size, ...], Floats, Floats, tuple[Candidate, ...]]:
    """Return sizes, log times and noise, both (C, S), and the schedules; repeats are averaged.

    Raises
    ------
    InputError
        If a row names a schedule that is not among `schedules`.
    """
    keys = list(dict.fromkeys(map(str, rows["schedule"])))
    unknown = [key for key in keys if key not in schedules]
    if unknown:
        raise InputError(
            f"the schedules beside the profile are of another one: {len(unknown)} of {len(keys)} are not "
            f"among them, such as {shown(unknown[0])}"
        )
    where = list(zip(rows["width"].astype(int), rows["height"].astype(int), strict=True))
    sizes = require_sizes(tuple(dict.fromkeys(where)))
    at = [keys.index(key) for key in map(str, rows["schedule"])], [sizes.index(size) for size in where]
    columns = {"time": np.log(rows["time_s"].to_numpy()), "noise": rows["noise"].to_numpy()}
    table = pd.DataFrame({"row": at[0], "column": at[1], **columns}).groupby(["row", "column"]).mean()
    log_time, noise = np.full((2, len(keys), len(sizes)), np.nan)
    index = tuple(table.index.to_frame().to_numpy().T)
    log_time[index], noise[index] = table["time"], table["noise"]
    return sizes, log_time, noise, tuple(schedules[key] for key in keys)


def fitted(rows: pd.DataFrame) -> tuple[Blend | None, float, float]:
    """Return a model of log time over the estimate, and how it does on schedules that it has not seen.

    That is the deviation of its errors, and the rank correlation with the times of each size, on average.
    """
    known = rows[rows[list(FEATURES)].notna().all(axis=1)]
    if len(known) < MIN_ROWS or known["schedule"].nunique() < MIN_ROWS // 2:
        return None, math.nan, math.nan
    estimate = known[FEATURES[ESTIMATE]].to_numpy()
    time_s = known["time_s"].to_numpy()
    made = EnsembleRegressor(use_products=False, n_trees=TREES).fit_with_residuals(
        known[list(FEATURES)].astype(float), time_s / np.exp(estimate), groups=known["schedule"]
    )
    assert isinstance(made.formula_, Blend)
    residuals = made.oof_log_residuals_
    table = known.assign(expected=np.log(time_s) - residuals)
    ranks = [
        float(spearmanr(part["expected"], part["time_s"]).statistic)
        for _, part in table.groupby(["width", "height"])
        if len(part) > 2
    ]
    return made.formula_, float(np.std(residuals)), float(np.mean(ranks)) if ranks else math.nan
