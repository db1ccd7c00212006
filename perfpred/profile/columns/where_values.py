"""Operands of a `Filter`: columns, numbers, texts and truth values, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, UnknownNameError
from perfpred.profile.cells import values_of

_NUMERIC = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
}
_ORDERED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


@dataclass(frozen=True)
class Operand:
    """A value per row, or one for all rows.

    Attributes
    ----------
    kind : str
        ``number``, ``text`` or ``truth``.
    values : ndarray
        float64 (NaN where blank), object (texts, ``""`` where blank) or bool.
    label : str
        What it is, for messages.
    """

    kind: str
    values: Any
    label: str

    @classmethod
    def of_number(cls, value: float) -> Operand:
        """Return a literal number."""
        return cls("number", np.float64(value), f"number {value:g}")

    @classmethod
    def of_text(cls, text: str) -> Operand:
        """Return a literal text; spaces around it do not count, as in a cell."""
        return cls("text", np.array(text.strip(), dtype=object), f"text {text.strip()!r}")

    @classmethod
    def of_truth(cls, values: NDArray[np.bool_]) -> Operand:
        """Return a result of a comparison."""
        return cls("truth", values, "a comparison")

    @classmethod
    def of_column(cls, name: str, columns: Mapping[str, Any]) -> Operand:
        """Return a column: numbers where all its cells that are not blank are numbers, else texts.

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        if name not in columns:
            raise UnknownNameError("column in --where:", name, columns)
        cells = columns[name]
        values = values_of(cells.tolist() if hasattr(cells, "tolist") else cells)
        if any(isinstance(value, str) for value in values):
            texts = ["" if v is None else v if isinstance(v, str) else f"{v:.15g}" for v in values]
            return cls("text", np.array(texts, dtype=object), f"column '{name}', which holds text")
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        return cls("number", numbers, f"column '{name}', which holds numbers")


def truth(operand: Operand, n: int) -> NDArray[np.bool_]:
    """Return where a condition holds, shape (n,); raises `InputError` for what is no condition."""
    if operand.kind != "truth":
        raise InputError(
            f"--where must be true or false for each row, but {operand.label} is neither; compare it"
        )
    return np.broadcast_to(np.asarray(operand.values, dtype=bool), (n,)).copy()


def compare(operator: str, left: Operand, right: Operand) -> Any:
    """Return where a comparison holds; a blank equals only ``""``, and is in no order."""
    blank = _blank_test(left, right)
    if blank is not None and operator in {"==", "!="}:
        return blank if operator == "==" else ~blank
    _check_kinds(operator, left, right)
    if operator in _ORDERED:
        return _ORDERED[operator](left.values, right.values)
    equal = np.asarray(left.values == right.values, dtype=bool)
    return equal if operator == "==" else ~equal


def is_one_of(value: Operand, listed: list[Operand]) -> Any:
    """Return where a value equals one of several."""
    return np.logical_or.reduce([compare("==", value, each) for each in listed])


def add(operator: str, left: Operand, right: Operand) -> Operand:
    """Return a sum, difference, product, quotient or remainder; raises `InputError` unless of numbers."""
    for each in (left, right):
        if each.kind != "number":
            raise InputError(f"--where: '{operator}' needs numbers, but got {each.label}")
    with np.errstate(all="ignore"):
        return Operand("number", _NUMERIC[operator](left.values, right.values), "a number")


def _blank_test(left: Operand, right: Operand) -> Any:
    """Where a column of numbers compared with ``""`` is blank; None for other comparisons."""
    for one, other in ((left, right), (right, left)):
        if one.kind == "text" and np.ndim(one.values) == 0 and one.values == "" and other.kind == "number":
            return np.isnan(other.values)
    return None


def _check_kinds(operator: str, left: Operand, right: Operand) -> None:
    if "truth" in (left.kind, right.kind):
        raise InputError(f"--where: '{operator}' compares numbers or texts; connect comparisons with 'and'")
    if left.kind != right.kind:
        raise InputError(f"--where: {left.label} cannot be compared with {right.label}; quotes make a text")
    if left.kind == "text" and operator in _ORDERED:
        raise InputError(f"--where: '{operator}' needs numbers, but got {left.label}")
