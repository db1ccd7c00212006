"""What a CSV would be taken for: the role of each column, repeats, groups, and the options to read it."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.errors import InputError
from perfpred.profile.cells import values_of
from perfpred.profile.columns.forms import form_of, states_units
from perfpred.profile.columns.mapping import ColumnMapping, option
from perfpred.profile.columns.plan import Plan, make_plan
from perfpred.profile.columns.role import Role
from perfpred.profile.columns.times import UNIT_CHOICES, suggested
from perfpred.profile.columns.toml import read_mapping
from perfpred.profile.csv_text import read_sheet
from perfpred.profile.formats import recognise
from perfpred.profile.grid import Grid, grid_of
from perfpred.profile.groups import noted_column, noted_parameters
from perfpred.profile.metadata import read_sidecar
from perfpred.profile.rules import TIME_UNITS

MAX_GROUP_SHARE = 0.5
"""Columns that change together name inputs if they take no more values than this share of the settings."""

MIN_GROUPS = 5
MAX_COMPARED = 200  # columns


@dataclass(frozen=True)
class Inspection:
    """What was found out about a file.

    Attributes
    ----------
    columns : tuple of Role
    repeats : dict
        ``rows``, ``settings`` (distinct rows of parameters), ``repeated`` (rows whose setting occurs again)
        and ``most`` (the largest number of rows of one setting).
    groups : tuple of dict
        Columns that always change together: ``columns``, the number of ``values`` and the ``group`` to name.
    warnings : tuple of str
    mapping : ColumnMapping
        How to read the file: as asked, completed by what is obvious.
    has_kernel : bool
        Whether a column names the kernel.
    """

    columns: tuple[Role, ...]
    repeats: Mapping[str, int]
    groups: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    has_kernel: bool = False


def inspect_profile(path: Path, columns: ColumnMapping, given: Mapping[str, str]) -> Inspection:
    """Return what a file would be taken for.

    Parameters
    ----------
    path : Path
    columns : ColumnMapping
        What is known of its columns.
    given : mapping of str to str
        The kernel, variant or hardware of every row, where known.

    Raises
    ------
    ProfileError, InputError
        If no columns can be made out, or the mapping beside the file cannot be read.
    """
    sheet = read_sheet(path)
    grid = grid_of(sheet)
    beside = read_mapping(path)
    sidecar = read_sidecar(path)
    noted, is_parameter = noted_column(sidecar)
    trusted = noted_parameters(sidecar)
    mapping = _completed(grid, columns.over(beside), given)
    if noted is not None and mapping.group is None:
        also = () if is_parameter else (noted,)
        mapping = replace(mapping, group=noted, ignore=(*mapping.ignore, *also))
    plan = make_plan(grid, mapping, given, sheet.where, trusted)
    mapping, plan = _with_numbers(
        plan, mapping, lambda new: make_plan(grid, new, given, sheet.where, trusted)
    )
    if plan.times is None and mapping.numbers:  # the times may be among the numbers just read
        mapping = _timed_by_cells(grid, mapping) or _completed(plan.grid, mapping, given)
        plan = make_plan(grid, mapping, given, sheet.where, trusted)
    groups = _groups(plan) if plan.parameters else ()
    if groups and mapping.group is None and mapping.parameters is None:
        mapping = replace(mapping, group=groups[0]["group"])
    return Inspection(
        plan.roles(),
        _repeats(plan),
        groups,
        (*plan.warnings, *plan.problems, *sheet.problems),
        _stated_only(mapping, beside, noted),
        "kernel" in plan.keys,
    )


def command_of(path: Path, found: Inspection, given: Mapping[str, str], kernel: str) -> str:
    """Return the command that trains on a file, quoted for a shell.

    Parameters
    ----------
    path : Path
    found : Inspection
        What was found in the file.
    given : mapping of str to str
        The kernel, variant or hardware of every row, where stated.
    kernel : str
        What to call the kernel where neither a column nor `given` says it.
    """
    names = dict(given)
    if not found.has_kernel:
        names.setdefault("kernel", kernel)
    file = f"./{path}" if str(path).startswith("-") else str(path)  # no option
    words = ["perfpred", "train", file, "--models", "models"]
    for name, text in names.items():
        words += [option(name), text]
    for name, value in found.mapping.stated().items():
        words += [option(name), _listed(value) if isinstance(value, list) else value]
    return shlex.join(words)


def _listed(names: Sequence[str]) -> str:
    return ",".join(
        '"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name for name in names
    )


def _completed(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> ColumnMapping:
    """Add the column of times, and a unit to be filled in where nothing says it."""
    if mapping.time or mapping.wide or mapping.runs or _has_times(grid, mapping, given):
        return mapping
    try:
        read = recognise(grid, mapping, given)
    except InputError:
        return mapping
    options = suggested(read.grid, read.times, read.unit)
    if not options:
        return mapping
    words = shlex.split(options[0].removesuffix(UNIT_CHOICES))
    stated = dict(zip((word.removeprefix("--") for word in words[::2]), words[1::2], strict=True))
    lists = {name: tuple(next(csv.reader([stated.pop(name)]))) for name in ("wide", "runs") if name in stated}
    return replace(mapping, **stated, **lists)  # type: ignore[arg-type]


def _timed_by_cells(grid: Grid, mapping: ColumnMapping) -> ColumnMapping | None:
    """Take the only column of numbers with units of time for the times, None where there is no such one."""
    stated = [name for name in mapping.numbers if states_units(grid.distinct(name))]
    return replace(mapping, time=stated[0]) if len(stated) == 1 and not mapping.time else None


def _has_times(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> bool:
    return make_plan(grid, mapping, given, str).times is not None


def _with_numbers(plan: Plan, mapping: ColumnMapping, remake: Any) -> tuple[ColumnMapping, Plan]:
    """Read columns of numbers in another form, which would be refused as they are."""
    times = [name for name in plan.grid.columns if name in (mapping.time, *TIME_UNITS)]
    listed = [*plan.parameters, *times]
    odd = [
        name
        for name in dict.fromkeys(listed)
        if name in plan.grid.columns
        and name not in mapping.numbers
        and form_of(plan.grid.distinct(name)) is not None
    ]
    if not odd:
        return mapping, plan
    completed = replace(mapping, numbers=(*mapping.numbers, *odd))
    return completed, remake(completed)


def _stated_only(mapping: ColumnMapping, beside: ColumnMapping, noted: str | None) -> ColumnMapping:
    """Leave out what the file beside or the sidecar says already."""
    known = beside.stated()
    entries = {name: value for name, value in mapping.stated().items() if known.get(name) != value}
    if noted is not None and entries.get("group") == noted:
        entries.pop("group")
        entries["ignore"] = [name for name in entries.get("ignore", []) if name != noted]
    return ColumnMapping(**{name: value for name, value in entries.items() if value})


def _repeats(plan: Plan) -> dict[str, int]:
    names = [*plan.keys.values(), *plan.parameters, *([plan.group] if plan.group else [])]
    counts = np.bincount(_codes(plan.grid, list(dict.fromkeys(names))))
    return {
        "rows": len(plan.grid),
        "settings": len(counts),
        "repeated": int(counts[counts > 1].sum()),
        "most": int(counts.max(initial=0)),
    }


def _groups(plan: Plan) -> tuple[dict[str, Any], ...]:
    """Return the sets of columns that always change together and take few values: probably one input."""
    grid = plan.grid
    if len(plan.parameters) > MAX_COMPARED:
        return ()
    codes = {name: _codes(grid, [name]) for name in plan.parameters}
    counts = {name: len(np.unique(code)) for name, code in codes.items()}
    settings = len(np.unique(_codes(grid, list(plan.parameters))))
    few = [name for name in codes if MIN_GROUPS <= counts[name] <= MAX_GROUP_SHARE * settings]
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for name in few:
        if name in taken:
            continue
        alike = [
            other
            for other in few
            if other not in taken and counts[other] == counts[name] and _same(codes[name], codes[other])
        ]
        taken.update(alike)
        if len(_independent(grid, alike)) > 1:
            found.append({"columns": alike, "values": counts[name], "group": _best(grid, alike)})
    return tuple(sorted(found, key=lambda each: -int(each["values"])))


def _same(one: Any, other: Any) -> bool:
    """Whether two columns of as many values always change together."""
    return len(np.unique(one * (int(other.max()) + 1) + other)) == len(np.unique(one))


def _independent(grid: Grid, names: Sequence[str]) -> list[str]:
    """Return columns without those that follow from another one, as a stride does from a size."""
    kept: list[str] = []
    values: list[Any] = []
    for name in names:
        numbers = values_of(grid.columns[name].tolist())
        if any(isinstance(value, str) for value in numbers):
            kept.append(name)
            continue
        column = np.array(numbers, dtype=float)
        if not any(_follows(column, other) for other in values):
            kept.append(name)
            values.append(column)
    return kept


def _follows(one: Any, other: Any) -> bool:
    """Whether a column is a straight line of the other, or a power of it times a constant."""
    if abs(np.corrcoef(one, other)[0, 1]) > 1 - 1e-9:
        return True
    if min(one.min(), other.min()) <= 0:
        return False
    return bool(abs(np.corrcoef(np.log(one), np.log(other))[0, 1]) > 1 - 1e-9)


def _best(grid: Grid, names: Sequence[str]) -> str:
    """Return the column to name a group by: one of texts, else the first."""
    for name in names:
        if any(isinstance(value, str) for value in values_of(grid.distinct(name))):
            return name
    return names[0]


def _codes(grid: Grid, names: Sequence[str]) -> Any:
    code = np.zeros(len(grid), dtype=np.intp)
    for name in names:
        values = values_of(grid.columns[name].tolist())
        known: dict[Any, int] = {}
        column = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.intp)
        _, code = np.unique(code * (len(known) + 1) + column, return_inverse=True)
    return code
