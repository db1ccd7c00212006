"""`Plan`: what every column of a file is taken for, made from a `ColumnMapping`, names and cells."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from perfpred.errors import UnknownNameError, quoted
from perfpred.profile.cells import values_of
from perfpred.profile.columns.dates import date_reason
from perfpred.profile.columns.forms import (
    form_of,
    form_problem,
    many_values,
    read_forms,
    states_units,
    units_in,
    units_of,
)
from perfpred.profile.columns.judging import followed, revealed
from perfpred.profile.columns.mapping import ColumnMapping, option
from perfpred.profile.columns.reshape import Times, melted, merged_runs
from perfpred.profile.columns.role import Role
from perfpred.profile.columns.suspect_names import suspicion
from perfpred.profile.columns.times import find_time, unit_column
from perfpred.profile.columns.where import Filter
from perfpred.profile.formats import Recognised, recognise
from perfpred.profile.grid import Grid
from perfpred.profile.rules import KEYS, RESERVED, TIME_UNITS

_NO_COLUMNS = {"unit", "where", "estimate"}
FIRST_CELLS = 1_000  # of a column whose cells hardly ever repeat
MAX_SHOWN = 200  # characters of a list of columns in a message


@dataclass(frozen=True)
class Plan:
    """What becomes of a file's columns.

    Attributes
    ----------
    grid : Grid
        With the rows and columns as they will be read.
    roles : callable
        Returns one `Role` per column of the file, and per column read out of others.
    keys : dict of str to str
        From ``kernel``, ``variant`` and ``hardware`` to the column that holds it.
    parameters : tuple of str
    times : Times, optional
        None where the problems say why there are none.
    group : str, optional
        The group column.
    tool : str
        What wrote the file, empty if that is not known.
    warnings : tuple of str
        What the user should know, in sentences.
    problems : tuple of str
        What is wrong.
    is_complete : bool
        Whether the mapping could be followed; nothing else is known if not.
    """

    grid: Grid
    roles: Callable[[], tuple[Role, ...]]
    keys: Mapping[str, str]
    parameters: tuple[str, ...]
    times: Times | None
    group: str | None = None
    tool: str = ""
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_complete: bool = True


def make_plan(
    grid: Grid,
    mapping: ColumnMapping,
    given: Mapping[str, str],
    where: Callable[[int], str],
    trusted: Collection[str] = (),
) -> Plan:
    """Return what every column is taken for, with all that is wrong.

    Parameters
    ----------
    given : mapping of str to str
        The kernel, variant or hardware of every row, where stated.
    where : callable
        From a row of the sheet to its place in the file.
    trusted : collection of str
        Columns known to be parameters, whatever they look like.
    """
    original = grid.without(
        [name for name in mapping.ignore if mapping.wide and name == "variant"], "--ignore"
    )
    read = recognise(original, mapping, given)
    missing = _missing(grid, read.grid, mapping, given)
    if missing:
        return Plan(grid, tuple, {}, (), None, problems=(*grid.problems, *missing), is_complete=False)
    grid = _kept(_with_numbers(read.grid, mapping), mapping)
    if not len(grid):
        none_left = () if mapping.where is None else (f"no row is left by --where {mapping.where}",)
        return Plan(grid, tuple, {}, (), None, problems=(*grid.problems, *none_left), is_complete=False)
    grid, times, problems = _timed(grid, mapping, read, lambda row: where(int(grid.rows[row])))
    draft = _Draft(grid, mapping, frozenset(trusted), replace(read, grid=grid), times)
    return draft.plan(original, problems)


def _missing(original: Grid, grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> list[str]:
    """Say which columns the mapping names that are not there."""
    problems = []
    for name, value in mapping.stated().items():
        for column in value if isinstance(value, list) else [value]:
            if name in _NO_COLUMNS or column in grid.columns:
                continue
            if column in original.columns:
                problems.append(
                    f"{option(name)}: column '{column}' is left out: {grid.dropped.get(column, '')}"
                )
            elif name == "group":
                problems.append(f"there is no column {quoted(column)}, which is the group column")
            elif name != "ignore" or column not in (*grid.dropped, mapping.group):
                problems.append(f"{option(name)}: {UnknownNameError('column', column, grid.columns)}")
    texts = [name for name in mapping.numbers if name in (*KEYS, "status")]
    problems += [f"--numbers: column '{name}' is of texts" for name in texts]
    if mapping.wide and "variant" in given:
        problems.append("--wide names the variants, so --variant cannot be given")
    if mapping.wide and "variant" in grid.columns:
        problems.append(
            "--wide names the variants, but there is a column 'variant' as well; --ignore variant"
        )
    return problems


def _with_numbers(grid: Grid, mapping: ColumnMapping) -> Grid:
    for name in mapping.numbers:
        if name in (mapping.time, *mapping.runs, *mapping.wide):
            continue
        units = units_of(grid.distinct(name))
        if len(units) > 1:
            listed = ", ".join(units[:4])
            grid = grid.failing(f"column '{name}' has numbers in several units ({listed}); write them in one")
            continue
        cells, note = read_forms(name, grid.columns[name])
        grid = grid.with_columns({name: cells}).noting(*([note] if note else []))
    return grid


def _kept(grid: Grid, mapping: ColumnMapping) -> Grid:
    """Leave out the rows that ``--where`` does not want."""
    if mapping.where is None:
        return grid
    try:
        held = Filter(mapping.where)(grid.columns, len(grid))
    except ValueError as error:
        return grid.failing(str(error))
    return (
        grid if held.all() else grid.take(held).noting(f"--where keeps {int(held.sum())} of {len(grid)} rows")
    )


def _timed(
    grid: Grid, mapping: ColumnMapping, read: Recognised, where: Callable[[int], str]
) -> tuple[Grid, Times | None, tuple[str, ...]]:
    if mapping.wide:
        return (*melted(grid, mapping), ())
    if mapping.runs:
        return (*merged_runs(grid, mapping, where), ())
    found = find_time(grid, mapping, read.times, read.unit)
    if found.name in mapping.numbers and found.name is not None and states_units(grid.distinct(found.name)):
        return _times_with_units(grid, found.name, found.unit)
    if found.name is not None and found.problems and states_units(grid.distinct(found.name)):
        column = shlex.quote(found.name)
        return grid, None, (f"the cells of column '{found.name}' state their units; add --numbers {column}",)
    if found.name is None or found.problems:
        return grid, None, found.problems
    if found.name in mapping.numbers:
        return _times_with_units(grid, found.name, found.unit)
    first = [str(cell).strip() for cell in grid.columns[found.name][:FIRST_CELLS].tolist()]
    problem = form_problem(found.name, grid.distinct(found.name)) if form_of(first) else None
    if problem is not None and grid.problems:  # commas that may mean this or that
        return grid, None, ()
    if problem is not None:
        return grid, None, (problem.partition(" to read it")[0],)
    return grid, Times(grid.columns[found.name], found.unit, (found.name,)), ()


def _times_with_units(grid: Grid, name: str, unit: Any) -> tuple[Grid, Times | None, tuple[str, ...]]:
    """Read times such as ``12 ms``, each in its own unit."""
    units = [each or unit for each in units_in(grid.texts(name))]
    cells, note = read_forms(name, grid.columns[name])
    if note is not None and states_units(grid.distinct(name)):
        note = f"column '{name}': each time is read in the unit that its cell states"
    return grid.noting(*([note] if note else [])), Times(cells, tuple(map(str, units)), (name,)), ()


@dataclass(frozen=True)
class _Draft:
    """The choices made so far, to give each column its role."""

    grid: Grid
    mapping: ColumnMapping
    trusted: frozenset[str]
    read: Recognised
    times: Times | None

    def plan(self, original: Grid, problems: Sequence[str]) -> Plan:
        keys = self._keys()
        group, is_parameter = self._group()
        fixed = self._fixed(keys, group if not is_parameter else None)
        free = [name for name in self.grid.columns if name not in fixed]
        if self.mapping.parameters is not None:
            asked = [name for name in self.mapping.parameters if name in self.grid.columns]
            fixed |= {n: Role(n, "ignored", "--parameters does not name it") for n in free if n not in asked}
            free = asked
            suspects: dict[str, str] = {}
        else:
            found = revealed(self.grid, free, keys, self.times) if set(free) - self.trusted else {}
            found = {**self._dates(free), **found}
            suspects = {name: reason for name, reason in found.items() if name not in self.trusted}
        named = tuple(name for name in free if name not in suspects)
        parameters = tuple(name for name in named if name not in RESERVED)
        kinds = {name: self._kind(name) for name in parameters}
        doubtful = set(parameters) - self.trusted if self.mapping.parameters is None else set()
        close = followed(self.grid, parameters, keys, self.times) if doubtful else []
        close = [name for name in close if name in doubtful]
        odd = [name for name in parameters if not self.grid.is_plain(name)]
        wrong = [p for name in odd if (p := form_problem(name, self.grid.distinct(name))) is not None]
        return Plan(
            self.grid,
            lambda: self._roles(original, fixed, suspects, kinds),
            keys,
            parameters,
            self.times,
            group,
            self.read.tool,
            (*self.grid.notes, *self._warnings(suspects, kinds, keys), *map(_followed, close)),
            (*self.grid.problems, *problems, *self._naming_problems(named), *wrong),
        )

    def _dates(self, free: Sequence[str]) -> dict[str, str]:
        """Return the columns that say when rows were measured, unless no other column is left."""
        found = {name: date_reason(name, self.grid.distinct(name)) for name in free}
        dates = {name: reason for name, reason in found.items() if reason is not None}
        return dates if len(dates) < len(found) else {}

    def _keys(self) -> dict[str, str]:
        named = {key: getattr(self.mapping, f"{key}_column") for key in KEYS}
        return {
            key: str(named[key] or key) for key in KEYS if named[key] is not None or key in self.grid.columns
        }

    def _group(self) -> tuple[str | None, bool]:
        """Return the group column, and whether it is a parameter too: asked for as one, or a number."""
        group = self.mapping.group
        if group is None:
            return None, False
        if self.mapping.parameters is not None:
            return group, group in self.mapping.parameters
        return group, group not in self.mapping.ignore and self._kind(group) == "parameter"

    def _fixed(self, keys: Mapping[str, str], group: str | None) -> dict[str, Role]:
        """Return the columns whose roles are stated or follow from their names."""
        columns = self.grid.columns
        roles = {
            n: Role(n, "suspicious" if suspicion(n) else "ignored", reason)
            for n, reason in self.read.results.items()
            if n in columns
        }
        for name in self.mapping.parameters or ():
            roles.pop(name, None)
        times = (*TIME_UNITS, *([] if self.mapping.time is None else [self.mapping.time]))
        roles |= {n: Role(n, "ignored", "it is a time that is not read") for n in times if n in columns}
        roles |= {n: Role(n, "ignored", "--ignore names it") for n in self.mapping.ignore if n in columns}
        if group is not None:
            roles[group] = Role(group, "ignored", "it is the group of each row (--group), not a parameter")
        unit = unit_column(self.grid)
        if unit is not None:
            roles[unit] = Role(unit, "ignored", "it is the unit of the times")
        roles |= {n: Role(n, "noise", "by its name") for n in ("noise", "rounds") if n in columns}
        if "status" in columns:
            roles["status"] = Role("status", "status", "by its name")
        for key, name in keys.items():
            roles[name] = Role(
                name, key, "by its name" if name == key else f"{option(key + '_column')} names it"
            )
        if self.times is not None and len(self.times.labels) == 1 and self.times.labels[0] in columns:
            name = self.times.labels[0]
            unit_text = (
                self.times.unit if isinstance(self.times.unit, str) else "units of its own in each row"
            )
            roles[name] = Role(name, "time", f"in {unit_text}")
        return roles

    def _kind(self, name: str) -> str:
        """Return ``parameter`` for a column most of whose cells are numbers, else ``category``."""
        if self.grid.is_plain(name):
            return "parameter"
        kinds = {type(value) is str for value in values_of(self.grid.distinct(name)) if value is not None}
        if len(kinds) < 2:
            return "category" if kinds == {True} else "parameter"
        values = values_of(self.grid.columns[name].tolist())
        texts = sum(isinstance(value, str) for value in values)
        return "category" if texts > sum(isinstance(v, int | float) for v in values) else "parameter"

    def _roles(
        self,
        original: Grid,
        fixed: Mapping[str, Role],
        suspects: Mapping[str, str],
        kinds: Mapping[str, str],
    ) -> tuple[Role, ...]:
        listed = []
        for name in dict.fromkeys([*original.columns, *self.grid.columns, *original.dropped]):
            if name in fixed:
                listed.append(fixed[name])
            elif name in suspects:
                listed.append(Role(name, "suspicious", suspects[name]))
            elif name in kinds:
                listed.append(Role(name, kinds[name], self._range(name)))
            elif name in self.mapping.wide:
                listed.append(Role(name, "time", "--wide names it: one variant"))
            elif name in self.mapping.runs:
                listed.append(Role(name, "run", "--runs names it"))
            elif (read := self._read_as(name, fixed, kinds)) is not None:
                listed.append(read)
            else:
                reason = {**original.dropped, **self.grid.dropped}.get(name, "it was read")
                listed.append(Role(name, "ignored", reason))
        return tuple(listed)

    def _read_as(self, name: str, fixed: Mapping[str, Role], kinds: Mapping[str, str]) -> Role | None:
        """Return the role of a column that is read under another name, None for others."""
        target = self.read.sources.get(name)
        if target is None or target == name:
            return None
        if target == "kernel" and target not in fixed:  # the kernel was stated
            target = "variant"
        if target in fixed:
            return Role(name, fixed[target].role, f"read as '{target}'")
        return Role(name, kinds[target], f"read as '{target}'") if target in kinds else None

    def _range(self, name: str) -> str:
        values = [value for value in values_of(self.grid.distinct(name)) if value is not None]
        distinct = set(values)
        if not values:
            return "blank"
        if any(isinstance(value, str) for value in values):
            return f"{len(distinct)} values" if len(distinct) > 1 else f"always {next(iter(distinct))!r}"
        numbers = [float(value) for value in values if not isinstance(value, str)]
        if len(distinct) == 1:
            return f"always {numbers[0]:g}: one value, which changes nothing"
        return f"{len(distinct)} values from {min(numbers):g} to {max(numbers):g}"

    def _warnings(
        self, suspects: Mapping[str, str], kinds: Mapping[str, str], keys: Mapping[str, str]
    ) -> list[str]:
        warnings = []
        results = [name for name in self.read.results if name in self.grid.columns and name not in kinds]
        results = [name for name in results if self.times is None or name not in self.times.labels]
        if results:
            warnings.append(f"left out as what {self.read.tool} wrote beside the time: {', '.join(results)}")
        for name, reason in suspects.items():
            ask = shlex.quote(",".join([*kinds, name]))
            ask = ask if len(ask) <= MAX_SHOWN else f"..,{name}"
            warnings.append(
                f"column '{name}' is left out: {reason}; no one has it for a run not made "
                f"(--parameters {ask} keeps it)"
            )
        texts = [name for name, kind in kinds.items() if kind == "category"]
        combinations = self._combinations(keys) if texts else []
        found = [many_values(name, self.grid.texts(name), combinations) for name in texts]
        warnings += [warning for warning in found if warning is not None]
        return warnings

    def _combinations(self, keys: Mapping[str, str]) -> list[Any]:
        return list(zip(*(self.grid.texts(name) for name in keys.values()), strict=True)) or [()] * len(
            self.grid
        )

    def _naming_problems(self, parameters: Sequence[str]) -> list[str]:
        problems = []
        for name in parameters:
            lower = name.lower()
            if self.mapping.parameters is None and name not in RESERVED and lower in RESERVED:
                also = f" (or --{lower}-column {shlex.quote(name)})" if lower in KEYS else ""
                problems.append(f"column '{name}' would be a parameter; is it '{lower}'{also}?")
            elif self.times is not None and name in self.times.labels:
                problems.append(f"column '{name}' is the time, so --parameters cannot name it")
            elif name in RESERVED:
                problems.append(
                    f"column '{name}' cannot be a parameter of that name; rename it, or --ignore {name}"
                )
        return problems


def _followed(name: str) -> str:
    return (
        f"column '{name}' follows the time more closely than the other parameters do; if it is known only "
        f"after a run, leave it out with --ignore {shlex.quote(name)}"
    )
