"""Checks shared by everything that may be built from a stored file: shapes, finiteness, ranges."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, shortened

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_TEXT = 10_000
"""Characters of a name, a level or an expression in a model."""
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories: control characters, lone surrogates, line and paragraph separators."""
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make text read otherwise than it is."""


def set_floats(owner: object, field: str, shape: tuple[int, ...]) -> None:
    """Replace `field` of a frozen dataclass by a read-only float64 array of exactly `shape`."""
    _set_array(owner, field, _checked(owner, field, np.float64, shape))


def set_integers(owner: object, field: str, shape: tuple[int, ...]) -> None:
    """Replace `field` of a frozen dataclass by a read-only int64 array of exactly `shape`."""
    _set_array(owner, field, _checked(owner, field, np.int64, shape))


def require(condition: bool, owner: object, rule: str, value: object) -> None:
    """Raise `InputError` naming the class of `owner`, the broken rule and the value, unless it holds."""
    if not condition:
        raise InputError(f"{type(owner).__name__}: {rule} must hold, but got {value}")


def require_finite(owner: object, *fields: str) -> None:
    """Raise `InputError` unless each named field is one finite number."""
    for field in fields:
        value = getattr(owner, field)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        require(is_number and bool(np.isfinite(value)), owner, f"{field} is a finite number", repr(value))


def require_text(text: str, what: str) -> None:
    """Raise `InputError` unless a text of a model is short enough and has no control characters."""
    if len(text) > MAX_TEXT:
        raise InputError(
            f"{what} must have at most {MAX_TEXT:,} characters, but {shortened(ascii(text))} "
            f"has {len(text):,}"
        )
    if text.isascii() and text.isprintable():  # the usual, quickly
        return
    bad = next((each for each in text if unicodedata.category(each) in _UNPRINTABLE or each in _BIDI), None)
    if bad is not None:
        raise InputError(f"{what} must hold no control character {bad!a}, as {shortened(ascii(text))} does")


def _checked(owner: object, field: str, dtype: type, shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        array = np.array(getattr(owner, field))
    except ValueError:  # rows of different lengths
        raise InputError(f"{type(owner).__name__}: {field} must be an array of shape {shape}") from None
    numeric = array.dtype.kind in "iuf" or array.size == 0
    require(numeric, owner, f"{field} holds numbers", array.dtype)
    with np.errstate(invalid="ignore"):  # nan to integer; refused below
        converted: NDArray[Any] = array.astype(dtype)
    if converted.size == 0 and 0 in shape:
        converted = array = converted.reshape(shape)  # JSON's [] has lost the other extents
    require(converted.shape == shape, owner, f"{field}.shape == {shape}", converted.shape)
    require(bool(np.isfinite(array).all()), owner, f"{field} is finite", "nan or infinity")
    require(bool((converted == array).all()), owner, f"{field} is {dtype.__name__}", array.dtype)
    return converted


def _set_array(owner: object, field: str, array: NDArray[Any]) -> None:
    array.setflags(write=False)
    object.__setattr__(owner, field, array)
