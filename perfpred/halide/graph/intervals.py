"""Arithmetic of intervals as Halide's operations do it: integers divide downwards, small ones wrap around."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from perfpred.halide.graph.terms import Type

Interval = tuple[float, float]
EVERYTHING: Interval = (-math.inf, math.inf)
Operation = Callable[[Sequence[Interval], Type | None], Interval]
"""From the intervals of its operands and the type of its value to the interval of that."""
FLOORED = 1e-6
"""How near to the next whole number one comes that is rounded down."""
MAX_BITS = 16
"""Types with more bits bound nothing: a Func of so many values is never computed whole."""


def is_finite(found: Interval) -> bool:
    """Whether an interval is bounded at both ends."""
    return all(map(math.isfinite, found))


def hull(parts: Sequence[Interval]) -> Interval:
    """Return the smallest interval that holds all others."""
    return (min(low for low, _ in parts), max(high for _, high in parts))


def of_type(kind: Type | None) -> Interval:
    """Return what a value can be by its type: bounds for small integers, none below 0 for unsigned ones.

    Examples
    --------
    >>> of_type(Type(0, 8)), of_type(Type(1, 32))
    ((-128.0, 127.0), (0.0, inf))
    """
    if kind is None or not kind.is_integer:
        return EVERYTHING
    signed = kind.code == 0
    if kind.bits > MAX_BITS:
        return EVERYTHING if signed else (0.0, math.inf)
    return (-(2.0 ** (kind.bits - 1)), 2.0 ** (kind.bits - 1) - 1) if signed else (0.0, 2.0**kind.bits - 1)


def fitted(found: Interval, kind: Type | None) -> Interval:
    """Return an interval if its type can hold it, else all that the type can hold: integers wrap around."""
    low, high = of_type(kind)
    if any(map(math.isnan, found)):
        return (low, high)
    return found if low <= found[0] and found[1] <= high else (low, high)


def saturated(found: Interval, kind: Type | None) -> Interval:
    """Return an interval whose ends stay within its type."""
    low, high = of_type(kind)
    return (min(max(found[0], low), high), max(min(found[1], high), low))


def add(parts: Sequence[Interval], _: Type | None) -> Interval:
    """Return the sum of two intervals."""
    (a, b), (c, d) = parts
    return (a + c, b + d)


def subtract(parts: Sequence[Interval], _: Type | None) -> Interval:
    """Return the difference of two intervals."""
    (a, b), (c, d) = parts
    return (a - d, b - c)


def multiply(parts: Sequence[Interval], _: Type | None) -> Interval:
    """Return the product of two intervals."""
    left, right = parts
    ends = [_times(a, b) for a in left for b in right]
    return (min(ends), max(ends))


def divide(parts: Sequence[Interval], kind: Type | None) -> Interval:
    """Return the quotient of two intervals; of integers, which are never larger than what is divided.

    Examples
    --------
    >>> divide([(-3, 5), (2, 2)], Type(0, 32)), divide([(-3, 5), (-1, 1)], Type(0, 32))
    ((-2, 2), (-5, 5))
    """
    left, right = parts
    whole = kind is None or kind.is_integer
    if right[0] <= 0 <= right[1]:
        return _no_larger(left, right) if whole else EVERYTHING
    ends = [0.0 if math.isinf(b) else a / b for a in left for b in right]
    low, high = min(ends), max(ends)
    if not whole:
        return (low, high)
    return (rounded(math.floor, low), rounded(math.floor if right[0] > 0 else math.ceil, high))


def modulo(parts: Sequence[Interval], kind: Type | None) -> Interval:
    """Return the remainder of two intervals, which is never negative."""
    left, right = parts
    largest = max(abs(right[0]), abs(right[1])) - (1 if kind is None or kind.is_integer else 0)
    if left[0] >= 0 and left[1] < min(abs(right[0]), abs(right[1])) and not right[0] <= 0 <= right[1]:
        return left
    return (0.0, max(0.0, largest))


def minimum(parts: Sequence[Interval], _: Type | None) -> Interval:
    """Return the smaller of two intervals."""
    return (min(low for low, _ in parts), min(high for _, high in parts))


def maximum(parts: Sequence[Interval], _: Type | None) -> Interval:
    """Return the larger of two intervals."""
    return (max(low for low, _ in parts), max(high for _, high in parts))


def rounded(how: Callable[[float], int], end: float) -> float:
    """Return an end of an interval rounded to a whole number, infinite ones as they are."""
    return how(end) if math.isfinite(end) else end


def absolute(found: Interval) -> Interval:
    """Return the interval of absolute values."""
    low, high = found
    if low >= 0:
        return found
    return (-high, -low) if high <= 0 else (0.0, max(-low, high))


def _no_larger(left: Interval, right: Interval) -> Interval:
    """Return what a division of integers by anything can give, 0 by 0."""
    largest = max(abs(left[0]), abs(left[1]))
    return (0.0 if left[0] >= 0 and right[0] >= 0 else -largest, largest)


def _times(left: float, right: float) -> float:
    return 0.0 if left == 0 or right == 0 else left * right
