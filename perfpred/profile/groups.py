"""The group of each row: rows measured on one input share what no parameter says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from perfpred.errors import InputError
from perfpred.profile.cells import text_column, value_of
from perfpred.profile.rules import RESERVED

PARAMETERS_NOTE = "parameter_columns"  # the sidecar's key: parameters that are none by their looks alone
NOTE = "group_column"  # the sidecar's key: the name of the column, and whether it is a parameter as well


def checked_groups(
    groups: Iterable[Any] | None, column: str | None, table: pd.DataFrame, parameters: tuple[str, ...]
) -> pd.Series[Any] | None:
    """Return the group of each row of a checked table as text, None without a group column.

    Parameters
    ----------
    groups : Series or other iterable, length n, optional
        A text or a number per row, in the order of the rows. Not used where `column` is a parameter.
    column : str, optional
        The name of the group column.
    table : DataFrame, shape (n, columns)
        Rows numbered from 0.
    parameters : tuple of str
        The names of the parameters.

    Returns
    -------
    Series of str, length n, or None

    Raises
    ------
    InputError
        If only one of `groups` and `column` is given, their lengths differ, or a group is blank.
    """
    if column is None:
        if groups is not None:
            raise InputError("groups need group_column, the name of their column")
        return None
    check_group_name(column)
    if column in parameters:
        groups = table[column]
    elif groups is None:
        raise InputError(f"group_column is '{column}', which is no parameter, and groups are not given")
    texts = [group_text(cell) for cell in groups]
    if len(texts) != len(table):
        raise InputError(f"each row needs a group, but there are {len(texts)} groups and {len(table)} rows")
    blank = [str(row + 1) for row, text in enumerate(texts) if text is None]
    if blank:
        more = f" and {len(blank) - 10} more" if len(blank) > 10 else ""
        raise InputError(f"group '{column}' must not be blank; row {', '.join(blank[:10])}{more}")
    return text_column(texts).rename(column)


def check_group_name(column: object) -> None:
    """Raise an `InputError` unless a group column may be named so."""
    if not isinstance(column, str) or not column or column != column.strip() or column in RESERVED:
        raise InputError(f"{column!r} cannot name a group column; reserved: {', '.join(RESERVED)}")


def group_text(cell: object) -> str | None:
    """Return how a group is named, None where blank: a number looks the same however it was typed.

    Examples
    --------
    >>> [group_text(cell) for cell in (" web-Google ", 512, 512.0, "5.12e2", "")]
    ['web-Google', '512', '512', '512', None]
    """
    value = value_of(cell)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    return None if value is None else str(value)


def noted_column(metadata: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return the group column that a sidecar names, and whether it is a parameter too.

    Raises
    ------
    InputError
        If the note is not what `write_profile` writes.
    """
    note = metadata.get(NOTE)
    if note is None:
        return None, False
    if not isinstance(note, Mapping) or not isinstance(note.get("parameter"), bool):
        raise InputError(f'{NOTE} must be {{"name": "...", "parameter": true or false}}, but is {note!r}')
    check_group_name(note.get("name"))
    return str(note["name"]), bool(note["parameter"])


def noted_parameters(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parameters that a sidecar names.

    Raises
    ------
    InputError
        If the note is not what `write_profile` writes.
    """
    note = metadata.get(PARAMETERS_NOTE, [])
    if not isinstance(note, list) or not all(isinstance(name, str) for name in note):
        raise InputError(f"{PARAMETERS_NOTE} must be a list of names, but is {note!r}")
    return tuple(note)


def shared_group_column(columns: Iterable[tuple[str | None, bool]]) -> str | None:
    """Return the group column of profiles to be put together; each is named, with its being a parameter.

    Raises
    ------
    InputError
        Unless all agree.
    """
    distinct = list(dict.fromkeys(columns))
    if len(distinct) > 1:
        listed = ", ".join(
            "no group column" if name is None else f"'{name}'{' as a parameter' if is_parameter else ''}"
            for name, is_parameter in distinct
        )
        raise InputError(f"profiles put together must have the same group column, but have {listed}")
    return distinct[0][0]
