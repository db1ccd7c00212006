"""Tables answered: what the command line appends to a table of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, ProblemsError, UnknownNameError, shortlist
from perfpred.predict.quantity import Quantity
from perfpred.predict.reading import Reader
from perfpred.predict.selection import common_quantity
from perfpred.predict.table_rows import RowAnswers, answer_rows, reasons
from perfpred.predict.table_select import select_rows
from perfpred.serve.formats import Table
from perfpred.serve.models import Loaded
from perfpred.serve.problems import ProblemError

_MORE = ("in_range", "reason")


@dataclass(frozen=True)
class TableQuery:
    """What is asked of a table: names that hold for all its rows, where no column says them.

    Attributes
    ----------
    kernel : str
    variant, hardware, default : str, optional
    """

    kernel: str
    variant: str | None = None
    hardware: str | None = None
    default: str | None = None


class _Answers:
    """The columns that are appended, and what is wrong with rows by their position."""

    def __init__(self, rows: int, predicts: Quantity) -> None:
        self.values = RowAnswers.empty(rows, predicts)
        self.reason = np.full(rows, "", dtype=object)
        self.names = {name: np.full(rows, "", dtype=object) for name in ("variant", "hardware")}
        self.refused: dict[int, str] = {}

    def put(self, rows: NDArray[np.intp], found: RowAnswers) -> None:
        for name in ("value", "low", "high", "in_range"):
            getattr(self.values, name)[rows] = getattr(found, name)

    def columns(self) -> dict[str, NDArray[Any]]:
        if self.refused:
            raise ProblemsError(
                "the table", [f"row {r + 1}: {self.refused[r]}" for r in sorted(self.refused)]
            )
        found = (self.values.value, self.values.low, self.values.high)
        named = dict(zip(self.values.predicts.columns, found, strict=True))
        return {**named, "in_range": self.values.in_range, "reason": self.reason}


def predict_table(loaded: Loaded, query: TableQuery, table: Table) -> dict[str, NDArray[Any]]:
    """Return the columns that ``perfpred predict --table`` appends, each of shape (n,).

    Parameters
    ----------
    loaded : Loaded
    query : TableQuery
    table : Table

    Raises
    ------
    ProblemError
        If there is no such kernel, variant or hardware.
    InputError
        If a row has no answer.
    """
    readers = _readers(loaded, query)
    predicts = common_quantity(reader.predictor for reader in readers)
    _check_columns(table, query, readers, (*predicts.columns, *_MORE))
    added = _Answers(table.rows, predicts)
    for (variant, hardware), rows in _groups(table, query, added.refused).items():
        try:
            reader = loaded.bank.reader(query.kernel, variant or None, hardware or None)
        except InputError as error:
            if len(rows) == table.rows:
                raise
            added.refused.update(dict.fromkeys(rows.tolist(), str(error)))
            continue
        texts = _texts(table, rows)
        found = answer_rows(reader, texts)
        added.refused.update({int(rows[r]): why for r, why in (found.unanswered | found.refused).items()})
        if not added.refused:
            added.reason[rows] = reasons(reader, texts, found)
            added.put(rows, found)
    return added.columns()


def select_table(loaded: Loaded, query: TableQuery, table: Table) -> dict[str, NDArray[Any]]:
    """Return the columns that ``perfpred select --table`` appends; raises as `predict_table` does."""
    readers = _readers(loaded, query)
    predicts = common_quantity(reader.predictor for reader in readers)
    _check_columns(table, query, readers, ("variant", *predicts.columns, *_MORE))
    added = _Answers(table.rows, predicts)
    for (_, hardware), rows in _groups(table, query, added.refused).items():
        try:
            some = loaded.bank.readers(query.kernel, hardware or None)
        except InputError as error:
            added.refused.update(dict.fromkeys(rows.tolist(), str(error)))
            continue
        found = select_rows(some, _texts(table, rows), query.default)
        added.refused.update({int(rows[r]): why for r, why in found.refused.items()})
        keys = [each.predictor.combination for each in some]
        for name, column in added.names.items():
            column[rows] = np.array([getattr(key, name) for key in keys], dtype=object)[found.chosen]
        added.reason[rows] = found.reasons
        added.put(rows, found.answers)
    names = ["variant"] if "hardware" in table.columns else ["variant", "hardware"]
    return {**{name: added.names[name] for name in names}, **added.columns()}


def _readers(loaded: Loaded, query: TableQuery) -> list[Reader]:
    try:
        return loaded.readers(query.kernel, query.variant, query.hardware)
    except UnknownNameError as error:
        raise ProblemError(404, str(error)) from None


def _check_columns(table: Table, query: TableQuery, readers: Sequence[Reader], added: Sequence[str]) -> None:
    taken = [name for name in added if name in table.columns]
    if taken:
        raise InputError(f"the answers are columns of these names: rename those sent: {shortlist(taken)}")
    known = {name.casefold(): name for each in readers for name in each.names}
    names = {name for each in readers for name in each.names}
    for name in table.columns:
        meant = known.get(name.casefold(), name)
        if name not in names and meant not in table.columns:
            raise InputError(f"column '{name}' is no parameter of {query.kernel}; did you mean '{meant}'?")
    if "kernel" in table.columns:
        other = set(table.columns["kernel"].tolist()) - {query.kernel, ""}
        if other:
            said = shortlist(sorted(map(str, other)))
            raise InputError(f"{query.kernel} is asked, but column 'kernel' says {said}")


def _groups(
    table: Table, query: TableQuery, refused: dict[int, str]
) -> Mapping[tuple[str, str], NDArray[np.intp]]:
    """Return the rows of each variant and hardware, empty where neither a column nor the query says it."""
    wanted = []
    for name, given in (("variant", query.variant), ("hardware", query.hardware)):
        if name not in table.columns:
            wanted.append([given or ""] * table.rows)
            continue
        cells = [str(cell).strip() for cell in table.columns[name].tolist()]
        for row, cell in enumerate(cells):
            if not cell and given is None:
                refused.setdefault(row, f"{name} is blank")
            elif cell and given is not None and cell != given:
                refused.setdefault(row, f"{name} is '{cell}', but the query says '{given}'")
        wanted.append([cell or given or "" for cell in cells])
    groups: dict[tuple[str, str], list[int]] = {}
    for row, pair in enumerate(zip(*wanted, strict=True)):
        if row not in refused:
            groups.setdefault(pair, []).append(row)
    return {pair: np.array(rows, dtype=np.intp) for pair, rows in groups.items()}


def _texts(table: Table, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """Return cells of some rows: numbers, or texts without the spaces around them."""
    parts = {name: column[rows] for name, column in table.columns.items()}
    return {n: part if part.dtype.kind in "iuf" else np.strings.strip(part) for n, part in parts.items()}
