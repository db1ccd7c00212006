"""One cell or column of a profile: text as typed in a file, or a Python value, to a number or a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.errors import InputError

Value: TypeAlias = int | float | str | None  # None: blank

MAX_TEXT = 1_000  # characters of a text, a name or a number
_NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?)", re.IGNORECASE
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")  # longer ones never fit 64 bits
_WHOLE_CELLS = re.compile(r"[0-9+\-\n]*")
_REAL_CELLS = re.compile(r"[0-9+\-.eE\n]*")
_PART = 100_000
_TEXT = pd.Series(["text"]).dtype  # pandas 2: object, pandas 3: str


def value_of(cell: object) -> Value:
    """Return a number where `cell` is one or reads as one, None where it is blank, else its text.

    Blank is nothing, spaces, or NaN; spaces around a text do not count.

    Raises
    ------
    InputError
        If it is neither text nor a number, or too large for double precision.

    Examples
    --------
    >>> [value_of(cell) for cell in ("512", " 2.5e-3", "nchw ", "", "nan", True)]
    [512, 0.0025, 'nchw', None, None, 1]
    """
    if isinstance(cell, str):
        text = cell.strip()
        if len(text) <= MAX_TEXT and _NUMBER.fullmatch(text):
            return _python_number(int(text) if _INTEGER.fullmatch(text) else float(text))
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
    """Return the text without the spaces around it, or None if blank; raises `InputError` for others."""
    if isinstance(cell, str):
        return cell.strip() or None
    if _is_blank(cell):
        return None
    raise InputError(f"kernel, variant, hardware and status are text, but got {cell!r}")


def _is_blank(cell: object) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, Real) and cell != cell)  # noqa: PLR0124


def values_of(cells: Iterable[Any]) -> list[Value]:
    """Apply `value_of`, once to each distinct cell: a profile repeats few values many times."""
    return _values(list(cells), {})


def _values(listed: list[Any], known: dict[Any, Value]) -> list[Value]:
    """Return the values of a list of cells; `known` holds those of texts seen before."""
    try:
        kinds = set(map(type, listed))
        if kinds <= {str}:
            known |= {cell: value_of(cell) for cell in set(listed).difference(known)}
            return [known[cell] for cell in listed]
        values = {(type(cell), cell): value_of(cell) for cell in listed}
    except TypeError:  # something that cannot be hashed, such as a list
        return [value_of(cell) for cell in listed]
    return [values[type(cell), cell] for cell in listed]


def text_column(cells: Iterable[Any]) -> pd.Series[Any]:
    """Return a column of text, missing where blank."""
    known: dict[Any, str | None] = {}
    texts: list[str | None] = []
    for part in _parts(cells):
        try:
            known |= {cell: text_of(cell) for cell in set(part).difference(known)}
            texts += [known[cell] for cell in part]
        except TypeError:
            texts += [text_of(cell) for cell in part]
        known = _small(known)
    return _series(texts)


def _series(texts: Any) -> pd.Series[Any]:
    try:
        return pd.Series(texts, dtype=_TEXT)
    except UnicodeEncodeError as error:  # where pandas keeps text as Arrow does
        raise InputError(f"text in a profile must be valid Unicode, but got {error.object!a}") from None


def number_column(cells: Iterable[Any]) -> tuple[NDArray[np.float64], list[int]]:
    """Return float64 values, NaN where blank or not a number, and the positions that are not numbers."""
    typed = _typed(cells)
    return typed.floats, np.flatnonzero(typed.kinds == _A_TEXT).tolist()


def parameter_column(cells: Iterable[Any]) -> tuple[pd.Series[Any] | NDArray[Any], list[int]]:
    """Return int64, float64 or text values, and the positions that do not fit the others.

    A column is all numbers or all text. Where both occur, the rarer kind is taken for the mistake: a
    typing error in a size must not turn the whole column into categories.
    """
    typed = _typed(cells)
    counts = np.bincount(typed.kinds, minlength=4)
    texts = np.flatnonzero(typed.kinds == _A_TEXT)
    if counts[_A_TEXT] > counts[_WHOLE] + counts[_REAL]:
        column = np.full(len(typed.kinds), None, dtype=object)
        column[texts] = typed.texts
        return _series(column), np.flatnonzero(typed.kinds % 3).tolist()
    return (typed.whole if 0 < counts[_WHOLE] == len(typed.kinds) else typed.floats), texts.tolist()


_BLANK, _WHOLE, _REAL, _A_TEXT = range(4)
_KINDS = {type(None): _BLANK, int: _WHOLE, float: _REAL, str: _A_TEXT}


@dataclass(frozen=True)
class _Typed:
    """The values of n cells, packed.

    Attributes
    ----------
    kinds : array of uint8, shape (n,)
        Which of `_KINDS` each is.
    whole : array of int64, shape (n,)
        0 where not a whole number.
    floats : array of float64, shape (n,)
        NaN where not a number.
    texts : list of str
        Of the cells that are texts, in order.
    """

    kinds: NDArray[np.uint8]
    whole: NDArray[np.int64]
    floats: NDArray[np.float64]
    texts: list[str]


def _typed(cells: Iterable[Any]) -> _Typed:
    known: dict[Any, Value] = {}
    chunks = []
    for part in _parts(cells):
        chunks.append(_plain_numbers(part) or _pack(_values(part, known)))
        known = _small(known)
    if not chunks:
        return _pack([])
    return _Typed(
        np.concatenate([chunk.kinds for chunk in chunks]),
        np.concatenate([chunk.whole for chunk in chunks]),
        np.concatenate([chunk.floats for chunk in chunks]),
        [text for chunk in chunks for text in chunk.texts],
    )


def _plain_numbers(part: list[Any]) -> _Typed | None:
    """Return cells that are all numbers as most files write them, None if they may be anything else.

    The result is that of `_pack`, a few times sooner; it may take a whole number for a real one if others
    are not whole, which makes no difference to their column.
    """
    try:
        joined, longest = "\n".join(part), max(map(len, part))
        if longest < 19 and _WHOLE_CELLS.fullmatch(joined):
            return _pack([int(cell) for cell in part])
        if longest <= MAX_TEXT and _REAL_CELLS.fullmatch(joined) and not _WHOLE_CELLS.fullmatch(joined):
            return _pack([float(cell) for cell in part])
    except (TypeError, ValueError):  # not texts, or such as "1-1" and ""
        pass
    return None


def _pack(values: list[Value]) -> _Typed:
    n, found = len(values), {type(value) for value in values}
    if found == {int}:
        whole = np.array(values, dtype=np.int64)
        return _Typed(np.full(n, _WHOLE, np.uint8), whole, whole.astype(np.float64), [])
    whole = np.zeros(n, np.int64)
    if found == {float}:
        return _Typed(np.full(n, _REAL, np.uint8), whole, np.array(values, dtype=np.float64), [])
    kinds = np.fromiter((_KINDS[type(value)] for value in values), np.uint8, n)
    floats = np.fromiter((v if isinstance(v, int | float) else np.nan for v in values), np.float64, n)
    whole[kinds == _WHOLE] = [value for value in values if isinstance(value, int)]
    return _Typed(kinds, whole, floats, [value for value in values if isinstance(value, str)])


def _parts(cells: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield cells as lists of bounded length: Python objects take ten times the memory of packed ones."""
    listed = cells if isinstance(cells, np.ndarray | list) else list(cells)
    for start in range(0, len(listed), _PART):
        part = listed[start : start + _PART]
        yield part if isinstance(part, list) else part.tolist()


def _small(known: dict[Any, Any]) -> dict[Any, Any]:
    """Forget what is remembered of a column that hardly repeats a cell."""
    return known if len(known) <= _PART else {}
