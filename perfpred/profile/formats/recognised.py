"""`Recognised`: what is known of a file because a tool wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.combination import KEYS
from perfpred.profile.cells import value_of
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.grid import Grid
from perfpred.profile.rules import RESERVED

MAX_PARAMETERS = 100
"""Of names: as each becomes a column, names that agree in none would fill the memory."""


@dataclass(frozen=True)
class Recognised:
    """What is known of a file.

    Attributes
    ----------
    grid : Grid
        The file's columns, names taken apart.
    tool : str
        Who wrote it; empty if that is not known.
    times : tuple of str
        Its columns of times, the best one first.
    unit : str, optional
        What these are in, where their names do not say it.
    results : mapping of str to str
        Columns that are left out unless asked for, with the reason.
    sources : mapping of str to str
        From columns of the file to what they are read as.
    """

    grid: Grid
    tool: str = ""
    times: tuple[str, ...] = ()
    unit: str | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


def uses(mapping: ColumnMapping, *names: str) -> bool:
    """Whether the mapping says itself what one of the columns is."""
    stated = [mapping.kernel_column, mapping.variant_column, mapping.hardware_column, mapping.group]
    return any(name in (*stated, *mapping.ignore, *(mapping.parameters or ())) for name in names)


def with_names(grid: Grid, names: Sequence[str], given: Mapping[str, str], source: str) -> Grid:
    """Add what a tool calls the benchmark as column ``kernel``; as ``variant`` where the kernel is stated.

    Parameters
    ----------
    grid : Grid
    names : sequence of str, length n
    given : mapping of str to str
        The kernel, variant or hardware of every row, where stated.
    source : str
        The column they come from, which is left out.
    """
    key = "kernel" if "kernel" not in given and "kernel" not in grid.columns else "variant"
    bare = grid.without([source], f"its {key} and parameters were read")
    if key == "variant" and (len(set(names)) == 1 or "variant" in given or "variant" in grid.columns):
        return bare
    return bare.with_columns({key: text_array(names)}).noting(f"{key} is read from column '{source}'")


def with_parameters(grid: Grid, rows: Sequence[Mapping[str, str]], source: str) -> Grid:
    """Add parameters that were read from a name, blank where a row has none of that name.

    Parameters
    ----------
    grid : Grid
    rows : sequence of mapping, length n
        The parameters of each row.
    source : str
        The column they come from.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MAX_PARAMETERS:
        count = f"the names in column '{source}' hold {len(names):,} parameters"
        return grid.failing(f"{count}, but at most {MAX_PARAMETERS} are read")
    read = {name: text_array([row.get(name, "") for row in rows]) for name in names}
    columns = {free_name(name, cells, grid): cells for name, cells in read.items()}
    if not columns:
        return grid
    listed = ", ".join(list(columns)[:8]) + (" and more" if len(columns) > 8 else "")
    return grid.with_columns(columns).noting(
        f"{listed} {'are' if len(columns) > 1 else 'is'} read from column '{source}'"
    )


def free_name(name: str, cells: NDArray[Any], grid: Grid) -> str:
    """Return the name for a parameter of a tool: its own unless a profile or the file uses that otherwise.

    One called ``variant`` that holds texts is the variant; a ``kernel`` of 3 is a size.
    """
    is_key = name in KEYS and not any(isinstance(value_of(cell), int | float) for cell in cells.tolist())
    taken = name in grid.columns or (name in RESERVED and not is_key)
    return f"arg_{name}" if taken else name


def with_noise(grid: Grid, spread: str, centre: str, count: str | None) -> Grid:
    """Add ``noise``: the standard error where the number of runs is known, else the standard deviation.

    Parameters
    ----------
    grid : Grid
    spread, centre, count : str
        The columns of the standard deviation, the mean and the number of runs.
    """
    if not {spread, centre} <= grid.columns.keys() or "noise" in grid.columns:
        return grid
    deviation, mean = numbers(grid, spread), numbers(grid, centre)
    runs = numbers(grid, count) if count is not None and count in grid.columns else np.ones(len(grid))
    with np.errstate(all="ignore"):
        noise = deviation / mean / np.sqrt(runs)
    cells = [float(value) if np.isfinite(value) and value >= 0 else "" for value in noise]
    return grid.with_columns({"noise": text_array(cells)})


def numbers(grid: Grid, name: str) -> NDArray[np.float64]:
    """Return a column's numbers, NaN where there is none."""
    values = [value_of(cell) for cell in grid.texts(name)]
    return np.array([float(value) if isinstance(value, int | float) else np.nan for value in values])


def text_array(cells: Sequence[Any]) -> NDArray[Any]:
    """Return a column of cells."""
    column = np.empty(len(cells), dtype=object)
    column[:] = list(cells)
    return column
