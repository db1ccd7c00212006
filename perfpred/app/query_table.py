"""A CSV file of queries: read whole, answered in pieces, written back with the answers as further columns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.app.shown import shown
from perfpred.documents.atomic import atomic_write
from perfpred.errors import InputError, ProblemsError, shortlist
from perfpred.predict.table_rows import Texts
from perfpred.profile.csv_text import Sheet, read_sheet

_TEXT = np.dtypes.StringDType()


@dataclass(frozen=True, eq=False)
class QueryTable:
    """Queries as typed, one per row, and what the command line gives for all of them.

    Parameters
    ----------
    path : Path
    sheet : Sheet
        All cells of the file.
    texts : mapping of str to ndarray of shape (n,)
        Cells by column, without the spaces around them, and the values given for all rows.
    """

    path: Path
    sheet: Sheet
    texts: Texts

    def __len__(self) -> int:
        return len(self.sheet)

    def query(self, row: int, parameters: Iterable[str]) -> dict[str, str]:
        """Return the parameters that a row gives."""
        found = {name: str(self.texts[name][row]) for name in parameters if name in self.texts}
        return {name: text for name, text in found.items() if text}

    def refuse(self, refused: Mapping[int, str]) -> None:
        """Raise `ProblemsError` if rows are refused: each is named by its place in the file."""
        if refused:
            named = [f"{self.sheet.where(row)}: {refused[row]}" for row in sorted(refused)]
            raise ProblemsError(str(self.path), named)


def read_table(path: Path, kernel: str, given: Mapping[str, str], added: Sequence[str]) -> QueryTable:
    """Return the queries of a CSV file.

    Parameters
    ----------
    path : Path
    kernel : str
        A column of that name, if there is one, must say the same in every row.
    given : mapping of str to str
        Values for all rows; no column may have such a name.
    added : sequence of str
        Columns that the answers will have; the table must not have them.

    Raises
    ------
    InputError
        With every row and column that is wrong.
    """
    sheet = read_sheet(path)
    if sheet.problems:
        raise ProblemsError(str(path), sheet.problems)
    repeated = sorted({name for name in sheet.header if name and sheet.header.count(name) > 1})
    taken = [name for name in added if name in sheet.header]
    twice = [name for name in given if name in sheet.header]
    for names, rule in (
        (repeated, "a column must be there once"),
        (taken, "the answers are columns of these names: rename those of the table"),
        (twice, "a value must be given once, for all rows or as a column"),
    ):
        if names:
            raise InputError(f"{path}: {rule}, but got {shortlist(names)}")
    texts = {name: _stripped(sheet.column(i)) for i, name in enumerate(sheet.header) if name}
    texts |= {name: np.full(len(sheet), value, dtype=_TEXT) for name, value in given.items()}
    table = QueryTable(path, sheet, texts)
    if "kernel" in sheet.header:
        other = np.flatnonzero((texts["kernel"] != kernel) & (texts["kernel"] != ""))
        table.refuse(
            {int(row): f"kernel is '{texts['kernel'][row]}', but {kernel} is asked" for row in other}
        )
    return table


def require_columns(
    table: QueryTable, given: Iterable[str], parameters: Collection[str], kernel: str
) -> None:
    """Raise `InputError` if a value is given of no parameter, or a column is a parameter but for its case.

    Parameters
    ----------
    table : QueryTable
        The columns by name.
    given : iterable of str
        Values that hold for all rows.
    parameters : collection of str
        Names that a model takes.
    kernel : str
        For messages.
    """
    for name in given:
        if name not in parameters:
            known = shortlist(sorted(parameters))
            raise InputError(f"unknown parameter of {kernel} '{name}'; known: {known}")
    folded = {name.casefold(): name for name in parameters if name not in table.texts}
    for name in table.texts:
        if name not in parameters and name.casefold() in folded:
            meant = folded[name.casefold()]
            raise InputError(
                f"{table.path}: column '{name}' is no parameter of {kernel}; did you mean '{meant}'?"
            )


def write_table(table: QueryTable, added: Mapping[str, Iterable[str]], out: Path | None) -> None:
    """Write the table with further columns of cells, to a file or on stdout."""
    columns: list[Iterable[str]] = [
        map(quoted, table.sheet.column(i).tolist()) for i in range(len(table.sheet.header))
    ]
    header = ",".join(map(quoted, [*table.sheet.header, *added]))
    lines = map(",".join, zip(*columns, *added.values(), strict=True))
    text = "\n".join([header, *lines]) + "\n"
    if out is not None:
        atomic_write(out, text)
    elif sys.stdout.isatty():
        sys.stdout.write(shown(text, lines=True))
    else:
        sys.stdout.write(text)


def quoted(text: str) -> str:
    """Return a cell as it must stand in a CSV file to read back."""
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def number_cells(values: NDArray[np.float64]) -> list[str]:
    """Return numbers as cells that read back to the last bit."""
    return list(map(repr, values.tolist()))


def truth_cells(values: NDArray[np.bool_]) -> list[str]:
    """Return ``true`` and ``false``, as JSON has them."""
    return ["true" if value else "false" for value in values.tolist()]


def _stripped(cells: NDArray[Any]) -> NDArray[Any]:
    strip: Callable[[NDArray[Any]], NDArray[Any]] = np.strings.strip
    return strip(cells)
