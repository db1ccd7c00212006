"""Tables of several columns of times: one per variant (``--wide``), or one per run (``--runs``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.profile.cells import value_of
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.columns.repeats import noise_of, representative
from perfpred.profile.columns.times import Found, unit_found
from perfpred.profile.grid import Grid
from perfpred.profile.rules import short
from perfpred.profile.time_units import in_seconds

_UNIT_ENDING = re.compile(r"[\s_\-.]*(?:[\[(]\s*\w+\s*[\])]|(?<=[\s_\-.])(?:ns|us|µs|ms|s|sec|secs))\s*$")


@dataclass(frozen=True)
class Times:
    """Times of the rows of a grid.

    Attributes
    ----------
    cells : ndarray, shape (n,)
        Texts in `unit`, or seconds.
    unit : str or tuple of str
    labels : tuple of str
        The column of each row, or one for all.
    noise, rounds : ndarray of float64, shape (n,), optional
        Where they are worked out from several columns.
    """

    cells: NDArray[Any]
    unit: str | tuple[str, ...]
    labels: tuple[str, ...]
    noise: NDArray[np.float64] | None = None
    rounds: NDArray[np.float64] | None = None


def melted(grid: Grid, mapping: ColumnMapping) -> tuple[Grid, Times | None]:
    """Return one row per row and column of ``--wide``, with the column as a column ``variant``.

    A blank cell is a variant that was not run at that row: it becomes no row, and a note counts it.
    """
    found = [unit_found(grid, name, mapping, None) for name in mapping.wide]
    problems = [problem for each in found for problem in each.problems]
    if problems:
        return grid.failing(*problems), None
    count, n = len(found), len(grid)
    rows = np.repeat(np.arange(n), count)
    names = variant_names(mapping.wide)
    cells = np.empty(n * count, dtype=object)
    for place, name in enumerate(mapping.wide):
        cells[place::count] = [str(cell) for cell in grid.columns[name].tolist()]
    given = np.array([bool(str(cell).strip()) for cell in cells], dtype=bool)
    long = grid.without(mapping.wide, "--wide").take(rows)
    long = long.with_columns({"variant": np.array(names * n, dtype=object)}).take(given)
    where = np.flatnonzero(given) % count
    if not given.all():
        blank = {name: int((~given[place::count]).sum()) for place, name in enumerate(mapping.wide)}
        listed = ", ".join(f"{name} in {number}" for name, number in blank.items() if number)
        long = long.noting(f"rows of variants whose time is blank are left out: {listed}")
    units = tuple(str(found[place].unit) for place in where)
    return long, Times(cells[given], units, tuple(mapping.wide[place] for place in where))


def variant_names(columns: tuple[str, ...]) -> list[str]:
    """Return columns of times without their units, or as they are where two would be the same.

    Examples
    --------
    >>> variant_names(("cpu_ms", "gpu (us)")), variant_names(("ms", "us"))
    (['cpu', 'gpu'], ['ms', 'us'])
    """
    short = [_UNIT_ENDING.sub("", name) for name in columns]
    return short if all(short) and len(set(short)) == len(short) else list(columns)


def merged_runs(grid: Grid, mapping: ColumnMapping, sheet_row: Any) -> tuple[Grid, Times | None]:
    """Return one time per row from its runs, with the noise; a blank run was not made.

    Parameters
    ----------
    grid : Grid
    mapping : ColumnMapping
        What the user states.
    sheet_row : callable
        From a position in the grid to where the row stands in the file.
    """
    found = [unit_found(grid, name, mapping, None) for name in mapping.runs]
    problems = [problem for each in found for problem in each.problems]
    if problems:
        return grid.failing(*dict.fromkeys(problems)), None
    estimate = mapping.estimate or "median"
    seconds = np.full((len(grid), len(found)), np.nan)
    for place, each in enumerate(found):
        seconds[:, place], wrong = _seconds(grid, each)
        problems += [
            f"{sheet_row(row)}: {each.name} must be > 0 and finite, but is {short(cell)}"
            for row, cell in wrong
        ]
    if problems:
        return grid.failing(*problems), None
    given = ~np.isnan(seconds)
    times = [representative(row[have], estimate) for row, have in zip(seconds, given, strict=True)]
    noise = [noise_of(row[have], estimate) for row, have in zip(seconds, given, strict=True)]
    cells = np.empty(len(grid), dtype=object)
    cells[:] = ["" if np.isnan(time) else time for time in times]
    note = f"time is the {estimate} of {len(found)} columns of runs, and noise is how well it repeats"
    label = ", ".join(mapping.runs[:3]) + ("..." if len(mapping.runs) > 3 else "")
    long = grid.without(mapping.runs, "--runs").noting(note)
    return long, Times(cells, "s", (label,), np.array(noise), given.sum(axis=1).astype(float))


def _seconds(grid: Grid, found: Found) -> tuple[NDArray[np.float64], list[tuple[int, str]]]:
    cells = grid.texts(str(found.name))
    seconds, wrong = np.full(len(cells), np.nan), []
    for row, cell in enumerate(cells):
        value = value_of(cell)
        if isinstance(value, int | float) and 0 < value < np.inf:
            unit = found.unit if isinstance(found.unit, str) else found.unit[row]
            seconds[row] = in_seconds(float(value), unit)
        elif value is not None:
            wrong.append((row, cell))
    return seconds, wrong
