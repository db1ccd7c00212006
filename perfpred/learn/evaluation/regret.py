"""What a choice costs: the time of the chosen variant over that of the best, on sizes training did not see.

Beside the choice by predictors stand the best single variant, chosen on the training sizes, and the choice
that the user makes today, where a column names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError, require_repeats
from perfpred.learn.rows.sizes import Sizes
from perfpred.predict.bank import Bank
from perfpred.predict.predictor import Predictor
from perfpred.profile import Profile, random_split
from perfpred.profile.splits import Split

POLICIES = {"predicted": "ratio", "best single": "single_ratio", "current": "current_ratio"}
"""Who chooses, and the column of `regret_of_choices` that holds what it costs."""
_SIZE, _LABEL, _GROUP, _KEY, _INSIDE = " size", " label", " group", " key", " inside"
"""Columns beside the parameters: no parameter's name starts with a space."""
MAX_SIZES, SHARE, MIN_SIZES = 250, 0.8, 8
"""Sizes to train on, if none are asked for: so many, or this share; with fewer, nothing is said."""
NEAR = 0.02
"""A choice this near to the best is as good as the best."""


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What there is to choose from at each size: variants of a kernel on one hardware, or hardware.

    Parameters
    ----------
    kernel, among : str
        Its name, and the hardware all run on, or ``hardware`` where that is what is chosen.
    rows : DataFrame
        A row per alternative and size: its number, the label of the alternative, its combination, ``time_s``,
        and the parameters.
    group_of_size : ndarray of int, shape (s,)
        Sizes of one group are trained on or tested on together.
    """

    kernel: str
    among: str
    rows: pd.DataFrame
    group_of_size: NDArray[np.intp]

    def times(self) -> pd.DataFrame:
        """Return seconds, a row per size and a column per label, NaN where it was not measured."""
        return self.rows.groupby([_SIZE, _LABEL], sort=False)["time_s"].min().unstack(_LABEL)


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
    for each in found:
        for repeat in range(repeats):
            split = _split(each, train_size, random_state + repeat)
            parts.append(_regret_once(profile, each, current, make_bank, split).assign(repeat=repeat))
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


def alternatives_of(profile: Profile) -> Iterator[Alternatives]:
    """Yield what there is to choose from: for each kernel, variants on each hardware, else hardware."""
    parts = list(profile.combinations())
    for kernel in dict.fromkeys(key.kernel for key, _ in parts):
        own = [(key, part) for key, part in parts if key.kernel == kernel]
        by_hardware: dict[str, list[tuple[Combination, Profile]]] = {}
        for key, part in own:
            by_hardware.setdefault(key.hardware, []).append((key, part))
        groups = {name: group for name, group in by_hardware.items() if len(group) > 1}
        for among, group in (groups or {"hardware": own}).items():
            found = _alternatives(kernel, among, group)
            if found is not None:
                yield found


def _alternatives(kernel: str, among: str, parts: list[tuple[Combination, Profile]]) -> Alternatives | None:
    """Return alternatives that share sizes, or None; a size is what the parameters of all have in common."""
    common = [name for name in parts[0][1].parameters if all(name in part.parameters for _, part in parts)]
    if not common or len(parts) < 2:
        return None
    tables = []
    for key, part in parts:
        sizes = Sizes.of(part)
        table = sizes.X.reset_index(drop=True).assign(time_s=sizes.time_s)
        table[_KEY] = pd.Series([key] * len(table), dtype=object)
        further = [name for name in part.parameters if name not in common]
        name = key.hardware if among == "hardware" else key.variant
        table[_LABEL] = [
            " ".join([name, *(f"{n}={v}" for n, v in zip(further, row, strict=True))])
            for row in table[further].itertuples(index=False)
        ]
        groups = None if part.groups is None else part.groups.to_numpy()
        first = np.unique(sizes.of_row, return_index=True)[1]
        table[_GROUP] = "" if groups is None else groups[first]
        tables.append(table)
    rows = pd.concat(tables, ignore_index=True)
    keys = [*common, _GROUP]
    shared = rows.groupby(keys, dropna=False)[_LABEL].transform("nunique") > 1
    rows = rows[shared].reset_index(drop=True)
    if rows.empty:
        return None
    rows[_SIZE] = rows.groupby(keys, dropna=False, sort=False).ngroup()
    first_rows = rows.drop_duplicates(_SIZE).sort_values(_SIZE)
    has_groups = (first_rows[_GROUP] != "").any()
    groups_of_size = pd.factorize(first_rows[_GROUP])[0] if has_groups else np.arange(len(first_rows))
    return Alternatives(kernel, among, rows, groups_of_size.astype(np.intp))


def _regret_once(
    profile: Profile,
    found: Alternatives,
    current: pd.Series[Any] | None,
    make_bank: Callable[[Profile], Bank],
    split: Split,
) -> pd.DataFrame:
    times = found.times()
    train, test = split
    bank = make_bank(_rows_of_sizes(profile, found, train))
    tested = found.rows[found.rows[_SIZE].isin(test)].reset_index(drop=True)
    predicted, inside = predicted_times(bank, tested)
    order = np.lexsort((predicted, ~inside, tested[_SIZE].to_numpy()))
    order = order[np.isfinite(predicted[order])]
    first = tested.assign(**{_INSIDE: inside}).iloc[order].drop_duplicates(_SIZE).set_index(_SIZE)
    best_s = times.loc[test].min(axis=1)
    single = _best_single(times, train)
    frame = pd.DataFrame(
        {
            "kernel": found.kernel,
            "among": found.among,
            "size": test,
            "label": first[_LABEL].reindex(test).to_numpy(),
            "in_range": first[_INSIDE].reindex(test).to_numpy(),
            "best": times.loc[test].idxmin(axis=1).to_numpy(),
            "best_s": best_s.to_numpy(),
            "ratio": (first["time_s"].reindex(test) / best_s).to_numpy(),
            "single": single,
            "single_ratio": np.nan if single is None else (times.loc[test, single] / best_s).to_numpy(),
        }
    )
    taken = np.full(len(test), np.nan) if current is None else _current(profile, found, current, test)
    return frame.assign(current_ratio=taken / best_s.to_numpy())


def _split(found: Alternatives, train_size: int, seed: int) -> Split:
    """Return the sizes to train on, whole groups until there are `train_size`, and those to test on."""
    sizes = len(found.group_of_size)
    if not 1 <= train_size < sizes:
        raise InputError(
            f"{found.kernel}: train_size must be in 1..{sizes - 1} of the sizes that two alternatives share, "
            f"but got {train_size}"
        )
    groups = int(found.group_of_size.max()) + 1
    if groups == sizes:
        return random_split(sizes, train_size, seed)
    if groups < 2:
        raise InputError(f"{found.kernel}: there must be at least 2 groups, to leave one to test on")
    share = min(max(round(groups * train_size / sizes), 1), groups - 1)
    drawn, _ = random_split(groups, share, seed)
    is_train = np.isin(found.group_of_size, drawn)
    return np.flatnonzero(is_train), np.flatnonzero(~is_train)


def _rows_of_sizes(profile: Profile, found: Alternatives, sizes: NDArray[np.intp]) -> Profile:
    """Return the profile's rows of these sizes, those repeated too."""
    return profile.take(np.flatnonzero(_size_of_rows(profile, found).isin(sizes)))


def _size_of_rows(profile: Profile, found: Alternatives) -> pd.Series[Any]:
    """Return the number of the size of each row of the profile, -1 for rows of no such size."""
    names = ["kernel", "variant", "hardware", *profile.parameters]
    table = profile.table[names].copy()
    table[_GROUP] = "" if profile.groups is None else profile.groups.to_numpy()
    known = found.rows.copy()
    for field in ("kernel", "variant", "hardware"):
        known[field] = [getattr(key, field) for key in known[_KEY]]
    on = [name for name in [*names, _GROUP] if name in known.columns]
    merged = table.merge(known[[*on, _SIZE]].drop_duplicates(on), how="left", on=on)
    return merged[_SIZE].fillna(-1).astype(int)


def predicted_times(bank: Bank, rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return predicted seconds of rows, infinity where there is no answer, and which are in range."""
    predicted, inside = np.full(len(rows), np.inf), np.zeros(len(rows), dtype=bool)
    for key in dict.fromkeys(rows[_KEY]):
        predictor = bank.reader(key.kernel, key.variant, key.hardware).predictor
        places = np.flatnonzero([each == key for each in rows[_KEY]])
        try:
            answers = predictor.answers(rows.iloc[places])
            predicted[places], inside[places] = answers.time_s, answers.in_range
        except InputError:  # of one row at least: each is asked alone
            for place in places:
                predicted[place], inside[place] = _alone(predictor, rows.iloc[place])
    return predicted, inside


def _alone(predictor: Predictor, row: pd.Series[Any]) -> tuple[float, bool]:
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
    profile: Profile, found: Alternatives, current: pd.Series[Any], sizes: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the seconds of today's choice at each size, NaN where it names nothing measured there."""
    wanted = dict(zip(_size_of_rows(profile, found), current, strict=True))
    kind = "hardware" if found.among == "hardware" else "variant"
    rows = found.rows
    names = [getattr(key, kind) for key in rows[_KEY]]
    is_taken = [wanted.get(size) == name for size, name in zip(rows[_SIZE], names, strict=True)]
    taken = rows[np.array(is_taken)].groupby(_SIZE)["time_s"].min()
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
