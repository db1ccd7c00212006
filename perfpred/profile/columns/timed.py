"""The times of the rows of a grid: of one column, of one per variant, or of one per run."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from perfpred.profile.columns.forms import form_of, form_problem, read_forms, states_units, units_in
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.columns.reshape import Times, melted, merged_runs
from perfpred.profile.columns.times import find_time
from perfpred.profile.formats import Recognised
from perfpred.profile.grid import Grid

_FIRST_CELLS = 1_000
"""Cells whose form is looked at: times hardly ever repeat, so all are too many."""


def timed(
    grid: Grid, mapping: ColumnMapping, read: Recognised, where: Callable[[int], str]
) -> tuple[Grid, Times | None, tuple[str, ...]]:
    """Return the grid with one row per measurement, its times, and why there are none.

    Parameters
    ----------
    grid : Grid
    mapping : ColumnMapping
    read : Recognised
        Says which columns are times where a known tool wrote the file.
    where : callable
        From a row of the grid to its location in the file.
    """
    if mapping.wide:
        return (*melted(grid, mapping), ())
    if mapping.runs:
        return (*merged_runs(grid, mapping, where), ())
    column = find_time(grid, mapping, read.times, read.unit)
    name, problems = column.name, column.problems
    if name is None:
        return grid, None, problems
    states = (problems or name in mapping.numbers) and states_units(grid.distinct(name))
    if name in mapping.numbers and (states or not problems):
        return _times_with_units(grid, name, column.unit)
    if states:
        option = f"--numbers {shlex.quote(name)}"
        return grid, None, (f"the cells of column '{name}' state their units; add {option}",)
    if problems:
        return grid, None, problems
    first = [str(cell).strip() for cell in grid.columns[name][:_FIRST_CELLS].tolist()]
    problem = form_problem(name, grid.distinct(name)) if form_of(first) else None
    if problem is not None and grid.problems:  # commas that may mean this or that
        return grid, None, ()
    if problem is not None:
        return grid, None, (problem.partition(" to read it")[0],)
    return grid, Times(grid.columns[name], column.unit, (name,)), ()


def _times_with_units(grid: Grid, name: str, unit: Any) -> tuple[Grid, Times | None, tuple[str, ...]]:
    """Read times such as ``12 ms``, each in its own unit."""
    units = [stated or unit for stated in units_in(grid.texts(name))]
    cells, note = read_forms(name, grid.columns[name])
    if note is not None and states_units(grid.distinct(name)):
        note = f"column '{name}': each time is read in the unit that its cell states"
    return grid.noting(*([note] if note else [])), Times(cells, tuple(map(str, units)), (name,)), ()
