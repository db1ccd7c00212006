"""The bytes of a profile file to rows of cells, before any rule about what they say."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, ProfileError
from perfpred.input_files import read_bytes

MAX_COLUMNS = 50_000
MAX_CELLS = 50_000_000
_CHUNK = 500_000  # cells that are Python objects at one time; the rest are packed
_TEXTS = np.dtypes.StringDType()


@dataclass
class Sheet:
    """Cells as typed. Row 1 is the first data row; blank lines are skipped and do not count.

    Attributes
    ----------
    header : list of str
        Without the spaces around each name.
    numbers, lines : array of int
        For each row its number and the line of the file it starts on.
    problems : list of str
        Rows left out because they are ragged or cannot be read.
    chunks : list of array, each of shape (rows, len(header)) and NumPy's string type
        The cells, some rows after the other: a few hundred MB where lists of texts would take GBs.
    """

    header: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("q"))
    lines: array[int] = field(default_factory=lambda: array("q"))
    problems: list[str] = field(default_factory=list)
    chunks: list[NDArray[Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, place: int) -> NDArray[Any]:
        """Return the cells below a place of the header, shape (n,), of NumPy's string type."""
        return np.concatenate([np.empty(0, _TEXTS), *(chunk[:, place] for chunk in self.chunks)])

    @property
    def rows(self) -> list[list[str]]:
        """The rows as lists of texts; made afresh at each call, and large."""
        return [row for chunk in self.chunks for row in chunk.tolist()]

    def where(self, position: int) -> str:
        """Say where the row at `position` in `rows` stands in the file."""
        return f"row {self.numbers[position]} (line {self.lines[position]})"


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file, gzipped or not.

    Raises
    ------
    ProfileError
        If no header and no row can be made out at all, or the file holds more than `MAX_COLUMNS` columns
        or about `MAX_CELLS` cells.
    """
    data = _read_bytes(path)
    _check_text(path, data)
    sheet = _split(data)
    if not sheet.header:
        raise ProfileError(
            str(path), [*sheet.problems, "the file is empty; a header and rows are needed"][:1]
        )
    if len(sheet.header) > MAX_COLUMNS:
        count = f"the header has {len(sheet.header):,}"
        raise ProfileError(str(path), [f"a file has at most {MAX_COLUMNS:,} columns, but {count}"])
    if not len(sheet) and not sheet.problems:
        raise ProfileError(str(path), ["there is a header but no row"])
    return sheet


def _read_bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, "CSV")
    except InputError as error:
        raise ProfileError(str(path), [str(error)]) from None


def _check_text(path: Path, data: bytes) -> None:
    """Refuse what is not UTF-8 text, or too much of it, before anything large is made of it."""
    cells = data.count(b",") + max(data.count(b"\n"), data.count(b"\r"))
    if cells > MAX_CELLS:
        raise ProfileError(
            str(path), [f"a file has at most {MAX_CELLS:,} cells, but this one has about {cells:,}; split it"]
        )
    try:
        for _ in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""):
            pass
    except UnicodeDecodeError:
        raise ProfileError(str(path), [_not_text(data)]) from None


def _not_text(data: bytes) -> str:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text: bytes = error.object  # without the byte order mark
        line = text.count(b"\n", 0, error.start) + 1
        bad = f"byte {text[error.start]:#04x} on line {line} is not UTF-8 text"
    return f"{bad}; save the file as CSV in UTF-8"


def _split(data: bytes) -> Sheet:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""), strict=True)
    sheet = Sheet()
    pending: list[list[str]] = []
    for number, line, cells in _numbered(reader, sheet.problems):
        if not number:
            sheet.header = [cell.strip() for cell in cells]
            if len(cells) > MAX_COLUMNS:
                break
        elif len(cells) != len(sheet.header):
            sheet.problems.append(_ragged(len(cells), len(sheet.header), number, line))
        else:
            pending.append(cells)
            sheet.numbers.append(number)
            sheet.lines.append(line)
            if len(pending) * len(cells) >= _CHUNK:
                sheet.chunks.append(np.array(pending, dtype=_TEXTS))
                pending.clear()
    if pending:
        sheet.chunks.append(np.array(pending, dtype=_TEXTS))
    return sheet


def _numbered(reader: Any, problems: list[str]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each row that is not blank with its number and first line; the header is row 0."""
    number, line = 0, 1
    try:
        for cells in reader:
            if cells:
                yield number, line, cells
                number += 1
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(f"line {line} cannot be read: {error}")


def _ragged(count: int, needed: int, number: int, line: int) -> str:
    cells = f"{count} {'cell' if count == 1 else 'cells'}"
    return f"row {number} (line {line}): {cells}, but the header has {needed}"
