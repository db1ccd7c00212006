"""A `Profile` to a CSV file that reads back as the same profile."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from perfpred.documents.atomic import atomic_write
from perfpred.errors import InputError, ProfileError
from perfpred.profile.columns.judging import revealed_in
from perfpred.profile.groups import NOTE, PARAMETERS_NOTE
from perfpred.profile.metadata import sidecar_path
from perfpred.profile.table import Profile


def write_profile(profile: Profile, path: str | os.PathLike[str]) -> None:
    """Write a profile and its metadata, each whole or not at all.

    Parameters
    ----------
    profile : Profile
        Numbers are written so that they read back to the last bit.
    path : path-like
        Compressed if it ends in ``.gz``. The metadata goes to ``NAME.meta.json`` beside it, and says which
        column is the group.

    Raises
    ------
    ProfileError
        If the profile has no row.
    InputError
        If the metadata is not of JSON's types, or a file cannot be written.
    """
    target = Path(path)
    if not len(profile):
        raise ProfileError(str(target), ["a profile without rows cannot be written"])
    try:
        metadata = json.dumps(_described(profile), indent=2, ensure_ascii=False) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the metadata must be of JSON's types: {error}") from None
    try:
        data, description = _csv(_columns(profile)).encode(), metadata.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"a profile must be valid Unicode: {error}") from None
    # The metadata first: rows must never appear beside an older description of them.
    atomic_write(sidecar_path(target), description, follow_links=False)  # only `target` was named
    atomic_write(target, gzip.compress(data, mtime=0) if target.suffix == ".gz" else data)


def _described(profile: Profile) -> dict[str, Any]:
    bare = {key: value for key, value in profile.metadata.items() if key not in (NOTE, PARAMETERS_NOTE)}
    doubtful = list(revealed_in(profile.table, profile.parameters))
    if doubtful:  # they are parameters, whatever they look like
        bare[PARAMETERS_NOTE] = doubtful
    if profile.group_column is None:
        return bare
    is_parameter = profile.group_column in profile.parameters
    return {**bare, NOTE: {"name": profile.group_column, "parameter": is_parameter}}


def _columns(profile: Profile) -> pd.DataFrame:
    if profile.groups is None or profile.group_column in profile.parameters:
        return profile.table
    return profile.table.assign(**{str(profile.group_column): profile.groups})


def _csv(table: pd.DataFrame) -> str:
    columns = [[_quoted(str(name)), *_cells(table[name], whole=name == "rounds")] for name in table]
    return "".join(",".join(row) + "\n" for row in zip(*columns, strict=True))


def _cells(column: pd.Series[Any], *, whole: bool) -> Iterator[str]:
    for value in column.tolist():
        if pd.isna(value):
            yield ""
        elif whole:
            yield str(int(value))
        else:
            yield _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Quote where needed; a lone carriage return needs it too, which csv.writer overlooks."""
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text
