"""From cells to the numbers by which columns that give the time away are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import KEYS
from perfpred.profile.cells import value_of, values_of
from perfpred.profile.columns.evidence import MAX_BASIS, MAX_ROWS, Data
from perfpred.profile.columns.following import following
from perfpred.profile.columns.reshape import Times
from perfpred.profile.columns.revealing import MAX_COLUMNS, revealing
from perfpred.profile.columns.suspect_names import suspicion
from perfpred.profile.grid import Grid
from perfpred.profile.time_units import in_seconds


def revealed(
    grid: Grid, names: Sequence[str], keys: Mapping[str, str], times: Times | None
) -> dict[str, str]:
    """Return those of the columns `names` that give the time away, with the reason; see `revealing`.

    Parameters
    ----------
    grid : Grid
    names : sequence of str
        The columns that are judged.
    keys : mapping of str to str
        The columns of kernel, variant and hardware.
    times : Times, optional
    """
    if times is None or len(names) < 2:
        return {}
    if len(names) > MAX_COLUMNS:  # no benchmark tool writes so many
        names = [*filter(suspicion, names), *names[:MAX_BASIS]]
    found = revealing(_data(grid, names, keys, times))
    return found if len(found) < len(set(names)) else {}


def followed(grid: Grid, names: Sequence[str], keys: Mapping[str, str], times: Times | None) -> list[str]:
    """Return those of the columns `names` that may be measured with the time; see `following`.

    Parameters
    ----------
    grid : Grid
    names : sequence of str
        The columns that are judged.
    keys : mapping of str to str
        The columns of kernel, variant and hardware.
    times : Times, optional
    """
    if times is None or not 2 <= len(names) <= MAX_COLUMNS:
        return []
    return following(_data(grid, names, keys, times))


def _data(grid: Grid, names: Sequence[str], keys: Mapping[str, str], times: Times) -> Data:
    """Return the numbers of some columns, of some of the rows where there are many."""
    part = _part(len(grid))
    time_s, time_rounding = _seconds(times, part)
    numbers: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    rounding: dict[str, float] = {}
    for name in names:
        cells = grid.columns[name][part].tolist()
        values = values_of(cells)
        if any(isinstance(value, str) for value in values):
            texts[name] = _codes(list(map(str, cells)))
        else:
            numbers[name] = np.array([np.nan if value is None else float(value) for value in values])
            rounding[name] = _rounding(cells, numbers[name])
    combination = _codes(
        list(zip(*(map(str, grid.columns[key][part].tolist()) for key in keys.values()), strict=True))
    )
    if not len(combination):
        combination = np.zeros(len(part), dtype=np.intp)
    return Data(numbers, texts, rounding, time_s, combination, time_rounding)


def revealed_in(table: pd.DataFrame, parameters: Sequence[str]) -> dict[str, str]:
    """Return the parameters of a checked table that reading it from a file would take for such columns."""
    columns = {name: table[name].to_numpy(dtype=object) for name in (*KEYS, *parameters)}
    for name in parameters:  # as they are written
        columns[name] = np.array(["" if pd.isna(v) else str(v) for v in columns[name].tolist()], dtype=object)
    times = np.array(["" if pd.isna(v) else repr(v) for v in table["time_s"].tolist()], dtype=object)
    grid = Grid(columns, np.arange(len(table)))
    return revealed(grid, parameters, {key: key for key in KEYS}, Times(times, "s", ("time_s",)))


def _part(n: int) -> NDArray[np.intp]:
    """Return the rows that are looked at: whole stretches, so that repeats stay together."""
    if n <= MAX_ROWS:
        return np.arange(n)
    stretch = MAX_ROWS // 20
    starts = np.linspace(0, n - stretch, 20).astype(np.intp)
    return np.unique((starts[:, None] + np.arange(stretch)).ravel())


def _seconds(times: Times, part: NDArray[np.intp]) -> tuple[NDArray[np.float64], float]:
    cells = times.cells[part].tolist()
    seconds = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        value = value_of(cell)
        if isinstance(value, int | float) and 0 < value < np.inf:
            unit = times.unit if isinstance(times.unit, str) else times.unit[int(part[row])]
            seconds[row] = in_seconds(float(value), unit)
    typed = [cell for cell in cells if isinstance(cell, str)]
    return seconds, _rounding(typed, np.array([_float(cell) for cell in typed])) if typed else 0.0


def _float(cell: str) -> float:
    value = value_of(cell)
    return float(value) if isinstance(value, int | float) else np.nan


def _rounding(cells: Sequence[Any], values: NDArray[np.float64]) -> float:
    """Return half a unit of the last digit, relative to the values: the root of its mean square."""
    halves = np.array([_half_digit(str(cell).strip().lower()) for cell in cells], dtype=float)
    good = np.isfinite(values) & (values != 0)
    if not good.any():
        return 0.0
    return float(np.sqrt(np.mean((halves[good] / values[good]) ** 2)))


def _half_digit(text: str) -> float:
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    power = int(exponent) if exponent.lstrip("+-").isdigit() else 0
    return 0.5 * 10.0 ** (max(-300, min(300, power - decimals)))


def _codes(values: Sequence[Any]) -> NDArray[np.intp]:
    known: dict[Any, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values], dtype=np.intp)
