"""One cell or column of a profile: text as typed in a file, or a Python value, to a number or a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from perfpred.errors import InputError

Value: TypeAlias = int | float | str | None  # None: blank

_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?)", re.IGNORECASE
)
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")  # longer ones never fit 64 bits
_TEXT = pd.Series(["text"]).dtype  # pandas 2: object, pandas 3: str


def value_of(cell: object) -> Value:
    """Return a number where `cell` is one or reads as one, None where it is blank, else its text.

    Blank is nothing, spaces, or NaN; spaces around a text do not count.

    Examples
    --------
    >>> [value_of(cell) for cell in ("512", " 2.5e-3", "nchw ", "", "nan", True)]
    [512, 0.0025, 'nchw', None, None, 1]
    """
    if isinstance(cell, str):
        text = cell.strip()
        if _NUMBER.fullmatch(text):
            return _python_number(int(text) if _WHOLE.fullmatch(text) else float(text))
        return None if text.lower() in {"", "nan"} else text
    if _is_blank(cell):
        return None
    if isinstance(cell, Real | np.bool_):
        return _python_number(cell)
    raise InputError(f"a profile holds numbers and text, but got {cell!r}")


def _python_number(cell: Any) -> int | float:
    if isinstance(cell, Integral | np.bool_) and -(2**63) <= int(cell) < 2**63:
        return int(cell)
    try:
        return float(cell)
    except OverflowError:
        raise InputError(f"a number in a profile fits double precision, but got {cell!r}") from None


def text_of(cell: object) -> str | None:
    """Return the text without the spaces around it, or None where `cell` is blank."""
    if isinstance(cell, str):
        return cell.strip() or None
    if _is_blank(cell):
        return None
    raise InputError(f"kernel, variant, hardware and status are text, but got {cell!r}")


def _is_blank(cell: object) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, Real) and cell != cell)  # noqa: PLR0124


def values_of(cells: Iterable[Any]) -> list[Value]:
    """Apply `value_of`, once to each distinct cell: a profile repeats few values many times."""
    listed = list(cells)
    try:
        known = {(type(cell), cell): value_of(cell) for cell in listed}
    except TypeError:  # something that cannot be hashed, such as a list
        return [value_of(cell) for cell in listed]
    return [known[type(cell), cell] for cell in listed]


def text_column(cells: Iterable[object]) -> pd.Series[Any]:
    """Return a column of text, missing where blank."""
    return pd.Series([text_of(cell) for cell in cells], dtype=_TEXT)


def number_column(cells: Iterable[Any]) -> tuple[pd.Series[Any], list[int]]:
    """Return a float64 column, NaN where blank or not a number, and the positions that are not numbers."""
    values = values_of(cells)
    bad = [position for position, value in enumerate(values) if isinstance(value, str)]
    return _floats(values), bad


def parameter_column(cells: Iterable[Any]) -> tuple[pd.Series[Any], list[int]]:
    """Return an int64, float64 or text column, and the positions that do not fit the others.

    A column is all numbers or all text. Where both occur, the rarer kind is taken for the mistake: a
    typing error in a size must not turn the whole column into categories.
    """
    values = values_of(cells)
    texts = [position for position, value in enumerate(values) if isinstance(value, str)]
    numbers = [position for position, value in enumerate(values) if isinstance(value, int | float)]
    if len(texts) > len(numbers):
        return pd.Series([v if isinstance(v, str) else None for v in values], dtype=_TEXT), numbers
    if values and all(isinstance(value, int) for value in values):
        return pd.Series(values, dtype="int64"), texts
    return _floats(values), texts


def _floats(values: Sequence[Value]) -> pd.Series[Any]:
    return pd.Series(
        [float(value) if isinstance(value, int | float) else np.nan for value in values], dtype="float64"
    )
