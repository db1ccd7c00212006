"""What a `ColumnMapping` states, followed on a grid: the columns it names, numbers with units, rows kept."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.combination import KEYS
from perfpred.errors import UnknownNameError, quoted
from perfpred.profile.columns.forms import read_forms, units_of
from perfpred.profile.columns.mapping import ColumnMapping, option
from perfpred.profile.columns.where import Filter
from perfpred.profile.grid import Grid

_NO_COLUMNS = {"unit", "where", "estimate"}
"""Keys of a mapping whose values are no columns."""


def missing_columns(
    original: Grid, grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]
) -> list[str]:
    """Say which columns the mapping names that are not there.

    Parameters
    ----------
    original : Grid
        The file as it is.
    grid : Grid
        What a tool's own columns were read into.
    mapping : ColumnMapping
    given : mapping of str to str
        The kernel, variant or hardware of every row, where stated.
    """
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


def with_numbers(grid: Grid, mapping: ColumnMapping) -> Grid:
    """Read the columns of ``--numbers``, whose cells hold units or separators, as numbers."""
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


def kept_rows(grid: Grid, mapping: ColumnMapping) -> Grid:
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
