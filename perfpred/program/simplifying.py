"""Simpler or faster instructions that give the same values, up to what doubles can tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from perfpred.program.bounds import Bounds

_MAX_SQUARINGS = 16
"""Integer powers up to this one become products; beyond, `pow` is as fast and more exact."""
MODERATE = 40.0
"""Up to this, `exp` needs no care for overflow."""
MIN_NORMAL = 2.0**-1022
_BOUNDARY = 2.0**-1000
"""Below this, scaling by a power of two might round."""


class Instructions(Protocol):
    """Where instructions are collected; a value is the position of the one that computes it."""

    def constant(self, value: float) -> int:
        """Return a constant."""

    def apply(self, operation: str, *arguments: int) -> int:
        """Return an operation on values."""

    def bounds(self, value: int) -> Bounds:
        """Return what a value can be."""

    def bound(self, value: int, low: float, high: float) -> int:
        """Record that a value is in ``[low, high]``, and return it."""


def simplified(build: Instructions, operation: str, first: int, *constants: float | None) -> int | None:
    """Return something simpler than an operation, or None where there is nothing.

    Parameters
    ----------
    build : Instructions
        Where the simpler instructions go.
    operation : str
    first : int
        The value of the first operand.
    constants : float or None
        Of each operand: its value where that is known.
    """
    return _SIMPLER[operation](build, first, *constants) if operation in _SIMPLER else None


def certain_extreme(operation: str, first: Bounds, second: Bounds) -> int | None:
    """Return which operand is the extreme whatever their values, or None if that depends."""
    if first is None or second is None:
        return None
    if first[0] >= second[1]:
        return 0 if operation == "max" else 1
    if second[0] >= first[1]:
        return 1 if operation == "max" else 0
    return None


def specialised(operation: str, bounds: Bounds) -> str:
    """Return the form of an operation that is faster where its operand is bounded so, or the operation."""
    if bounds is None:
        return operation
    if operation == "exp" and bounds[0] >= -MODERATE and bounds[1] <= MODERATE:
        return "exp40"
    if operation == "log2" and bounds[0] >= MIN_NORMAL:
        return "log2n"
    if operation in ("floor", "ceil") and bounds[0] >= 0:
        return f"{operation}0"
    return operation


def _simpler_power(build: Instructions, base: int, _: float | None, exponent: float | None) -> int | None:
    if exponent == 0.5:
        return build.apply("+", build.apply("sqrt", base), build.constant(0.0))  # of -0.0 it is 0.0
    if exponent is None or exponent != int(exponent) or not 1 <= abs(exponent) <= _MAX_SQUARINGS:
        return None
    if exponent < 0:
        positive = build.apply("**", base, build.constant(-exponent))
        return build.apply("/", build.constant(1.0), positive)
    result, square, left = None, base, int(exponent)
    while True:
        if left & 1:
            result = square if result is None else build.apply("*", result, square)
        left >>= 1
        if not left:
            return result
        square = build.apply("*", square, square)


def _simpler_remainder(build: Instructions, value: int, _: float | None, modulus: float | None) -> int | None:
    """Write ``x % 16`` as ``x - floor(x / 16) * 16``: exact where the modulus is a power of two."""
    if modulus is None or modulus < 1 or not _is_power_of_two(modulus):
        return None
    whole = build.apply("floor", build.apply("*", value, build.constant(1.0 / modulus)))
    remainder = build.apply("-", value, build.apply("*", whole, build.constant(modulus)))
    return remainder if build.bounds(value) is None else build.bound(remainder, 0.0, modulus)


def _simpler_quotient(build: Instructions, value: int, _: float | None, divisor: float | None) -> int | None:
    if divisor is None or not _is_power_of_two(divisor):
        return None
    return build.apply("*", value, build.constant(1.0 / divisor))


def _simpler_product(build: Instructions, first: int, left: float | None, right: float | None) -> int | None:
    return first if right == 1.0 else None


def _simpler_sum(build: Instructions, first: int, left: float | None, right: float | None) -> int | None:
    """Leave out a zero that changes nothing: ``x + 0.0`` does if x is -0.0, or may be."""
    bounds = build.bounds(first)
    return first if right == 0.0 and (math.copysign(1.0, right) < 0 or _excludes_zero(bounds)) else None


def _simpler_difference(
    build: Instructions, first: int, left: float | None, right: float | None
) -> int | None:
    bounds = build.bounds(first)
    return first if right == 0.0 and (math.copysign(1.0, right) > 0 or _excludes_zero(bounds)) else None


def _excludes_zero(bounds: Bounds) -> bool:
    return bounds is not None and (bounds[0] > 0 or bounds[1] < 0)


def _is_power_of_two(value: float) -> bool:
    return _BOUNDARY < value < 1.0 / _BOUNDARY and math.frexp(value)[0] == 0.5


_SIMPLER: dict[str, Callable[..., int | None]] = {
    "**": _simpler_power,
    "%": _simpler_remainder,
    "/": _simpler_quotient,
    "*": _simpler_product,
    "+": _simpler_sum,
    "-": _simpler_difference,
}
