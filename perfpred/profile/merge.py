"""Several profiles put together into one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from perfpred.combination import KEYS
from perfpred.errors import InputError
from perfpred.profile.groups import shared_group_column
from perfpred.profile.metadata import by_kernel
from perfpred.profile.table import Profile


def concat(profiles: Iterable[Profile]) -> Profile:
    """Put profiles one below the other.

    Parameters
    ----------
    profiles : iterable of Profile
        A parameter that only some of them have is blank in the others' rows.

    Returns
    -------
    Profile
        Its metadata keeps what all agree on; the rest of each is listed in order under ``parts``.
        Complexity expressions are kept by kernel.

    Raises
    ------
    InputError
        If there is none, two give one kernel different expressions under one name, or they differ in their
        group column.
    ProfileError
        If a parameter is a number in one and a text in another.
    """
    listed = list(profiles)
    if not listed:
        raise InputError("there is no profile to put together")
    if len(listed) == 1:
        return listed[0]
    parameters = dict.fromkeys(name for profile in listed for name in profile.parameters)
    tables = [profile.table.astype(dict.fromkeys(profile.parameters, object)) for profile in listed]
    filled = [
        table.reindex(columns=[*KEYS, *parameters, "time_s", "noise", "rounds", "status"]) for table in tables
    ]
    column = shared_group_column((each.group_column, each.group_column in each.parameters) for each in listed)
    groups = [profile.groups for profile in listed if profile.groups is not None]
    return Profile(
        pd.concat(filled, ignore_index=True),
        tuple(parameters),
        _merged_metadata(listed),
        pd.concat(groups, ignore_index=True) if groups else None,
        column,
    )


def _merged_metadata(profiles: list[Profile]) -> dict[str, Any]:
    parts = [{k: v for k, v in profile.metadata.items() if k != "complexity"} for profile in profiles]
    shared = {k: v for k, v in parts[0].items() if all(k in part and part[k] == v for part in parts)}
    merged = dict(shared)
    rest = [{k: v for k, v in part.items() if k not in shared} for part in parts]
    if any(rest):
        merged["parts"] = rest
    complexity = _merged_complexity(profiles)
    if complexity:
        merged["complexity"] = complexity
    return merged


def _merged_complexity(profiles: list[Profile]) -> dict[str, Any]:
    """By kernel, or flat where all kernels agree."""
    merged: dict[str, dict[str, str]] = {}
    for profile in profiles:
        stated = profile.metadata.get("complexity", {})
        for kernel in profile.table["kernel"].unique().tolist():
            expressions = stated.get(kernel, {}) if by_kernel(stated) else stated
            into = merged.setdefault(kernel, {})
            for name, text in expressions.items():
                if into.setdefault(name, text) != text:
                    both = f"'{into[name]}' in one profile and '{text}' in another"
                    raise InputError(f"complexity '{name}' of {kernel} is {both}")
    kinds = list(merged.values())
    return kinds[0] if all(kind == kinds[0] for kind in kinds) else merged
