"""The rules of a profile's table, checked all at once.

First every cell becomes a number or a text, then the rules are checked on the result. Both the reader and
`Profile` do it, so a profile is valid however it came to be.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from perfpred.profile.cells import number_column, parameter_column, text_column

KEYS = ("kernel", "variant", "hardware")
STATUSES = ("ok", "compile_error", "runtime_error", "timeout", "wrong_result")
TIME_UNITS = {"time_s": 1.0, "time_ms": 1e3, "time_us": 1e6, "time_ns": 1e9}  # units in a second
NUMBERS = ("time_s", "noise", "rounds")
_DEFAULTS = {"noise": np.nan, "rounds": np.nan, "status": "ok"}
RESERVED = (*KEYS, *TIME_UNITS, "noise", "rounds", "status")

_POSITIVE = "must be > 0 and finite"
_NEEDED = "must be given where the status is ok"
_NO_TIME = "must be blank where the status is not ok"
_NOT_BLANK = "must not be blank"
_KNOWN = f"must be one of {', '.join(STATUSES)}"
_NOISE = "must be >= 0 and finite, or blank"
_ROUNDS = "must be a whole number >= 0, or blank"
_FINITE = "must be finite"
_NUMBER = "must be a number"
_ONE_KIND = "must be {} as in most rows: a column holds numbers or text, not both"
_ALL_OR_NONE = "must be given in every row of a kernel, variant and hardware, or in none"


@dataclass(frozen=True)
class Violation:
    """A broken rule; `row` counts from 0 and is None where the whole column breaks it."""

    row: int | None
    column: str
    rule: str

    def describe(self, value: object, where: str, column: str) -> str:
        """Return a sentence about `value`, which may be spelled as in a file, as may its column."""
        if self.row is None:
            return f"column '{column}' {self.rule}"
        shown = "blank" if _blank(value) else repr(value)
        return f"{where}: {column} {self.rule}, but is {shown}{self._hint(value)}"

    def _hint(self, value: object) -> str:
        if self.column != "status" or not isinstance(value, str):
            return ""
        near = difflib.get_close_matches(value.strip().lower(), STATUSES, n=1)
        return f"; did you mean '{near[0]}'?" if near else ""


def _blank(value: object) -> bool:
    return (not value.strip()) if isinstance(value, str) else value is None or bool(pd.isna(value))  # type: ignore[call-overload]


def check(
    table: pd.DataFrame, parameters: Sequence[str], *, time_unit: str = "time_s"
) -> tuple[pd.DataFrame, list[Violation]]:
    """Return the table with every cell a number or a text, and all that is wrong with it.

    Parameters
    ----------
    table : DataFrame, shape (n, columns)
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
        By row, then by column; at most one a cell that is not a number or a text as it should be.
    """
    numbered, found = _typed(table, parameters)
    if "time_s" in numbered:
        numbered["time_s"] = numbered["time_s"] / TIME_UNITS[time_unit]
    reported = {(each.row, each.column) for each in found}
    broken = [*_broken_cells(numbered), *_broken_parameters(numbered, parameters)]
    found += [each for each in broken if (each.row, each.column) not in reported]
    order = {name: place for place, name in enumerate(numbered)}
    return numbered, sorted(found, key=lambda v: (-1 if v.row is None else v.row, order[v.column]))


def _typed(table: pd.DataFrame, parameters: Sequence[str]) -> tuple[pd.DataFrame, list[Violation]]:
    """Turn cells into numbers and texts; one that is neither becomes blank and a violation."""
    columns: dict[str, Any] = {}
    found: list[Violation] = []
    for name in (*KEYS, *parameters, *NUMBERS, "status"):
        if name in table or name in _DEFAULTS:
            cells = table[name] if name in table else pd.Series([_DEFAULTS[name]] * len(table))
            columns[name], broken = _typed_column(name, cells, name in parameters)
            found += broken
    return pd.DataFrame(columns, index=range(len(table))), found


def _typed_column(name: str, cells: Any, is_parameter: bool) -> tuple[Any, list[Violation]]:
    if cells.dtype in (np.int64, np.float64) and (is_parameter or name in NUMBERS):
        column = cells.reset_index(drop=True)
        return (column if is_parameter else column.astype(np.float64)), []
    if is_parameter:
        column, bad = parameter_column(cells.tolist())
        rule = _ONE_KIND.format("a number" if column.dtype.kind in "if" else "text")
    elif name in NUMBERS:
        column, bad = number_column(cells.tolist())
        rule = _NUMBER
    else:
        return text_column(cells.tolist()), []
    return column, [Violation(row, name, rule) for row in bad]


def _broken_cells(table: pd.DataFrame) -> Iterator[Violation]:
    ok = table["status"] == "ok"
    failed = table["status"].isin(STATUSES) & ~ok
    for schema, rows in (("every", table), ("ok", table[ok]), ("failed", table[failed])):
        yield from _check(_schemas()[schema], rows)


@cache
def _schemas() -> dict[str, Any]:
    """Rules by the rows they hold for; made on first use because importing pandera takes a while."""
    import pandera.pandas as pa

    def column(holds: Any, rule: str, *, blank: bool) -> Any:
        return pa.Column(checks=pa.Check(holds, error=rule), nullable=blank, required=False)

    every = {key: pa.Column(nullable=False, required=False) for key in KEYS}
    every["status"] = column(lambda s: s.isin(STATUSES), _KNOWN, blank=False)
    every["noise"] = column(lambda s: (s >= 0) & np.isfinite(s), _NOISE, blank=True)
    every["rounds"] = column(lambda s: (s >= 0) & np.isfinite(s) & (s == s.round()), _ROUNDS, blank=True)
    timed = column(lambda s: (s > 0) & np.isfinite(s), _POSITIVE, blank=False)
    untimed = pa.Column(
        checks=pa.Check(lambda s: s.isna(), error=_NO_TIME, ignore_na=False), nullable=True, required=False
    )
    return {
        "every": pa.DataFrameSchema(every),
        "ok": pa.DataFrameSchema({"time_s": timed}),
        "failed": pa.DataFrameSchema({"time_s": untimed}),
    }


def _check(schema: Any, rows: pd.DataFrame) -> Iterator[Violation]:
    from pandera.errors import SchemaErrors

    try:
        schema.validate(rows, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        for column, rule, row in zip(cases["column"], cases["check"], cases["index"], strict=True):
            if rule == "not_nullable":
                rule = {"time_s": _NEEDED, "status": _KNOWN}.get(column, _NOT_BLANK)  # noqa: PLW2901
            yield Violation(int(row), column, rule)


def _broken_parameters(table: pd.DataFrame, parameters: Sequence[str]) -> Iterator[Violation]:
    if not parameters:
        return
    given = table[list(parameters)].notna()
    keys = [table[key] for key in KEYS if key in table]
    in_combination = given.groupby(keys, sort=False, dropna=False).transform("any") if keys else given
    for name in parameters:
        if len(table) and not given[name].any():
            yield Violation(None, name, "is blank in every row")
            continue
        if table[name].dtype.kind == "f":
            for row in np.flatnonzero(np.isinf(table[name])):
                yield Violation(int(row), name, _FINITE)
        for row in np.flatnonzero(in_combination[name] & ~given[name]):
            yield Violation(int(row), name, _ALL_OR_NONE)
    if given.any(axis=None):
        for row in np.flatnonzero(~in_combination.any(axis=1)):
            yield Violation(int(row), parameters[0], "or another parameter must be given")
