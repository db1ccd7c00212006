"""The bytes of a profile file to rows of cells, before any rule about what they say."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from perfpred.errors import InputError, ProfileError
from perfpred.files import read_bytes


@dataclass
class Sheet:
    """Cells as typed. Row 1 is the first data row; blank lines are skipped and do not count.

    Attributes
    ----------
    header : list of str
        Without the spaces around each name.
    rows : list of list of str
        Each as long as the header.
    numbers, lines : list of int
        For each row its number and the line of the file it starts on.
    problems : list of str
        Rows left out because they are ragged or cannot be read.
    """

    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def where(self, position: int) -> str:
        """Say where the row at `position` in `rows` stands in the file."""
        return f"row {self.numbers[position]} (line {self.lines[position]})"


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file, gzipped or not.

    Raises
    ------
    ProfileError
        If no header and no row can be made out at all.
    """
    sheet = _split(_decode(path, _read_bytes(path)))
    if not sheet.header:
        raise ProfileError(
            str(path), [*sheet.problems, "the file is empty; a header and rows are needed"][:1]
        )
    if not sheet.rows and not sheet.problems:
        raise ProfileError(str(path), ["there is a header but no row"])
    return sheet


def _read_bytes(path: Path) -> bytes:
    try:
        return read_bytes(path, "CSV")
    except InputError as error:
        raise ProfileError(str(path), [str(error)]) from None


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = f"byte {data[error.start]:#04x} on line {line} is not UTF-8 text"
        raise ProfileError(str(path), [f"{bad}; save the file as CSV in UTF-8"]) from None


def _split(text: str) -> Sheet:
    sheet = Sheet()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line, number = 1, 0
    try:
        for cells in reader:
            if not sheet.header:
                sheet.header = [cell.strip() for cell in cells]
            elif cells:
                number += 1
                _add(sheet, cells, number, line)
            line = reader.line_num + 1
    except csv.Error as error:
        sheet.problems.append(f"line {line} cannot be read: {error}")
    return sheet


def _add(sheet: Sheet, cells: list[str], number: int, line: int) -> None:
    if len(cells) == len(sheet.header):
        sheet.rows.append(cells)
        sheet.numbers.append(number)
        sheet.lines.append(line)
    else:
        count = f"{len(cells)} {'cell' if len(cells) == 1 else 'cells'}"
        sheet.problems.append(f"row {number} (line {line}): {count}, but the header has {len(sheet.header)}")
