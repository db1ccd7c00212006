"""Checks shared by everything that may be built from a stored file: shapes, finiteness, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, shortened

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_WEIGHT = 1e30
"""Beyond it, products of a weight with inputs in range might not be finite; fitted ones are far below."""
MAX_LOG = 700.0
"""``exp`` of this either way is a normal double."""
MIN_TIME_S, MAX_TIME_S = 1e-30, 1e30
"""Times beyond are no times of a program, whatever the unit was meant to be."""
MAX_PARTS = 2_000
"""Terms, inputs, units or members of one formula, and columns of a query; fitted ones have some hundreds."""
_MAX_FLOAT = float(np.finfo(np.float64).max)


def set_floats(owner: object, field: str, shape: tuple[int, ...]) -> None:
    """Replace `field` of a frozen dataclass by a read-only float64 array of exactly `shape`."""
    _set_array(owner, field, _checked(owner, field, np.float64, shape))


def set_integers(owner: object, field: str, shape: tuple[int, ...]) -> None:
    """Replace `field` of a frozen dataclass by a read-only int64 array of exactly `shape`."""
    _set_array(owner, field, _checked(owner, field, np.int64, shape))


def set_weights(owner: object, field: str, shape: tuple[int, ...]) -> None:
    """Do as `set_floats` does, and refuse weights so large that sums of their products may not be finite."""
    set_floats(owner, field, shape)
    _require_within(owner, field, getattr(owner, field), MAX_WEIGHT)


def set_logs(owner: object, field: str, shape: tuple[int, ...], maximum: float | None = None) -> None:
    """Do as `set_floats` does for natural logarithms, whose exponentials must be > 0 and finite.

    Parameters
    ----------
    owner : object
        What has the field; errors name its class.
    field : str
    shape : tuple of int
        The shape that the field must have.
    maximum : float, optional
        The largest magnitude of a logarithm; by default `MAX_LOG`.
    """
    set_floats(owner, field, shape)
    _require_within(owner, field, getattr(owner, field), MAX_LOG if maximum is None else maximum)


def length_of(owner: object, field: str) -> tuple[int]:
    """Return the shape of a field that has one dimension, and is not checked otherwise yet."""
    value = getattr(owner, field)
    is_sized = isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    require(is_sized, owner, f"{field} is an array", type(value).__name__)
    return (len(value),)


def require(condition: bool, owner: object, rule: str, value: object) -> None:
    """Raise `InputError` naming the class of `owner`, the broken rule and the value, unless it holds.

    Parameters
    ----------
    condition : bool
        Whether the rule holds.
    owner : object
        Errors name its class.
    rule : str
        As a condition, such as ``scale > 0``.
    value : object
        What breaks it.
    """
    if not condition:
        raise InputError(f"{type(owner).__name__}: {rule} must hold, but got {shortened(str(value), 400)}")


def require_finite(owner: object, *fields: str) -> None:
    """Raise `InputError` unless each named field is one finite number."""
    for field in fields:
        value = getattr(owner, field)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        is_finite = is_number and abs(value) <= _MAX_FLOAT  # an integer may be beyond any float
        require(is_finite, owner, f"{field} is a finite number", shortened(ascii(value)))


def require_log(owner: object, *fields: str, maximum: float = 100.0) -> None:
    """Raise `InputError` unless each field is the natural logarithm of a sensible ratio."""
    require_finite(owner, *fields)
    for field in fields:
        _require_within(owner, field, getattr(owner, field), maximum)


def require_noise(owner: object, field: str) -> None:
    """Raise `InputError` unless a field is None, or a relative repeatability: finite and >= 0."""
    value = getattr(owner, field)
    if value is not None:
        require_finite(owner, field)
        require(value >= 0, owner, f"{field} >= 0", value)


def require_count(owner: object, field: str, minimum: int = 1) -> None:
    """Raise `InputError` unless a field is a whole number of things, at least `minimum`."""
    value = getattr(owner, field)
    is_count = isinstance(value, int) and not isinstance(value, bool) and minimum <= value < 1 << 63
    require(is_count, owner, f"{field} is a whole number >= {minimum}", shortened(ascii(value)))


def _require_within(owner: object, field: str, value: Any, maximum: float) -> None:
    inside = np.abs(value) <= maximum
    worst = "" if np.all(inside) else f"{np.max(np.abs(value)):g}"
    require(not worst, owner, f"|{field}| <= {maximum:g}", worst)


def require_few(owner: object, field: str, count: int) -> None:
    """Raise `InputError` if a field has more parts than can be worked through in a moment."""
    require(count <= MAX_PARTS, owner, f"len({field}) <= {MAX_PARTS:,}", count)


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
