"""A CSV file to a `Profile`, with everything that is wrong told at once."""

from __future__ import annotations

import os
import shlex
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from perfpred.combination import KEYS
from perfpred.errors import DataWarning, InputError, ProfileError
from perfpred.profile.cells import value_of
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.columns.plan import Plan, make_plan
from perfpred.profile.columns.repeats import estimated
from perfpred.profile.columns.toml import read_mapping
from perfpred.profile.csv_text import Sheet, read_sheet
from perfpred.profile.grid import grid_of
from perfpred.profile.groups import (
    NOTE,
    PARAMETERS_NOTE,
    checked_groups,
    group_text,
    noted_column,
    noted_parameters,
)
from perfpred.profile.merge import concat
from perfpred.profile.metadata import read_sidecar
from perfpred.profile.rules import MAX_NAME, TIME_UNITS, Violation, check
from perfpred.profile.table import Profile
from perfpred.profile.time_units import in_seconds

PathLike: TypeAlias = str | os.PathLike[str]


def read_profile(
    path: PathLike | Iterable[PathLike],
    *,
    kernel: str | None = None,
    variant: str | None = None,
    hardware: str | None = None,
    columns: ColumnMapping | None = None,
    fallback: Mapping[str, str] | None = None,
) -> Profile:
    """Read measurements from CSV, gzipped or not, and check all of them.

    The header names ``kernel``, ``variant``, ``hardware``, one of ``time_s``, ``time_ms``, ``time_us`` and
    ``time_ns``, and optionally ``noise``, ``rounds`` and ``status``; every other column is a parameter. What
    is named otherwise `columns` says, or ``NAME.toml`` beside the file. A row whose status is not ``ok`` is
    kept and has no time. Metadata is in ``NAME.meta.json`` beside the file.

    Parameters
    ----------
    path : path-like or iterable of them
        Several files become one profile, as by `concat`.
    kernel, variant, hardware : str, optional
        What every row is for, where the file has no such column.
    columns : ColumnMapping, optional
        What the columns are; what it does not state ``NAME.toml`` may.
    fallback : mapping of str to str, optional
        The kernel, variant or hardware of a file that has no such column and for which none is given.

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

    Warns
    -----
    DataWarning
        Of what was left out, or read in a way that is not obvious.
    """
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    if not paths:
        raise InputError("no file to read a profile from")
    supplied = {"kernel": kernel, "variant": variant, "hardware": hardware}
    given = {name: text for name, text in supplied.items() if text is not None}
    for name, text in given.items():
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"{name} must be text and not blank, but got {text!r}")
    request = _Request(given, dict(fallback or {}), columns or ColumnMapping())
    profiles: list[Profile] = []
    errors: list[ProfileError] = []
    for each in paths:
        try:
            profiles.append(_read_one(Path(each), request))
        except ProfileError as error:
            errors.append(error)
    if len(errors) > 1:
        problems = [f"{error.source}: {problem}" for error in errors for problem in error.problems]
        raise ProfileError(f"{len(errors)} files", problems)
    if errors:
        raise errors[0]
    return concat(profiles)


@dataclass(frozen=True)
class _Request:
    """What the caller says of every file."""

    given: Mapping[str, str]
    fallback: Mapping[str, str]
    columns: ColumnMapping


MAX_DESCRIBED = 1000
"""Problems that are put in words: a message shows fewer, and a large file may have millions."""
_NOT_DESCRIBED = "a further problem"
MAX_RAGGED_CELLS = 1_000_000
"""Cells up to which the rest of a file with ragged rows is checked as well; of more, these alone are told."""


def _read_one(path: Path, request: _Request) -> Profile:
    sheet = read_sheet(path)
    if sheet.problems and len(sheet.numbers) * len(sheet.header) > MAX_RAGGED_CELLS:
        raise ProfileError(str(path), sheet.problems)
    metadata, mapping, noted, unread = _beside(path, request.columns)
    trusted = () if unread else noted_parameters(metadata)
    metadata.pop(PARAMETERS_NOTE, None)
    plan = make_plan(grid_of(sheet), noted, request.given, sheet.where, trusted)
    given = _given(plan, request, sheet)
    problems = [*plan.problems, *given.problems, *sheet.problems, *unread]
    raw, unit = _raw(plan)
    problems += _contradictions(raw, given.keys, plan, sheet)
    supplied = {name: np.full(len(plan.grid), text, dtype=object) for name, text in given.keys.items()}
    table, found = check({**raw, **supplied}, plan.parameters, time_unit=unit)
    problems += [_describe(each, plan, sheet) for each in found[:MAX_DESCRIBED]]
    problems += [_NOT_DESCRIBED] * (len(found) - MAX_DESCRIBED) + _blank_groups(plan, sheet)
    if problems:
        raise ProfileError(str(path), problems)
    cells = None if plan.group is None else plan.grid.columns[plan.group]
    groups = checked_groups(cells, plan.group, table, plan.parameters)
    if mapping.stated():
        metadata["columns"] = mapping.stated()
    profile = Profile.of_checked(table, plan.parameters, metadata, groups, plan.group)
    notes = [*plan.warnings, *given.notes]
    if mapping.estimate is not None and not mapping.runs:
        profile, note = estimated(profile, mapping.estimate)
        notes.append(note)
    for note in notes:
        warnings.warn(f"{path.name}: {note}", DataWarning, stacklevel=3)
    return profile


def _beside(
    path: Path, columns: ColumnMapping
) -> tuple[dict[str, Any], ColumnMapping, ColumnMapping, list[str]]:
    """Return what lies beside a file: its metadata, the mapping, that with the group noted, and problems."""
    metadata: dict[str, Any] = {}
    mapping = noted = columns
    problems = []
    try:
        mapping = noted = columns.over(read_mapping(path))
    except InputError as error:
        problems.append(_indented(error))
    try:
        metadata = read_sidecar(path)
        group, is_parameter = noted_column(metadata)
        noted_parameters(metadata)
        if group is not None and mapping.group is None:
            also = () if is_parameter or group in mapping.ignore else (group,)
            noted = replace(mapping, group=group, ignore=(*mapping.ignore, *also))
    except InputError as error:
        problems.append(_indented(error))
    metadata.pop(NOTE, None)
    return metadata, mapping, noted, problems


def _indented(error: InputError) -> str:
    return str(error).replace("\n", "\n  ")  # a caret line stays under its expression


@dataclass(frozen=True)
class _Given:
    """The kernel, variant and hardware of every row, where no column says them."""

    keys: dict[str, str]
    notes: list[str]
    problems: list[str]


def _given(plan: Plan, request: _Request, sheet: Sheet) -> _Given:
    keys: dict[str, str] = dict(request.given)
    notes: list[str] = []
    problems: list[str] = []
    if not plan.is_complete:
        return _Given(keys, notes, problems)
    for key in KEYS:
        if key in plan.keys or key in keys:
            continue
        if key not in request.fallback:
            problems.append(f"there is no column '{key}'; supply {key}=... (on the command line --{key})")
            continue
        keys[key] = request.fallback[key]
        notes.append(f"no column names the {key}: every row is {key} '{keys[key]}' (--{key} NAME says it)")
    if not plan.parameters:
        problems.append("there is no parameter column, such as m or n")
    return _Given(keys, notes, problems)


def _raw(plan: Plan) -> tuple[dict[str, Any], str]:
    """Return the columns by the names of a profile, and the unit of the times as `check` wants it."""
    columns = plan.grid.columns
    raw = {key: columns[name] for key, name in plan.keys.items()}
    raw |= {name: columns[name] for name in plan.parameters}
    raw |= {name: columns[name] for name in ("noise", "rounds", "status") if name in columns}
    times, unit = plan.times, "time_s"
    if times is not None:
        raw |= {} if times.noise is None else {"noise": times.noise}
        raw |= {} if times.rounds is None else {"rounds": times.rounds}
        if isinstance(times.unit, str) and f"time_{times.unit}" in TIME_UNITS:
            raw["time_s"], unit = times.cells, f"time_{times.unit}"
        else:
            raw["time_s"] = _converted(times.cells, times.unit)
    return raw, unit


def _converted(cells: Any, units: str | tuple[str, ...]) -> Any:
    """Return times in seconds; what is no number stays, for the rules to refuse."""
    seconds = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells.tolist()):
        value = value_of(cell)
        unit = units if isinstance(units, str) else units[row]
        seconds[row] = in_seconds(float(value), unit) if isinstance(value, int | float) else cell
    return seconds


def _contradictions(raw: Mapping[str, Any], given: Mapping[str, str], plan: Plan, sheet: Sheet) -> list[str]:
    """Say where a column disagrees with what was supplied for every row, once per value."""
    problems = []
    for key, text in given.items():
        if key not in raw:
            continue
        first: dict[str, int] = {}
        for position, other in enumerate(raw[key].tolist()):
            first.setdefault(other, position)
        for other, position in first.items():
            if other.strip() != text.strip():
                place = sheet.where(int(plan.grid.rows[position]))
                problems.append(f"{place}: {key} is {other!r}, but {key}={text!r} was supplied")
    return problems


def _blank_groups(plan: Plan, sheet: Sheet) -> list[str]:
    if plan.group is None or plan.group not in plan.grid.columns:
        return []
    if all(group_text(text) is not None for text in plan.grid.distinct(plan.group)):
        return []
    texts = enumerate(plan.grid.texts(plan.group))
    blank = [sheet.where(int(plan.grid.rows[row])) for row, text in texts if group_text(text) is None]
    return [f"{place}: {plan.group} must not be blank, as it is the group" for place in blank]


def _describe(violation: Violation, plan: Plan, sheet: Sheet) -> str:
    row, column = violation.row, violation.column
    if row is None:
        is_parameter = column in plan.parameters and len(column) <= MAX_NAME
        way_out = f"; --ignore {shlex.quote(column)} leaves it out" if is_parameter else ""
        return violation.describe(None, "", column) + way_out
    cells = plan.grid.columns.get(plan.keys.get(column, column))
    if column == "time_s" and plan.times is not None:
        labels = plan.times.labels
        cells, column = plan.times.cells, labels[row if len(labels) > 1 else 0]
    value = None if cells is None else cells[row]
    return violation.describe(value, sheet.where(int(plan.grid.rows[row])), column) + _unknown(value)


def _unknown(value: object) -> str:
    """Say what to do about a cell such as ``NA``."""
    if not isinstance(value, str) or value.strip().lower() not in _UNKNOWN:
        return ""
    return "; leave a cell blank where nothing is known, or leave such rows out with --where"


_UNKNOWN = {"na", "n/a", "#n/a", "-", "--", "null", "none", "?", "*", "nil", "missing", "n.a.", "."}
