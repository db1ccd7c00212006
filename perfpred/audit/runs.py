"""From profiles to runs: how much slower than usual each run was, per combination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import KEYS, Combination
from perfpred.errors import InputError, shortlist
from perfpred.profile.table import Profile

TRIMMED = 0.2
"""Share of rows left out at either end where a run's slowness is averaged: a disturbed row tells nothing."""


@dataclass(frozen=True, eq=False)
class PairedRuns:
    """The runs of two sides on the rows that both have.

    Parameters
    ----------
    combination : Combination
    rows : int
        Settings of the parameters that every run has.
    first, second : ndarray, shapes (a,) and (b,)
        Per run, the mean logarithm of its times over the usual ones of both sides.
    broken : tuple of str
        Settings that ran on the first side and failed on the second, with their status.
    unpaired : int
        Settings that only one side has, or not every run.
    only_on : str
        ``first`` or ``second`` where the other side has no row of the combination; else empty.
    """

    combination: Combination
    rows: int
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    broken: tuple[str, ...]
    unpaired: int
    only_on: str = ""


def paired_runs(first: Sequence[Profile], second: Sequence[Profile]) -> list[PairedRuns]:
    """Return the combinations that either side has; those of one side alone have no rows to compare.

    Parameters
    ----------
    first, second : sequence of Profile
        One or more files per side. Rows of equal parameters within a file are runs of their own, in order.

    Raises
    ------
    InputError
        If the parameters differ, or the sides have no combination in common, such as of different machines.
    """
    parameters = {profile.parameters for profile in (*first, *second)}
    if len({tuple(sorted(names)) for names in parameters}) > 1:
        listed = "; ".join(sorted({", ".join(sorted(names)) for names in parameters}))
        raise InputError(f"both sides must have the same parameters, but have: {listed}")
    names = list(first[0].parameters)
    sides = [_numbered(first, names), _numbered(second, names)]
    keys = [_keys(side) for side in sides]
    common = [key for key in keys[0] if key in keys[1]]
    if not common:
        have = [shortlist(sorted(" ".join(key) for key in side), shown=3) for side in keys]
        raise InputError(f"the sides have no combination in common: one has {have[0]}, the other {have[1]}")
    every = list(dict.fromkeys([*keys[0], *keys[1]]))
    return [_paired(Combination(*key), [_of(side, key) for side in sides], names) for key in every]


def _numbered(profiles: Sequence[Profile], names: list[str]) -> pd.DataFrame:
    """Return the rows of one side, each with the run it belongs to."""
    parts = []
    for index, profile in enumerate(profiles):
        table = profile.table[[*KEYS, *names, "time_s", "status"]]
        repeat = table.groupby([*KEYS, *names], sort=False, dropna=False).cumcount()
        parts.append(table.assign(run=[f"{index} {number}" for number in repeat]))
    return pd.concat(parts, ignore_index=True)


def _keys(side: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys(side[list(KEYS)].itertuples(index=False, name=None)))


def _of(side: pd.DataFrame, key: tuple[str, str, str]) -> pd.DataFrame:
    return side[(side[list(KEYS)] == list(key)).all(axis=1)]


def _paired(combination: Combination, sides: list[pd.DataFrame], every_name: list[str]) -> PairedRuns:
    # In a file of several kernels, the parameters of the others are blank: no blank equals another.
    names = [name for name in every_name if any(side[name].notna().any() for side in sides)]
    for side, other, only_on in zip(sides, sides[::-1], ("first", "second"), strict=True):
        if not len(other):
            settings = len(side[names].drop_duplicates())
            return PairedRuns(combination, 0, np.empty(0), np.empty(0), (), settings, only_on)
    logs = [_log_times(side, names) for side in sides]
    rows = logs[0].dropna().index.intersection(logs[1].dropna().index)
    every = logs[0].index.union(logs[1].index)
    if not len(rows):
        return PairedRuns(combination, 0, np.empty(0), np.empty(0), _broken(sides, names), len(every))
    matrices = [log.loc[rows].to_numpy().T for log in logs]
    usual = (matrices[0].mean(axis=0) + matrices[1].mean(axis=0)) / 2
    effects = [_trimmed_mean(matrix - usual) for matrix in matrices]
    return PairedRuns(
        combination, len(rows), effects[0], effects[1], _broken(sides, names), len(every) - len(rows)
    )


def _log_times(side: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return log seconds, one row per setting and one column per run."""
    ok = side[side["status"] == "ok"]
    table = ok.assign(log_s=np.log(ok["time_s"])).set_index([*names, "run"])["log_s"]
    return table.unstack("run") if names else table.to_frame().T


def _trimmed_mean(effects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean per row of `effects`, shape (runs, settings), without the ends of each."""
    cut = int(TRIMMED * effects.shape[1])
    ordered = np.sort(effects, axis=1)
    kept: NDArray[np.float64] = ordered[:, cut : effects.shape[1] - cut].mean(axis=1)
    return kept


def _broken(sides: list[pd.DataFrame], names: list[str]) -> tuple[str, ...]:
    ran = {tuple(row) for row in sides[0].loc[sides[0]["status"] == "ok", names].itertuples(index=False)}
    failed = sides[1][sides[1]["status"] != "ok"]
    said = []
    for row, status in zip(failed[names].itertuples(index=False), failed["status"], strict=True):
        if tuple(row) in ran:
            shown = " ".join(f"{name}={_plain(value)}" for name, value in zip(names, row, strict=True))
            said.append(f"{shown or 'its only setting'}: {status}")
    return tuple(dict.fromkeys(said))


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
