"""`Grid`: the columns of a file as typed, on the way to a profile; steps add, drop and rename them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.profile.cells import values_of
from perfpred.profile.csv_text import Sheet

_UNNAMED = re.compile(r"(Unnamed: ?[0-9]+)?")
_PLAIN = re.compile(r"(?:[+-]?[0-9]{1,18}(?:\.[0-9]{0,30})?(?:\n|\Z))++")
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")
_POINT_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_PLAINLY = (
    "write numbers with a decimal point and without thousands separators, in columns separated by commas"
)
_POINT_NUMBER = re.compile(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Grid:
    """Columns of cells.

    Attributes
    ----------
    columns : dict of str to ndarray, each of shape (n,)
        Texts as typed, in the file's order.
    rows : ndarray of int, shape (n,)
        Where in the sheet each row comes from.
    dropped : dict of str to str
        Columns left out so far, with the reason.
    notes, problems : tuple of str
        What the user should know, and what is wrong.
    """

    columns: Mapping[str, Any]
    rows: NDArray[np.intp]
    dropped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    _distinct: dict[int, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.rows)

    def texts(self, name: str) -> list[str]:
        """Return the cells of a column as a list of texts without the spaces around them."""
        return [str(cell).strip() for cell in self.columns[name].tolist()]

    def distinct(self, name: str) -> list[str]:
        """Return the distinct cells of a column without the spaces around them, in order of appearance.

        They are worked out once: a profile repeats few values many times.
        """
        cells = self.columns[name]
        known = self._distinct.get(id(cells))
        if known is None or known[0] is not cells:
            texts = list(dict.fromkeys(str(cell).strip() for cell in dict.fromkeys(cells.tolist())))
            known = self._distinct[id(cells)] = (cells, texts)
        found: list[str] = known[1]
        return found

    def is_plain(self, name: str) -> bool:
        """Whether all cells of a column are plain decimal numbers, of which nothing needs to be found out."""
        return _PLAIN.fullmatch("\n".join(self.distinct(name))) is not None

    def take(self, positions: NDArray[Any]) -> Grid:
        """Return some of the rows; `positions` may be a mask."""
        columns = {name: cells[positions] for name, cells in self.columns.items()}
        return replace(self, columns=columns, rows=self.rows[positions])

    def without(self, names: Iterable[str], reason: str) -> Grid:
        """Leave out columns."""
        gone = [name for name in names if name in self.columns]
        columns = {name: cells for name, cells in self.columns.items() if name not in gone}
        return replace(self, columns=columns, dropped={**self.dropped, **dict.fromkeys(gone, reason)})

    def with_columns(self, columns: Mapping[str, Any]) -> Grid:
        """Add or replace columns."""
        return replace(self, columns={**self.columns, **columns})

    def noting(self, *notes: str) -> Grid:
        """Add notes."""
        return replace(self, notes=(*self.notes, *notes))

    def failing(self, *problems: str) -> Grid:
        """Add problems."""
        return replace(self, problems=(*self.problems, *problems))


def grid_of(sheet: Sheet) -> Grid:
    """Return the columns of a sheet; those without a name must be blank or count the rows."""
    columns: dict[str, Any] = {}
    dropped: dict[str, str] = {}
    notes: list[str] = []
    problems: list[str] = []
    for place, name in enumerate(sheet.header):
        if _UNNAMED.fullmatch(name):
            reason = _why_unnamed(sheet.column(place), first=place == 0)
            if reason is None and not name:
                problems.append(f"column {place + 1} has no name; name it, or leave it out")
            if reason is not None or not name:
                dropped[name or f"column {place + 1}"] = reason or "it has no name"
                if reason == _INDEX:
                    notes.append(f"column {place + 1} {f'({name!r}) ' if name else ''}is left out: {reason}")
                continue
        if name.lower() in _INDEX_NAMES and _counts_rows(sheet.column(place)):
            dropped[name] = _INDEX
            notes.append(f"column '{name}' is left out: {_INDEX}")
            continue
        if name in columns:
            problems.append(f"two columns are named '{name}'")
        else:
            columns[name] = sheet.column(place)
    rows = np.arange(len(sheet.numbers))
    grid = Grid(columns, rows, dropped, (*sheet.notes, *notes), tuple(problems))
    return _with_decimal_points(_without_headers(grid)) if sheet.separator != "," else _without_headers(grid)


_INDEX = "it numbers the rows"
_INDEX_NAMES = {"index", "idx", "row", "rowid", "row_id", "level_0", "#"}


def _why_unnamed(cells: NDArray[Any], *, first: bool) -> str | None:
    values = values_of(cells.tolist())
    if all(value is None for value in values):
        return "it is blank"
    is_index = (
        first and all(isinstance(v, int) and v >= 0 for v in values) and len(set(values)) == len(values)
    )
    return _INDEX if is_index else None


def _counts_rows(cells: NDArray[Any]) -> bool:
    values = values_of(cells.tolist())
    return len(values) > 1 and values in (list(range(len(values))), list(range(1, len(values) + 1)))


def _without_headers(grid: Grid) -> Grid:
    """Leave out rows that repeat the header, as a file has them that several runs were appended to."""
    if not grid.columns:
        return grid
    first = next(iter(grid.columns))
    repeats = np.full(len(grid), first in grid.distinct(first))
    for name, cells in grid.columns.items():
        if repeats.any():
            repeats[repeats] = [str(cell).strip() == name for cell in cells[repeats].tolist()]
    if not repeats.any():
        return grid
    if repeats.all():
        return grid.take(~repeats).failing("there is a header but no row: all rows repeat it")
    count = int(repeats.sum())
    return grid.take(~repeats).noting(
        f"{_rows(count)} that {'repeats' if count == 1 else 'repeat'} the header"
    )


def _rows(count: int) -> str:
    return f"{count} {'row is' if count == 1 else 'rows are'} left out"


def _with_decimal_points(grid: Grid) -> Grid:
    """Read ``1,5`` as 1.5 in a file that is not separated by commas, where it can mean nothing else."""
    commas = {name: _matching(grid.distinct(name), _COMMA_NUMBER) for name in grid.columns}
    commas = {name: found for name, found in commas.items() if found}
    points = [name for name in grid.columns if _matching(grid.distinct(name), _POINT_NUMBER)]
    if not commas:
        return _without_doubt(grid, points)
    grouped = [name for name, found in commas.items() if all(map(_GROUPED.fullmatch, found))]
    if len(grouped) == len(commas) or points:
        name = grouped[0] if grouped else next(iter(commas))
        example = commas[name][0]
        doubt = f"may be {example.replace(',', '.')} or {example.replace(',', '')}"
        if points:
            other = _matching(grid.distinct(points[0]), _POINT_NUMBER)[0]
            doubt = f"has a comma, and {other!r} of '{points[0]}' has a point"
        return grid.failing(f"column '{name}': {example!r} {doubt}; {_PLAINLY}")
    changed = {name: _replaced(grid.columns[name]) for name in commas}
    name, found = next(iter(commas.items()))
    note = (
        f"commas are read as decimal points: {found[0]!r} of column '{name}' is {found[0].replace(',', '.')}"
    )
    return grid.with_columns(changed).noting(note)


def _without_doubt(grid: Grid, points: list[str]) -> Grid:
    """Refuse points that may separate thousands: where all of them could, as in ``1.000``."""
    found = {name: _matching(grid.distinct(name), _POINT_NUMBER) for name in points}
    if not points or not all(_POINT_GROUPED.fullmatch(cell) for cells in found.values() for cell in cells):
        return grid
    name, cells = next(iter(found.items()))
    doubt = f"may be {float(cells[0]):g} or {cells[0].replace('.', '')}"
    return grid.failing(f"column '{name}': {cells[0]!r} {doubt}; {_PLAINLY}")


def _matching(distinct: list[str], pattern: re.Pattern[str]) -> list[str]:
    return [cell for cell in distinct if len(cell) < 100 and pattern.fullmatch(cell)]


def _replaced(cells: NDArray[Any]) -> NDArray[Any]:
    return mapped(cells, lambda text: text.replace(",", ".") if _COMMA_NUMBER.fullmatch(text) else text)


def mapped(cells: NDArray[Any], change: Callable[[str], Any]) -> NDArray[Any]:
    """Return a column with `change` applied to each cell without the spaces around it."""
    changed = np.empty(len(cells), dtype=object)
    changed[:] = [change(str(cell).strip()) for cell in cells.tolist()]
    return changed
