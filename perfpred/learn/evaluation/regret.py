"""What a choice costs: the time of the chosen variant over that of the best, on sizes training did not see.

The choice by predictors is compared with the best single variant, chosen on the training sizes, and with the
choice that the user makes today, where a column names it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.errors import InputError, UnknownNameError, require_repeats
from perfpred.learn.evaluation.alternatives import (
    KEY,
    LABEL,
    SIZE,
    Alternatives,
    alternatives_of,
    rows_of_sizes,
    size_of_rows,
)
from perfpred.predict.bank import Bank
from perfpred.predict.predictor import Predictor
from perfpred.profile import Profile, random_split
from perfpred.profile.splits import Split

POLICIES = {"predicted": "ratio", "best single": "single_ratio", "current": "current_ratio"}
"""Who chooses, and the column of `regret_of_choices` that holds what it costs."""
INSIDE = " inside"
"""A further column, like those of the alternatives: whether a prediction is in range."""
MAX_SIZES, SHARE, MIN_SIZES = 250, 0.8, 8
"""Sizes to train on, if none are asked for: so many, or this share; with fewer there is no summary."""
NEAR = 0.02
"""A choice this near to the best is as good as the best."""


def regret_of_choices(
    profile: Profile,
    make_bank: Callable[[Profile], Bank],
    train_size: int,
    repeats: int = 5,
    random_state: int = 0,
    chosen: str | None = None,
) -> pd.DataFrame:
    """Return what choices cost on sizes that training did not see, one row per repeat and test size.

    Sizes measured of two alternatives or more count: variants on one hardware, or hardware where each has one
    variant. Repeat r draws the training sizes with the seed ``random_state + r``; where the profile names
    groups, whole groups.

    Parameters
    ----------
    profile : Profile
    make_bank : callable
        Trains predictors on the rows it is given, such as ``lambda rows: train(rows, model="linear-c")``.
    train_size : int
        Sizes to train on.
    repeats : int
        How often the split is repeated.
    random_state : int
        Seed of every random choice.
    chosen : str, optional
        A column that names the variant (or hardware) taken today; it is no parameter.

    Returns
    -------
    DataFrame
        ``kernel``, ``among``, ``repeat``, ``size``, ``label`` (chosen by predictors), ``best``, ``best_s``,
        ``in_range``, and ratios to `best_s`: ``ratio``, ``single_ratio``, ``current_ratio``; NaN where a
        policy has no choice that was measured.

    Raises
    ------
    InputError
        If there is nothing to choose from, or no size would be left to test on.
    """
    require_repeats(repeats)
    profile, current = _without(profile.ok, chosen)
    found = list(alternatives_of(profile))
    if not found:
        raise InputError("there is nothing to choose from: no size was measured of two variants or hardware")
    parts = []
    for alternatives in found:
        for repeat in range(repeats):
            split = _split(alternatives, train_size, random_state + repeat)
            parts.append(_regret_once(profile, alternatives, current, make_bank, split).assign(repeat=repeat))
    return pd.concat(parts, ignore_index=True)


def regret_summary(regret: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 90th percentile of ratios, and the share within 2% of the best, by kernel and policy.

    Parameters
    ----------
    regret : DataFrame
        Of `regret_of_choices`.
    """
    rows = []
    for (kernel, among), part in regret.groupby(["kernel", "among"], sort=False):
        for policy, column in POLICIES.items():
            ratios = part[column].dropna().to_numpy(dtype=np.float64)
            if len(ratios):
                rows.append(
                    {
                        "kernel": kernel,
                        "among": among,
                        "policy": policy,
                        "n": len(ratios),
                        "mean": float(ratios.mean()),
                        "p90": float(np.quantile(ratios, 0.9)),
                        "within_2_percent": float((ratios <= 1 + NEAR).mean()),
                    }
                )
    return pd.DataFrame(rows)


def _regret_once(
    profile: Profile,
    alternatives: Alternatives,
    current: pd.Series[Any] | None,
    make_bank: Callable[[Profile], Bank],
    split: Split,
) -> pd.DataFrame:
    times = alternatives.times()
    train, test = split
    bank = make_bank(rows_of_sizes(profile, alternatives, train))
    tested = alternatives.rows[alternatives.rows[SIZE].isin(test)].reset_index(drop=True)
    predicted, inside = predicted_times(bank, tested)
    order = np.lexsort((predicted, ~inside, tested[SIZE].to_numpy()))
    order = order[np.isfinite(predicted[order])]
    first = tested.assign(**{INSIDE: inside}).iloc[order].drop_duplicates(SIZE).set_index(SIZE)
    best_s = times.loc[test].min(axis=1)
    single = _best_single(times, train)
    frame = pd.DataFrame(
        {
            "kernel": alternatives.kernel,
            "among": alternatives.among,
            "size": test,
            "label": first[LABEL].reindex(test).to_numpy(),
            "in_range": first[INSIDE].reindex(test).to_numpy(),
            "best": times.loc[test].idxmin(axis=1).to_numpy(),
            "best_s": best_s.to_numpy(),
            "ratio": (first["time_s"].reindex(test) / best_s).to_numpy(),
            "single": single,
            "single_ratio": np.nan if single is None else (times.loc[test, single] / best_s).to_numpy(),
        }
    )
    taken = np.full(len(test), np.nan) if current is None else _current(profile, alternatives, current, test)
    return frame.assign(current_ratio=taken / best_s.to_numpy())


def _split(alternatives: Alternatives, train_size: int, seed: int) -> Split:
    """Return the sizes to train on, whole groups until there are `train_size`, and those to test on."""
    sizes = len(alternatives.group_of_size)
    if not 1 <= train_size < sizes:
        raise InputError(
            f"{alternatives.kernel}: train_size must be in 1..{sizes - 1} of the sizes that two alternatives "
            f"share, but got {train_size}"
        )
    groups = int(alternatives.group_of_size.max()) + 1
    if groups == sizes:
        return random_split(sizes, train_size, seed)
    if groups < 2:
        raise InputError(f"{alternatives.kernel}: there must be at least 2 groups, to leave one to test on")
    share = min(max(round(groups * train_size / sizes), 1), groups - 1)
    drawn, _ = random_split(groups, share, seed)
    is_train = np.isin(alternatives.group_of_size, drawn)
    return np.flatnonzero(is_train), np.flatnonzero(~is_train)


def predicted_times(bank: Bank, rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return predicted seconds of rows, infinity where there is no answer, and which are in range."""
    predicted, inside = np.full(len(rows), np.inf), np.zeros(len(rows), dtype=bool)
    for key in dict.fromkeys(rows[KEY]):
        predictor = bank.reader(key.kernel, key.variant, key.hardware).predictor
        indices = np.flatnonzero([each == key for each in rows[KEY]])
        try:
            answers = predictor.answers(rows.iloc[indices])
            predicted[indices], inside[indices] = answers.time_s, answers.in_range
        except InputError:  # of one row at least: each is asked alone
            for index in indices:
                predicted[index], inside[index] = _predicted_alone(predictor, rows.iloc[index])
    return predicted, inside


def _predicted_alone(predictor: Predictor, row: pd.Series[Any]) -> tuple[float, bool]:
    try:
        found = predictor.predict({name: row[name] for name in predictor.parameters})
    except InputError:
        return np.inf, False
    return found.time_s, found.in_range


def _best_single(times: pd.DataFrame, train: NDArray[np.intp]) -> str | None:
    """Return the alternative that loses least on training sizes, of those that all sizes were measured of."""
    complete = times.loc[:, times.notna().all()]
    if complete.empty:
        return None
    losses = complete.loc[train].div(times.loc[train].min(axis=1), axis=0)
    return str(losses.mean().idxmin())


def _without(profile: Profile, chosen: str | None) -> tuple[Profile, pd.Series[Any] | None]:
    """Return the profile without the column that names today's choice, and that column."""
    if chosen is None:
        return profile, None
    if chosen not in profile.parameters:
        raise UnknownNameError("column of choices", chosen, profile.parameters)
    left = tuple(name for name in profile.parameters if name != chosen)
    if not left:
        raise InputError(f"column '{chosen}' is the only parameter: there is no size to choose for")
    table = profile.table.drop(columns=[chosen])
    bare = Profile.of_checked(table, left, profile.metadata, profile.groups, profile.group_column)
    return bare, profile.table[chosen].astype(str).reset_index(drop=True)


def _current(
    profile: Profile, alternatives: Alternatives, current: pd.Series[Any], sizes: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the seconds of today's choice at each size, NaN where it names nothing measured there."""
    wanted = dict(zip(size_of_rows(profile, alternatives), current, strict=True))
    kind = "hardware" if alternatives.among == "hardware" else "variant"
    rows = alternatives.rows
    names = [getattr(key, kind) for key in rows[KEY]]
    is_taken = [wanted.get(size) == name for size, name in zip(rows[SIZE], names, strict=True)]
    taken = rows[np.array(is_taken)].groupby(SIZE)["time_s"].min()
    return np.asarray(taken.reindex(sizes), dtype=np.float64)


def judged_choices(
    profile: Profile,
    make_bank: Callable[[Profile], Bank],
    train_size: int | None = None,
    random_state: int = 0,
    chosen: str | None = None,
) -> pd.DataFrame:
    """Return the summary of what choices cost, of one split of each kernel's sizes; empty without a choice.

    Parameters
    ----------
    profile, make_bank, random_state, chosen
        As in `regret_of_choices`.
    train_size : int, optional
        Sizes to train on. By default 250, or 80% of a kernel's sizes if that is less.
    """
    profile = profile.ok
    bare, _ = _without(profile, chosen)
    found = []
    for kernel in dict.fromkeys(profile.table["kernel"]):
        own = np.flatnonzero((profile.table["kernel"] == kernel).to_numpy())
        counts = [len(each.group_of_size) for each in alternatives_of(bare.take(own))]
        size = min([train_size or MAX_SIZES, *(int(SHARE * count) for count in counts)])
        if counts and size >= MIN_SIZES:
            found.append(regret_of_choices(profile.take(own), make_bank, size, 1, random_state, chosen))
    return regret_summary(pd.concat(found)) if found else pd.DataFrame()


def without_column(profile: Profile, chosen: str | None) -> Profile:
    """Return the profile without the column that names today's choice, which must be there."""
    return _without(profile, chosen)[0]
