"""Whole tables asked and answered at once, from Python: `Bank.predict_rows` and `Bank.select_rows`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.predict.checks import Floats
from perfpred.predict.quantity import TIME, InUnit, Quantity
from perfpred.predict.reading import Reader
from perfpred.predict.table_rows import Texts, answer_rows, reasons
from perfpred.predict.table_select import select_rows

Table: TypeAlias = Any
"""A DataFrame, or a mapping of str to array_like of shape (n,) or to scalars: one column per parameter.

Other columns are ignored."""
MAX_NAMED = 20
"""Rows that an error names; it counts the others."""


@dataclass(frozen=True, eq=False)
class PredictedRows(InUnit[Floats]):
    """Answers to n rows, in their order.

    Attributes
    ----------
    value, low, high : ndarray of shape (n,)
        Predicted values and the ends of their 90% intervals, in the unit of `predicts`; for times also
        `time_s`, `low_s`, `high_s`.
    in_range : ndarray of bool, shape (n,)
    reasons : tuple of str
        What `Bank.predict` says of each row.
    predicts : Quantity
    """

    value: Floats
    low: Floats
    high: Floats
    in_range: NDArray[np.bool_]
    reasons: tuple[str, ...]
    predicts: Quantity = TIME

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, eq=False)
class SelectedRows(InUnit[Floats]):
    """The choice of each of n rows, in their order.

    Attributes
    ----------
    variants, hardware : tuple of str
        What was chosen.
    value, low, high : ndarray of shape (n,)
        Predicted values of the choice and the ends of their 90% intervals, in the unit of `predicts`; for
        times also `time_s`, `low_s`, `high_s`.
    in_range : ndarray of bool, shape (n,)
    ties : tuple of tuple of (str, str)
        Variant and hardware of the others whose value is within the measuring noise of the chosen one's.
    reasons : tuple of str
        Why, in a sentence.
    predicts : Quantity
    """

    variants: tuple[str, ...]
    hardware: tuple[str, ...]
    value: Floats
    low: Floats
    high: Floats
    in_range: NDArray[np.bool_]
    ties: tuple[tuple[tuple[str, str], ...], ...]
    reasons: tuple[str, ...]
    predicts: Quantity = TIME

    def __len__(self) -> int:
        return len(self.value)


def predicted_rows(reader: Reader, table: Table) -> PredictedRows:
    """Return a predictor's answers to all rows of a table; raises `InputError` naming rows without one."""
    cells = cells_of(table, reader.predictor.parameters)
    found = answer_rows(reader, cells)
    _refuse(found.unanswered | found.refused)
    said = tuple(reasons(reader, cells, found))
    return PredictedRows(found.value, found.low, found.high, found.in_range, said, found.predicts)


def selected_rows(readers: Sequence[Reader], table: Table, default: str | None) -> SelectedRows:
    """Return the choice among predictors for all rows of a table; raises `InputError` naming rows without."""
    names = list(dict.fromkeys(name for reader in readers for name in reader.predictor.parameters))
    found = select_rows(readers, cells_of(table, names), default)
    _refuse(found.refused)
    keys = [reader.predictor.combination for reader in readers]
    labels = [(key.variant, key.hardware) for key in keys]
    chosen = [labels[index] for index in found.chosen.tolist()]
    tied: list[tuple[tuple[str, str], ...]] = [()] * len(chosen)
    for row, index in np.argwhere(found.ties).tolist():
        tied[row] += (labels[index],)
    answers = found.answers
    return SelectedRows(
        tuple(variant for variant, _ in chosen),
        tuple(hardware for _, hardware in chosen),
        answers.value,
        answers.low,
        answers.high,
        answers.in_range,
        tuple(tied),
        tuple(found.reasons),
        answers.predicts,
    )


def cells_of(table: Table, names: Sequence[str]) -> Texts:
    """Return the columns of a table that are parameters, as numbers or as texts.

    Parameters
    ----------
    table : Table
    names : sequence of str
        Of the parameters; further columns are ignored.

    Raises
    ------
    InputError
        If the columns differ in length or have more than one dimension, or there is no row or parameter.
    """
    given: Mapping[str, Any] = {name: np.asarray(table[name]) for name in names if name in table}
    lengths = {name: len(values) for name, values in given.items() if values.ndim == 1}
    if any(values.ndim > 1 for values in given.values()) or len(set(lengths.values())) > 1:
        shapes = ", ".join(f"{name}: {values.shape}" for name, values in given.items())
        raise InputError(f"columns must have one dimension and one length, but have {shapes}")
    rows = next(iter(lengths.values()), 1)
    if not given or not rows:
        what = f"a column of {', '.join(names)}" if not given else "a row"
        raise InputError(f"a table of queries must have {what}")
    return {name: _cells(np.broadcast_to(values, (rows,))) for name, values in given.items()}


def _cells(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "iuf":
        return values
    texts = ["" if _is_missing(value) else str(value).strip() for value in values.tolist()]
    return np.array(texts, dtype=np.dtypes.StringDType())


def _is_missing(value: object) -> bool:
    """Say whether a cell holds nothing: None, NaN or pandas' NA, none of which equals itself."""
    return value is None or str(value) == "<NA>" or value != value  # noqa: PLR0124 - NaN alone differs from itself


def _refuse(rows: Mapping[int, str]) -> None:
    if not rows:
        return
    lines = [f"row {row + 1}: {rows[row]}" for row in sorted(rows)[:MAX_NAMED]]
    more = [f"and {len(rows) - MAX_NAMED} more"] if len(rows) > MAX_NAMED else []
    raise InputError("; ".join([*lines, *more]))
