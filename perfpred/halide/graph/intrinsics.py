"""What Halide's intrinsics and mathematical functions can return, from what they are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from perfpred.halide.graph.intervals import (
    EVERYTHING,
    Interval,
    Operation,
    absolute,
    add,
    divide,
    hull,
    maximum,
    minimum,
    multiply,
    of_type,
    rounded,
    saturated,
    subtract,
)
from perfpred.halide.graph.terms import Type

PASSED = {
    **dict.fromkeys(("likely", "likely_if_innermost", "strict_float", "memoize_expr"), 0),
    **dict.fromkeys(("return_second", "require"), 1),
}
"""Intrinsics that return one of their operands as it is, and which."""
CLAMPING = frozenset(("promise_clamped", "unsafe_promise_clamped"))
"""Intrinsics that return their first operand, which is between the others."""
PLAIN = {
    **dict.fromkeys(("strict_add", "widening_add", "widen_right_add"), "Add"),
    **dict.fromkeys(("strict_sub", "widening_sub", "widen_right_sub"), "Sub"),
    **dict.fromkeys(("strict_mul", "widening_mul", "widen_right_mul"), "Mul"),
    **{"strict_div": "Div", "strict_min": "Min", "strict_max": "Max"},
}
"""Intrinsics that compute what an arithmetic operation does, without wrapping around or reordering."""
CHOOSING = frozenset(("mux", "if_then_else"))
"""Intrinsics that return one of their operands but the first."""
MAX_SHIFT = 64.0
MAX_EXPONENT = 700.0
LEAST = 1e-45
"""The smallest number of single precision: what is below has no logarithm that an index could be made of."""


def _promised(parts: Sequence[Interval], _: Type | None) -> Interval:
    low, high = max(parts[0][0], parts[1][0]), min(parts[0][1], parts[2][1])
    return (low, high) if low <= high else hull(parts[1:])


def _finite(parts: Sequence[Interval]) -> bool:
    return all(math.isfinite(end) for part in parts for end in part)


def _power(found: Interval) -> float:
    """Return the smallest power of two that is larger than all of an interval."""
    largest = max(found[1] + 1, -found[0])
    return 2.0 ** math.ceil(math.log2(largest)) if math.isfinite(largest) and largest > 0 else math.inf


def _and(parts: Sequence[Interval], _: Type | None) -> Interval:
    (a, b), (c, d) = parts
    if a == b and c == d and _finite(parts):
        return (float(int(a) & int(c)),) * 2
    if a >= 0 or c >= 0:
        return (0.0, min(high for low, high in parts if low >= 0))
    return (-_power((min(a, c), 0.0)), max(b, d))


def _or(parts: Sequence[Interval], _: Type | None) -> Interval:
    (a, b), (c, d) = parts
    if a == b and c == d and _finite(parts):
        return (float(int(a) | int(c)),) * 2
    low = max(a, c) if a >= 0 and c >= 0 else min(a, c)
    return (low, _power((0.0, max(b, d, 0.0))) - 1)


def _xor(parts: Sequence[Interval], _: Type | None) -> Interval:
    (a, b), (c, d) = parts
    if a == b and c == d and _finite(parts):
        return (float(int(a) ^ int(c)),) * 2
    largest = _power(hull(parts))
    return (0.0 if a >= 0 and c >= 0 else -largest, largest - 1)


def _not(parts: Sequence[Interval], kind: Type | None) -> Interval:
    low, high = parts[0]
    all_ones = of_type(kind)[1] if kind is not None and kind.code == 1 else -1.0
    return (all_ones - high, all_ones - low)


def _shifted(direction: int, rounding: float = 0.0) -> Operation:
    def shift(parts: Sequence[Interval], _: Type | None) -> Interval:
        by = [min(max(end, -MAX_SHIFT), MAX_SHIFT) * direction for end in parts[1]]
        ends = [end * 2.0**each + rounding for end in parts[0] for each in by]
        return (rounded(math.floor, min(ends)), rounded(math.floor, max(ends)))

    return shift


def _scaled_shift(rounding: float = 0.0) -> Operation:
    shift = _shifted(-1, rounding)
    return lambda parts, kind: saturated(shift([multiply(parts[:2], kind), parts[2]], kind), kind)


def _halved(operation: Operation, rounding: float = 0.0) -> Operation:
    def half(parts: Sequence[Interval], kind: Type | None) -> Interval:
        low, high = operation(parts, kind)
        return (rounded(math.floor, low / 2 + rounding), rounded(math.floor, high / 2 + rounding))

    return half


def _saturating(operation: Operation) -> Operation:
    return lambda parts, kind: saturated(operation(parts, kind), kind)


def _divide_to_zero(parts: Sequence[Interval], kind: Type | None) -> Interval:
    if parts[1][0] <= 0 <= parts[1][1]:
        return divide(parts, kind)
    low, high = divide(parts, Type(2, 64))
    return (rounded(math.trunc, low), rounded(math.trunc, high))


def _modulo_to_zero(parts: Sequence[Interval], _: Type | None) -> Interval:
    (low, high), divisor = parts
    most = max(0.0, max(abs(divisor[0]), abs(divisor[1])) - 1)
    return (max(-most, low) if low < 0 else 0.0, min(most, high) if high > 0 else 0.0)


def _monotone(function: Callable[[float], float], least: float = -math.inf) -> Operation:
    """Return the operation of a function that rises, defined from `least` on."""

    def apply(parts: Sequence[Interval], _: Type | None) -> Interval:
        low, high = (max(end, least) for end in parts[0])
        return (function(low), function(high))

    return apply


def _whole(how: Callable[[float], int]) -> Operation:
    return _monotone(lambda end: rounded(how, end))


def _exponential(end: float) -> float:
    return math.exp(min(end, MAX_EXPONENT)) if end < math.inf else end


def _within(low: float, high: float) -> Operation:
    return lambda parts, kind: (low, high)


def _count_of_bits(_parts: Sequence[Interval], kind: Type | None) -> Interval:
    return (0.0, float(kind.bits if kind else MAX_SHIFT))


FUNCTIONS: Mapping[str, Operation] = {
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "round": _whole(round),
    "trunc": _whole(math.trunc),
    "sqrt": _monotone(lambda end: math.sqrt(end) if math.isfinite(end) else end, 0.0),
    "exp": _monotone(_exponential),
    "log": _monotone(lambda end: math.log(end) if math.isfinite(end) else end, LEAST),
    **dict.fromkeys(("sin", "cos", "tanh"), _within(-1.0, 1.0)),
    **dict.fromkeys(("asin", "atan"), _within(-math.pi / 2, math.pi / 2)),
    "acos": _within(0.0, math.pi),
    "atan2": _within(-math.pi, math.pi),
    **dict.fromkeys(("is_nan", "is_inf", "is_finite"), _within(0.0, 1.0)),
}
"""Mathematical functions, by their names without the type."""
INTRINSICS: Mapping[str, Operation] = {
    **dict.fromkeys(CLAMPING, _promised),
    **dict.fromkeys(CHOOSING, lambda parts, _: hull(parts[1:])),
    "lerp": lambda parts, _: hull(parts[:2]),
    "abs": lambda parts, _: absolute(parts[0]),
    "absd": lambda parts, kind: absolute(subtract(parts, kind)),
    "bitwise_and": _and,
    "bitwise_or": _or,
    "bitwise_xor": _xor,
    "bitwise_not": _not,
    "shift_left": _shifted(1),
    "shift_right": _shifted(-1),
    "widening_shift_left": _shifted(1),
    "widening_shift_right": _shifted(-1),
    "rounding_shift_left": _shifted(1, 0.5),
    "rounding_shift_right": _shifted(-1, 0.5),
    "mul_shift_right": _scaled_shift(),
    "rounding_mul_shift_right": _scaled_shift(0.5),
    "halving_add": _halved(add),
    "sorted_avg": _halved(add),
    "rounding_halving_add": _halved(add, 0.5),
    "halving_sub": _halved(subtract),
    "saturating_add": _saturating(add),
    "saturating_sub": _saturating(subtract),
    "saturating_cast": _saturating(lambda parts, _: parts[0]),
    "div_round_to_zero": _divide_to_zero,
    "mod_round_to_zero": _modulo_to_zero,
    **dict.fromkeys(("count_leading_zeros", "count_trailing_zeros", "popcount"), _count_of_bits),
}
OPERATIONS: Mapping[str, Operation] = {
    "Add": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Min": minimum,
    "Max": maximum,
}


def returned(name: str, parts: Sequence[Interval], kind: Type | None) -> Interval:
    """Return what a call of Halide's own can return, by its name; anything if it is not known."""
    if name in PASSED:
        return parts[PASSED[name]]
    operation = OPERATIONS.get(PLAIN.get(name, "")) or INTRINSICS.get(name) or FUNCTIONS.get(bare(name))
    return operation(parts, kind) if operation else EVERYTHING


def bare(name: str) -> str:
    """Return a mathematical function's name without its type.

    Examples
    --------
    >>> bare("floor_f32"), bare("atan2_f16"), bare("round")
    ('floor', 'atan2', 'round')
    """
    head, _, tail = name.rpartition("_")
    return head if tail in ("f16", "f32", "f64") else name
