"""How a CSV file is written: its separator, and the lines that a tool printed before the header."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass

SAMPLE = 1 << 18  # characters looked at
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_MAX_SKIPPED = 60


@dataclass(frozen=True)
class Dialect:
    """How to read a file.

    Attributes
    ----------
    separator : str
        One character.
    skipped : int
        Lines before the header.
    problem : str
        Why the file cannot be read for certain; empty if it can.
    """

    separator: str = ","
    skipped: int = 0
    problem: str = ""

    @property
    def notes(self) -> list[str]:
        """What the user should know."""
        notes = []
        if self.separator != ",":
            notes.append(f"columns are separated by {_SEPARATORS[self.separator]}")
        if self.skipped:
            lines = "1 line before it is" if self.skipped == 1 else f"{self.skipped} lines before it are"
            notes.append(f"the header is line {self.skipped + 1}: {lines} not read")
        return notes


def dialect_of(text: str) -> Dialect:
    r"""Return how a file is written.

    Parameters
    ----------
    text : str
        Its beginning, or all of it.

    Examples
    --------
    >>> dialect_of("n;time_ms\n64;1,5\n128;2,5\n").separator
    ';'
    >>> dialect_of("Running ./bench\nLoad: 0.1, 0.2\nname,real_time\nBM/64,12.5\nBM/128,25\n").skipped
    2
    """
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1]
    comments = _comments_before_header(sample)
    if comments:
        rest = dialect_of("".join(sample.splitlines(keepends=True)[comments:]))
        return Dialect(rest.separator, rest.skipped + comments, rest.problem)
    tables = {separator: _rows(sample, separator) for separator in _SEPARATORS}
    fitting = [separator for separator, rows in tables.items() if _is_table(rows)]
    if len(fitting) > 1:
        names = " or by ".join(_SEPARATORS[each] for each in fitting)
        return Dialect(problem=f"columns may be separated by {names}; quote the cells that hold one of them")
    separator = fitting[0] if fitting else ","
    if fitting and tables[separator] and len(tables[separator][0][1]) > 1:
        return Dialect(separator)
    skipped = {each: _lines_before_header(rows) for each, rows in tables.items()}
    found = [each for each, lines in skipped.items() if lines]
    return Dialect(found[0], skipped[found[0]]) if len(found) == 1 else Dialect(separator)


def _comments_before_header(sample: str) -> int:
    """Return how many lines that begin with ``#`` stand before a header that does not."""
    lines = sample.splitlines()
    count = next((index for index, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#"), 0)
    if not any(line.strip() for line in lines[:count]):
        return 0
    below = [_rows("\n".join(lines[count : count + 20]), separator) for separator in _SEPARATORS]
    return count if any(len(rows) > 1 and _is_header(rows[0][1], rows[1][1]) for rows in below) else 0


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank, each with the lines before it; a bad quote ends them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows, before = [], 0
    try:
        for cells in reader:
            if cells:
                rows.append((before, cells))
            before = reader.line_num
    except csv.Error:
        pass
    return rows


def _is_table(rows: list[tuple[int, list[str]]]) -> bool:
    """Whether header and all rows have the same number of cells, two or more."""
    counts = {len(cells) for _, cells in rows}
    return len(counts) == 1 and counts.pop() > 1


def _lines_before_header(rows: list[tuple[int, list[str]]]) -> int:
    """Return how many lines stand before the header, 0 unless that is beyond doubt.

    The header is the first of many rows of one length, the lines before are shorter, it holds names alone
    and the row below it a number: a header that merely lacks a name is never skipped.
    """
    if len(rows) < 3:
        return 0
    usual, times = Counter(len(cells) for _, cells in rows).most_common(1)[0]
    if usual < 2 or times < 2:
        return 0
    for index, (lines, header) in enumerate(rows[:-1]):
        if lines > _MAX_SKIPPED:
            return 0
        rest = [cells for _, cells in rows[index:]]
        if any(len(cells) != usual for cells in rest) or not _is_header(header, rest[1]):
            continue
        before = {len(cells) for _, cells in rows[:index]}
        rather_nameless = usual > 2 and usual - 1 in before  # a header that lacks a name
        return 0 if rather_nameless or max(before, default=0) > usual else lines
    return 0


def _is_header(cells: list[str], below: list[str]) -> bool:
    """Whether cells are names, with a number below one of them."""
    named = all(cell.strip() for cell in cells[:-1]) and not any(map(_is_number, cells))
    return named and any(map(_is_number, below))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
