"""The rules of a profile's table, checked all at once.

First every cell becomes a number or a text, then the rules are checked on the result. Both the reader and
`Profile` do it, so a profile is valid however it came to be.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import KEYS
from perfpred.profile.cells import MAX_TEXT, number_column, parameter_column, text_column
from perfpred.profile.time_units import PER_SECOND

STATUSES = ("ok", "compile_error", "runtime_error", "timeout", "wrong_result")
TIME_UNITS = {f"time_{unit}": count for unit, count in PER_SECOND.items()}
"""The columns of times that need no mapping, with how many of their unit make a second."""
NUMBERS = ("time_s", "noise", "rounds")
_OPTIONAL = ("noise", "rounds", "status")
SMALLEST, LARGEST = 1e-30, 1e30  # of sizes, which are multiplied and raised to powers, and of seconds
MAX_NAME = 200  # characters of a column's name
RESERVED = (*KEYS, *TIME_UNITS, "noise", "rounds", "status")

_MANY = 100  # columns
_SHOWN = 60  # characters of a text in a message
_POSITIVE = "must be > 0 and finite"
_NEEDED = "must be given where the status is ok"
_NO_TIME = "must be blank where the status is not ok"
_NOT_BLANK = "must not be blank"
_KNOWN = f"must be one of {', '.join(STATUSES)}"
_NOISE = "must be >= 0 and finite, or blank"
_ROUNDS = "must be a whole number >= 0, or blank"
_FINITE = "must be finite"
_IN_BOUNDS = f"must be 0 or from {SMALLEST:g} to {LARGEST:g} in size: sizes are multiplied"
_TIME_IN_BOUNDS = f"must be from {SMALLEST:g} to {LARGEST:g} seconds"
_NUMBER = "must be a number"
_ONE_KIND = "must be {} as in most rows: a column holds numbers or text, not both"
_SHORT = f"must have at most {MAX_TEXT:,} characters"
_MAX_CELLS = 10_000
"""Blank cells that are reported one by one."""
_ALL_OR_NONE = "must be given in every row of a kernel, variant and hardware, or in none"


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule; `row` counts from 0 and is None where the whole column breaks it."""

    row: int | None
    column: str
    rule: str

    def describe(self, value: object, where: str, column: str) -> str:
        """Return a sentence about `value`, which may be spelled as in a file, as may its column."""
        if self.row is None:
            return f"column {short(column)} {self.rule}"
        shown = "blank" if _blank(value) else short(value)
        return f"{where}: {column} {self.rule}, but is {shown}{self._hint(value)}"

    def _hint(self, value: object) -> str:
        if self.column != "status" or not isinstance(value, str):
            return ""
        near = difflib.get_close_matches(value[:_SHOWN].strip().lower(), STATUSES, n=1)
        return f"; did you mean '{near[0]}'?" if near else ""


def short(value: object) -> str:
    """Return a value as Python writes it, cut where it is long.

    Examples
    --------
    >>> short("fast"), short("x" * 300)
    ("'fast'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'... (300 characters)")
    """
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= 2 * _SHOWN:
        return repr(value)
    return f"{text[:_SHOWN]!r}... ({len(text):,} characters)"


def _blank(value: object) -> bool:
    return (not value.strip()) if isinstance(value, str) else value is None or bool(pd.isna(value))  # type: ignore[call-overload]


def check(
    table: pd.DataFrame | Mapping[str, Any], parameters: Sequence[str], *, time_unit: str = "time_s"
) -> tuple[pd.DataFrame, list[Violation]]:
    """Return the table with every cell a number or a text, and all that is wrong with it.

    Parameters
    ----------
    table : DataFrame of shape (n, columns), or mapping of names to arrays of shape (n,)
        Cells may be text, numbers or blank. `noise`, `rounds` and `status` may be missing; so may others, and
        are not checked then.
    parameters : sequence of str
        Its parameter columns.
    time_unit : str
        One of `TIME_UNITS`: what column ``time_s`` is in.

    Returns
    -------
    DataFrame, shape (n, columns)
        In canonical order, rows numbered from 0, times in seconds, optional columns filled in.
    list of Violation
        By row, then by column; at most one per cell that is not a number or a text as it should be.
    """
    numbered, found = _typed(table, parameters)
    if "time_s" in numbered:
        numbered["time_s"] = numbered["time_s"] / TIME_UNITS[time_unit]
    reported = {(each.row, each.column) for each in found}
    broken = [*_broken_cells(numbered), *_broken_texts(numbered), *_broken_parameters(numbered, parameters)]
    found += [each for each in broken if (each.row, each.column) not in reported]
    order = {name: index for index, name in enumerate(numbered)}
    return numbered, sorted(found, key=lambda v: (-1 if v.row is None else v.row, order[v.column]))


def _typed(
    table: pd.DataFrame | Mapping[str, Any], parameters: Sequence[str]
) -> tuple[pd.DataFrame, list[Violation]]:
    """Turn cells into numbers and texts; one that is neither becomes blank and a violation."""
    columns: dict[str, Any] = {}
    found: list[Violation] = []
    n = len(table) if isinstance(table, pd.DataFrame) else len(next(iter(table.values()), ()))
    known = set(parameters)
    for name in (*KEYS, *parameters, *NUMBERS, "status"):
        if name in table:
            columns[name], broken = _typed_column(name, table[name], name in known)
            found += broken
        elif name in _OPTIONAL:
            columns[name] = text_column(["ok"] * n) if name == "status" else np.full(n, np.nan)
    # A copy makes one block of many columns, which is quick to work on; few large ones are left as they are.
    return pd.DataFrame(columns, index=range(n), copy=len(columns) > _MANY), found


def _typed_column(name: str, cells: Any, is_parameter: bool) -> tuple[Any, list[Violation]]:
    if cells.dtype in (np.int64, np.float64) and (is_parameter or name in NUMBERS):
        values = np.array(cells)  # a copy: what is given may change
        return (values if is_parameter else values.astype(np.float64)), []
    if isinstance(cells, pd.Series):
        cells = cells.tolist()
    column: Any
    if is_parameter:
        column, bad = parameter_column(cells)
        rule = _ONE_KIND.format("a number" if column.dtype.kind in "if" else "text")
    elif name in NUMBERS:
        column, bad = number_column(cells)
        rule = _NUMBER
    else:
        return text_column(cells), []
    return column, [Violation(row, name, rule) for row in bad]


def _broken_cells(table: pd.DataFrame) -> Iterator[Violation]:
    """Yield what breaks a rule of its own column, or of the time given the status."""
    for key in KEYS:
        if key in table:
            yield from _where(table[key].isna(), key, _NOT_BLANK)
    ok, known = table["status"] == "ok", table["status"].isin(STATUSES)
    yield from _where(~known, "status", _KNOWN)
    noise, rounds = table["noise"], table["rounds"]
    yield from _where(noise.notna() & ~((noise >= 0) & np.isfinite(noise)), "noise", _NOISE)
    whole = (rounds >= 0) & np.isfinite(rounds) & (rounds == rounds.round())
    yield from _where(rounds.notna() & ~whole, "rounds", _ROUNDS)
    if "time_s" in table:
        time = table["time_s"]
        yield from _where(ok & time.isna(), "time_s", _NEEDED)
        positive = (time > 0) & np.isfinite(time)
        yield from _where(ok & time.notna() & ~positive, "time_s", _POSITIVE)
        yield from _where(ok & positive & ~time.between(SMALLEST, LARGEST), "time_s", _TIME_IN_BOUNDS)
        yield from _where(known & ~ok & time.notna(), "time_s", _NO_TIME)


def _where(broken: Any, column: str, rule: str) -> Iterator[Violation]:
    return (Violation(int(row), column, rule) for row in np.flatnonzero(broken))


def _broken_texts(table: pd.DataFrame) -> Iterator[Violation]:
    """Yield names and texts that are too long to be meant, and would drown every list they appear in."""
    for name, dtype in table.dtypes.items():
        if len(str(name)) > MAX_NAME:
            rule = f"has a name of {len(str(name)):,} characters; at most {MAX_NAME} are allowed"
            yield Violation(None, str(name), rule)
        if dtype.kind not in "if" and name != "status":
            texts = set(table[name].to_numpy(dtype=object).tolist())
            long = [text for text in texts if isinstance(text, str) and len(text) > MAX_TEXT]
            if long:
                yield from _where(table[name].isin(long), str(name), _SHORT)


def _broken_parameters(table: pd.DataFrame, parameters: Sequence[str]) -> Iterator[Violation]:
    if not parameters or table.empty:
        return
    values = table[list(parameters)]
    given = values.notna().to_numpy()
    for name in [name for name, dtype in values.dtypes.items() if dtype.kind == "f"]:
        size = np.abs(values[name].to_numpy())
        yield from _where(np.isinf(size), str(name), _FINITE)
        outside = (size > LARGEST) & (size < np.inf) | (size > 0) & (size < SMALLEST)
        yield from _where(outside, str(name), _IN_BOUNDS)
    if given.all():
        return
    blank = ~given.any(axis=0)
    for column in np.flatnonzero(blank).tolist():
        yield Violation(None, parameters[column], "is blank in every row")
    in_combination = _in_combination(table, given)
    missing = in_combination & ~given
    if missing.sum() > _MAX_CELLS:  # a wide file that is ragged: millions of cells
        counts = missing.sum(axis=0)
        for column in np.flatnonzero(counts).tolist():
            yield Violation(None, parameters[column], f"{_ALL_OR_NONE}; it is blank in {counts[column]} rows")
        return
    for row, column in np.argwhere(missing).tolist():
        yield Violation(row, parameters[column], _ALL_OR_NONE)
    if not blank.all():
        for row in np.flatnonzero(~in_combination.any(axis=1)).tolist():
            yield Violation(row, parameters[0], "or another parameter must be given")


def _in_combination(table: pd.DataFrame, given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each cell whether its parameter is given anywhere in its combination, shape as `given`."""
    keys = [table[key] for key in KEYS if key in table]
    if not keys:
        return np.broadcast_to(given.any(axis=0), given.shape)
    groups = pd.DataFrame(dict(enumerate(keys))).groupby(list(range(len(keys))), dropna=False)
    of_row = groups.ngroup().to_numpy()
    rows = np.argsort(of_row, kind="stable")
    starts = np.searchsorted(of_row[rows], np.arange(of_row.max() + 1))
    anywhere: NDArray[np.bool_] = np.logical_or.reduceat(given[rows], starts, axis=0)
    return anywhere[of_row]
