"""A CSV file to a `Profile`, with everything that is wrong told at once."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from perfpred.errors import InputError, ProfileError
from perfpred.profile.csv_text import Sheet, read_sheet
from perfpred.profile.groups import NOTE, checked_groups, noted_column
from perfpred.profile.merge import concat
from perfpred.profile.metadata import read_sidecar
from perfpred.profile.rules import KEYS, RESERVED, TIME_UNITS, Violation, check
from perfpred.profile.table import Profile

PathLike: TypeAlias = str | os.PathLike[str]


def read_profile(
    path: PathLike | Iterable[PathLike],
    *,
    kernel: str | None = None,
    variant: str | None = None,
    hardware: str | None = None,
) -> Profile:
    """Read measurements from CSV, gzipped or not, and check all of them.

    The header names ``kernel``, ``variant``, ``hardware``, one of ``time_s``, ``time_ms``, ``time_us`` and
    ``time_ns``, and optionally ``noise``, ``rounds`` and ``status``; every other column is a parameter. A row
    whose status is not ``ok`` is kept and has no time. Metadata is in ``NAME.meta.json`` beside the file.

    Parameters
    ----------
    path : path-like or iterable of them
        Several files become one profile, as by `concat`.
    kernel, variant, hardware : str, optional
        What every row is for, where the file has no such column.

    Returns
    -------
    Profile
        Times in seconds.

    Raises
    ------
    InputError
        If no file is named, or a supplied text is blank.
    ProfileError
        If files cannot be read or break rules; every row is listed with its number (the first below the
        header is row 1), the rule and the value as typed.
    """
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise InputError("no file to read a profile from")
    supplied = {"kernel": kernel, "variant": variant, "hardware": hardware}
    given = {name: text for name, text in supplied.items() if text is not None}
    for name, text in given.items():
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{name} must be text and not blank, but got {text!r}")
    profiles: list[Profile] = []
    errors: list[ProfileError] = []
    for each in paths:
        try:
            profiles.append(_read_one(Path(each), given))
        except ProfileError as error:
            errors.append(error)
    if len(errors) > 1:
        problems = [f"{error.source}: {problem}" for error in errors for problem in error.problems]
        raise ProfileError(f"{len(errors)} files", problems)
    if errors:
        raise errors[0]
    return concat(profiles)


@dataclass(frozen=True)
class _Layout:
    """Which column of a sheet is what.

    Attributes
    ----------
    positions : dict of str to int
        Canonical name to place in the header.
    time : str
        The time column as the file names it; empty if it has none.
    """

    positions: dict[str, int]
    parameters: tuple[str, ...]
    time: str
    problems: tuple[str, ...]


def _read_one(path: Path, given: Mapping[str, str]) -> Profile:
    sheet = read_sheet(path)
    metadata: dict[str, Any] = {}
    unread = []
    group, is_parameter = None, False
    try:
        metadata = read_sidecar(path)
        group, is_parameter = noted_column(metadata)
    except InputError as error:
        unread.append(str(error).replace("\n", "\n  "))  # a caret line stays under its expression
    metadata.pop(NOTE, None)
    layout = _lay_out(sheet.header, given, None if is_parameter else group)
    problems = [*layout.problems, *sheet.problems, *unread]
    if group is not None and group not in layout.positions:
        problems.append(f"there is no column '{group}', which is the group column")
    raw = {name: sheet.column(place) for name, place in layout.positions.items()}
    problems += _contradictions(raw, given, sheet)
    supplied = {name: np.full(len(sheet), text, dtype=object) for name, text in given.items()}
    table, found = check({**raw, **supplied}, layout.parameters, time_unit=layout.time or "time_s")
    problems += [_describe(each, raw, sheet, layout.time) for each in found]
    if problems:
        raise ProfileError(str(path), problems)
    groups = checked_groups(None if group is None else raw[group], group, table, layout.parameters)
    return Profile.of_checked(table, layout.parameters, metadata, groups, group)


def _lay_out(header: Sequence[str], given: Mapping[str, str], group: str | None) -> _Layout:
    if len(header) == 1 and any(separator in header[0] for separator in ";\t"):
        return _Layout({}, (), "", (f"columns must be separated by commas, but the header is {header[0]!r}",))
    positions: dict[str, int] = {}
    problems = []
    for place, name in enumerate(header):
        if not name:
            problems.append(f"column {place + 1} has no name; was the file written with a row index?")
        elif name in positions:
            problems.append(f"two columns are named '{name}'")
        else:
            positions[name] = place
    parameters = tuple(name for name in positions if name not in RESERVED and name != group)
    times = [name for name in positions if name in TIME_UNITS]
    problems += [
        f"column '{name}' would be a parameter; is it '{name.lower()}'?"
        for name in parameters
        if name.lower() in RESERVED
    ]
    problems += [
        f"there is no column '{key}'; supply {key}=... (on the command line --{key})"
        for key in KEYS
        if key not in positions and key not in given
    ]
    if not times:
        problems.append(
            f"there is no time column; one of {', '.join(TIME_UNITS)} is needed{_near(parameters)}"
        )
    elif len(times) > 1:
        problems.append(f"there are several time columns, {', '.join(times)}; keep one")
    if not parameters:
        problems.append("there is no parameter column, such as m or n")
    kept = {name: place for name, place in positions.items() if name not in times}
    if times:
        kept["time_s"] = positions[times[0]]
    return _Layout(kept, parameters, times[0] if times else "", tuple(problems))


def _near(parameters: Sequence[str]) -> str:
    near = difflib.get_close_matches("time_s", parameters, n=1)
    return f"; is it '{near[0]}'?" if near else ""


def _contradictions(raw: Mapping[str, Any], given: Mapping[str, str], sheet: Sheet) -> list[str]:
    """Say where a column disagrees with what was supplied for every row, once a value."""
    problems = []
    for key, text in given.items():
        if key not in raw:
            continue
        first: dict[str, int] = {}
        for position, other in enumerate(raw[key].tolist()):
            first.setdefault(other, position)
        problems += [
            f"{sheet.where(position)}: {key} is {other!r}, but {key}={text!r} was supplied"
            for other, position in first.items()
            if other.strip() != text.strip()
        ]
    return problems


def _describe(violation: Violation, raw: Mapping[str, Any], sheet: Sheet, time: str) -> str:
    column = time if violation.column == "time_s" else violation.column
    if violation.row is None:
        return violation.describe(None, "", column)
    value = raw[violation.column][violation.row] if violation.column in raw else None
    return violation.describe(value, sheet.where(violation.row), column)
