"""What there is to choose from at each size: variants of a kernel on one hardware, or hardware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import Combination
from perfpred.learn.rows.sizes import Sizes
from perfpred.profile import Profile

SIZE, LABEL, GROUP, KEY = " size", " label", " group", " key"
"""Columns beside the parameters: no parameter's name starts with a space."""


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What there is to choose from at each size: variants of a kernel on one hardware, or hardware.

    Parameters
    ----------
    kernel, among : str
        Its name, and the hardware all run on, or ``hardware`` where that is what is chosen.
    rows : DataFrame
        One row per alternative and size: the size's number, the label of the alternative, its combination,
        ``time_s``, and the parameters.
    group_of_size : ndarray of int, shape (s,)
        Sizes of one group are trained on or tested on together.
    """

    kernel: str
    among: str
    rows: pd.DataFrame
    group_of_size: NDArray[np.intp]

    def times(self) -> pd.DataFrame:
        """Return seconds, one row per size and one column per label, NaN where it was not measured."""
        return self.rows.groupby([SIZE, LABEL], sort=False)["time_s"].min().unstack(LABEL)


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
        table[KEY] = pd.Series([key] * len(table), dtype=object)
        further = [name for name in part.parameters if name not in common]
        name = key.hardware if among == "hardware" else key.variant
        table[LABEL] = [
            " ".join([name, *(f"{n}={v}" for n, v in zip(further, row, strict=True))])
            for row in table[further].itertuples(index=False)
        ]
        groups = None if part.groups is None else part.groups.to_numpy()
        first = np.unique(sizes.of_row, return_index=True)[1]
        table[GROUP] = "" if groups is None else groups[first]
        tables.append(table)
    rows = pd.concat(tables, ignore_index=True)
    keys = [*common, GROUP]
    shared = rows.groupby(keys, dropna=False)[LABEL].transform("nunique") > 1
    rows = rows[shared].reset_index(drop=True)
    if rows.empty:
        return None
    rows[SIZE] = rows.groupby(keys, dropna=False, sort=False).ngroup()
    first_rows = rows.drop_duplicates(SIZE).sort_values(SIZE)
    has_groups = (first_rows[GROUP] != "").any()
    groups_of_size = pd.factorize(first_rows[GROUP])[0] if has_groups else np.arange(len(first_rows))
    return Alternatives(kernel, among, rows, groups_of_size.astype(np.intp))


def rows_of_sizes(profile: Profile, alternatives: Alternatives, sizes: NDArray[np.intp]) -> Profile:
    """Return the profile's rows of these sizes, those repeated too."""
    return profile.take(np.flatnonzero(size_of_rows(profile, alternatives).isin(sizes)))


def size_of_rows(profile: Profile, alternatives: Alternatives) -> pd.Series[Any]:
    """Return the number of the size of each row of the profile, -1 for rows of no such size."""
    names = ["kernel", "variant", "hardware", *profile.parameters]
    table = profile.table[names].copy()
    table[GROUP] = "" if profile.groups is None else profile.groups.to_numpy()
    known = alternatives.rows.copy()
    for field in ("kernel", "variant", "hardware"):
        known[field] = [getattr(key, field) for key in known[KEY]]
    on = [name for name in [*names, GROUP] if name in known.columns]
    merged = table.merge(known[[*on, SIZE]].drop_duplicates(on), how="left", on=on)
    return merged[SIZE].fillna(-1).astype(int)
