"""The bytes of a profile file to rows of cells, before any rule about what they say."""

from __future__ import annotations

import codecs
import csv
import io
import re
import shlex
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.documents.reading import read_bytes
from perfpred.errors import InputError, ProfileError
from perfpred.profile.dialect import SAMPLE, dialect_of

MAX_COLUMNS = 50_000
MAX_CELLS = 50_000_000
MAX_HEADING = 1_000
"""Characters of a column's name, used or not: what they mean is searched for in each."""
MAX_LINE_BYTES = 16 << 20
_PIECE = 1 << 20
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*\{\s*"|\{\s*\}|\[\s*\])')
_CHUNK = 500_000  # cells that are Python objects at one time; the rest are packed
_NARROW = 256  # columns
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
    chunks : list of sequences of arrays, each of shape (rows,) and NumPy's string type
        The cells, some rows after the other, column by column: a few hundred MB where lists of texts would
        take GBs.
    notes : list of str
        What the user should know of how the file is written.
    separator : str
        What stands between cells.
    """

    header: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("q"))
    lines: array[int] = field(default_factory=lambda: array("q"))
    problems: list[str] = field(default_factory=list)
    chunks: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    separator: str = ","

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, place: int) -> NDArray[Any]:
        """Return the cells below a place of the header, shape (n,), of NumPy's string type."""
        cells = np.concatenate([np.empty(0, _TEXTS), *(chunk[place] for chunk in self.chunks)])
        start = 0
        for chunk in self.chunks:
            if isinstance(chunk, list):  # kept once, not twice
                chunk[place] = cells[start : start + len(chunk[place])]
                start += len(chunk[place])
        return cells

    @property
    def rows(self) -> list[list[str]]:
        """The rows as lists of texts; made afresh at each call, and large."""
        return [list(row) for chunk in self.chunks for row in zip(*map(list, chunk), strict=True)]

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
    if _JSON.match(data):
        name = shlex.quote(str(path))
        fix = f"perfpred import {name} --out NAME.csv makes one of the JSON of known tools"
        raise ProfileError(str(path), [f"this is JSON, not CSV; {fix}"])
    sheet = _split(data)
    if not sheet.header:
        raise ProfileError(
            str(path), [*sheet.problems, "the file is empty; a header and rows are needed"][:1]
        )
    if len(sheet.header) > MAX_COLUMNS:
        count = f"the header has {len(sheet.header):,}"
        raise ProfileError(str(path), [f"a file has at most {MAX_COLUMNS:,} columns, but {count}"])
    long = [index for index, name in enumerate(sheet.header) if len(name) > MAX_HEADING]
    if long:
        count = f"that of column {long[0] + 1} has {len(sheet.header[long[0]]):,}"
        raise ProfileError(
            str(path), [f"a column's name has at most {MAX_HEADING:,} characters, but {count}"]
        )
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
    if _longest_line(data) > MAX_LINE_BYTES:
        raise ProfileError(str(path), [f"a line has at most {MAX_LINE_BYTES:,} bytes, but one has more"])
    cells = max(map(data.count, (b",", b";", b"\t"))) + max(data.count(b"\n"), data.count(b"\r"))
    if cells > MAX_CELLS:
        raise ProfileError(
            str(path), [f"a file has at most {MAX_CELLS:,} cells, but this one has about {cells:,}; split it"]
        )
    try:
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ProfileError(str(path), [_not_text(data)]) from None


def _longest_line(data: bytes) -> int:
    """Return about how long the longest line is: the pieces without a line end in a row, in bytes."""
    longest = run = 0
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        run = 0 if b"\n" in piece or b"\r" in piece else run + len(piece)
        longest = max(longest, run)
    return longest


def _not_text(data: bytes) -> str:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text: bytes = error.object  # without the byte order mark
        line = text.count(b"\n", 0, error.start) + 1
        bad = f"byte {text[error.start]:#04x} on line {line} is not UTF-8 text"
    return f"{bad}; save the file as CSV in UTF-8"


def _split(data: bytes) -> Sheet:
    form = dialect_of(data[: 2 * SAMPLE].decode("utf-8-sig", errors="ignore"))
    sheet = Sheet(notes=form.notes, separator=form.separator, problems=[form.problem] if form.problem else [])
    if form.problem:
        return sheet
    stream = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    for _ in range(form.skipped):
        stream.readline()
    reader = csv.reader(stream, delimiter=form.separator, strict=True)
    pending: list[list[str]] = []
    for number, line, read in _numbered(reader, sheet.problems, form.skipped):
        cells = read if not number else _fitted(read, sheet.header)
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
                sheet.chunks.append(_packed(pending))
                pending.clear()
    if pending:
        sheet.chunks.append(_packed(pending))
    return sheet


def _packed(rows: list[list[str]]) -> Any:
    """Return the columns of some rows: arrays of their own, or one for all where there are many columns."""
    cells = np.array(rows, dtype=_TEXTS)
    return cells.T if cells.shape[1] > _NARROW else [column.copy() for column in cells.T]


def _fitted(cells: list[str], header: list[str]) -> list[str]:
    """Return the cells without blank ones beyond the header, or with such for its last nameless columns."""
    extra = len(cells) - len(header)
    if extra > 0 and not any(cell.strip() for cell in cells[len(header) :]):
        return cells[: len(header)]
    return cells + [""] * -extra if extra < 0 and not any(header[extra:]) else cells


def _numbered(reader: Any, problems: list[str], skipped: int) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each row that is not blank with its number and first line; the header is row 0."""
    number, line = 0, 1 + skipped
    try:
        for cells in reader:
            if cells:
                yield number, line, cells
                number += 1
            line = reader.line_num + 1 + skipped
    except csv.Error as error:
        problems.append(f"line {line} cannot be read: {error}")


def _ragged(count: int, needed: int, number: int, line: int) -> str:
    cells = f"{count} {'cell' if count == 1 else 'cells'}"
    return f"row {number} (line {line}): {cells}, but the header has {needed}"
