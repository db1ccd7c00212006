"""What values an operation can have, from what its operands can have: interval arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from perfpred.program.tape import COMPARISONS

Bounds: TypeAlias = tuple[float, float] | None
"""Finite ends of the values something can have; None where it may be infinite or NaN."""

LARGEST = 1.7976931348623157e308
_SLACK = 1e-9
"""A library's functions are monotone to rounding only."""


def bounds_of(operation: str, *operands: Bounds) -> Bounds:
    """Return the bounds of an operation on operands.

    Examples
    --------
    >>> bounds_of("+", (0.0, 1.0), (2.0, 3.0))
    (2.0, 4.0)
    >>> bounds_of("*", (-LARGEST, LARGEST), (2.0, 2.0)) is None
    True
    """
    if operation in COMPARISONS:
        return 0.0, 1.0
    known = [operand for operand in operands if operand is not None]
    if operation not in _RULES or len(known) < len(operands):
        return None
    low, high = _RULES[operation](*known)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


Ends: TypeAlias = tuple[float, float]


def _product(a: Ends, b: Ends) -> Ends:
    ends = [x * y for x in a for y in b]
    return min(ends), max(ends)


def _log2(a: Ends) -> Ends:
    if a[0] <= 0:
        return -math.inf, math.inf
    return math.log2(a[0]) - _SLACK, math.log2(a[1]) + _SLACK


def _exp(a: Ends) -> Ends:
    if a[1] > 709:
        return 0.0, math.inf
    return math.exp(a[0]) * (1 - _SLACK), math.exp(a[1]) * (1 + _SLACK)


_RULES: dict[str, Callable[..., Ends]] = {
    "+": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "-": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "*": _product,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "neg": lambda a: (-a[1], -a[0]),
    **dict.fromkeys(("floor", "floor0"), lambda a: (float(a[0] // 1), float(a[1] // 1))),
    **dict.fromkeys(("ceil", "ceil0"), lambda a: (-float(-a[0] // 1), -float(-a[1] // 1))),
    "sqrt": lambda a: (math.sqrt(a[0]), math.sqrt(a[1])) if a[0] >= 0 else (-math.inf, math.inf),
    **dict.fromkeys(("log2", "log2n"), _log2),
    **dict.fromkeys(("exp", "exp40"), _exp),
}
