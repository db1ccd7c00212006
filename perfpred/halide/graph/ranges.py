"""What an index expression can be: an interval, and a linear form of the loops it moves with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfpred.halide.graph.terms import Term

Interval = tuple[float, float]
Box = Mapping[str, Interval]
"""Variables (loops, parameters, sizes of inputs) to what they can be."""
EVERYTHING: Interval = (-math.inf, math.inf)
TRANSPARENT = ("likely", "likely_if_innermost", "strict_float", "promise_clamped", "unsafe_promise_clamped")
"""Intrinsics that return their first operand."""


@dataclass(frozen=True)
class Index:
    """``sum(coefficient * variable)`` plus something between `low` and `high`.

    `clamped` says that it is kept within some bounds, wherever its variables go.
    """

    coefficients: tuple[tuple[str, float], ...]
    low: float
    high: float
    clamped: bool = False

    def extent(self, extents: Mapping[str, float]) -> float:
        """Return how many values it takes while its variables run through so many each.

        Examples
        --------
        >>> Index((("x", 1.0),), -1, 1).extent({"x": 8})
        10.0
        """
        moved = sum(abs(factor) * (extents.get(name, 1.0) - 1) for name, factor in self.coefficients)
        return math.floor(moved + self.high - self.low) + 1.0


def interval(term: Term, box: Box) -> Interval:
    """Return bounds of an expression; infinite where nothing is known."""
    if term.kind in ("Int", "UInt", "Float"):
        return (term.value, term.value)
    if term.kind == "Variable":
        return box.get(term.name, EVERYTHING)
    if term.kind == "Let":
        return interval(term.operands[1], {**box, term.name: interval(term.operands[0], box)})
    if term.kind == "Cast":
        return _cast(term, interval(term.operands[0], box))
    if term.kind == "Select":
        return _hull(*(interval(each, box) for each in term.operands[1:]))
    if term.kind == "Call" and term.name in TRANSPARENT:
        return interval(term.operands[0], box)
    if term.kind in _ARITHMETIC:
        left, right = (interval(each, box) for each in term.operands)
        whole = term.type is None and _is_whole(term)
        return _ARITHMETIC[term.kind](left, right, whole)
    return _of_type(term)


def linear(term: Term, box: Box, loops: frozenset[str]) -> Index | None:
    """Return an expression as a linear form of `loops`, None where it moves with them in another way."""
    constant = _constant(term, box, loops)
    if constant is not None:
        return Index((), *constant)
    if term.kind == "Variable":
        return Index(((term.name, 1.0),), 0, 0)
    if term.kind == "Cast" or (term.kind == "Call" and term.name in TRANSPARENT):
        whole = term.kind == "Call" or (term.type is not None and term.type.is_integer)
        return linear(term.operands[0], box, loops) if whole and _is_whole(term) else None
    if term.kind in ("Add", "Sub"):
        left, right = (linear(each, box, loops) for each in term.operands)
        return None if left is None or right is None else _sum(left, right, 1 if term.kind == "Add" else -1)
    if term.kind in ("Mul", "Div"):
        return _scaled(term, box, loops)
    if term.kind in ("Min", "Max", "Select"):
        return _clamped(term, box, loops)
    found = interval(term, box)
    return Index((), *found) if all(map(math.isfinite, found)) else None


def _constant(term: Term, box: Box, loops: frozenset[str]) -> Interval | None:
    """Return the bounds of an expression that no loop moves, None if one does or nothing is known."""
    if any(name in loops for name in variables(term)):
        return None
    found = interval(term, box)
    return found if all(map(math.isfinite, found)) else None


def variables(term: Term) -> set[str]:
    """Return the variables in an expression; Funcs called with them count as moving with them."""
    names = {term.name} if term.kind == "Variable" else set()
    for operand in term.operands:
        names |= variables(operand)
    return names


def _sum(left: Index, right: Index, sign: int) -> Index:
    factors = dict(left.coefficients)
    for name, factor in right.coefficients:
        factors[name] = factors.get(name, 0.0) + sign * factor
    low, high = (right.low, right.high) if sign > 0 else (-right.high, -right.low)
    kept = tuple((name, factor) for name, factor in factors.items() if factor)
    clamped = left.clamped and right.clamped if right.coefficients else left.clamped
    return Index(kept, left.low + low, left.high + high, clamped or (right.clamped and not left.coefficients))


def _scaled(term: Term, box: Box, loops: frozenset[str]) -> Index | None:
    left, right = term.operands
    if term.kind == "Mul" and _constant(left, box, loops) is not None:
        left, right = right, left
    by, form = _constant(right, box, loops), linear(left, box, loops)
    if form is None or by is None or by[0] != by[1] or not by[0]:
        return None
    factor = by[0] if term.kind == "Mul" else 1 / by[0]
    low, high = sorted((form.low * factor, form.high * factor))
    if term.kind == "Div" and _is_whole(term):
        low -= max(0.0, 1 - abs(factor))  # rounding down
    return Index(tuple((name, each * factor) for name, each in form.coefficients), low, high, form.clamped)


def _clamped(term: Term, box: Box, loops: frozenset[str]) -> Index | None:
    """Return the moving one of a clamp's operands; both must move alike where both do."""
    forms = [linear(each, box, loops) for each in term.operands[-2:]]
    moving = [form for form in forms if form is not None and form.coefficients]
    if len(moving) == 1 and None not in forms:
        bounds = interval(term, {**box, **dict.fromkeys(loops, EVERYTHING)})
        bounded = all(map(math.isfinite, bounds))
        return Index(moving[0].coefficients, moving[0].low, moving[0].high, moving[0].clamped or bounded)
    if len(moving) == 2 and moving[0].coefficients == moving[1].coefficients:
        one, other = moving
        return Index(one.coefficients, min(one.low, other.low), max(one.high, other.high))
    found = interval(term, box)
    return Index((), *found) if all(map(math.isfinite, found)) else None


def _is_whole(term: Term) -> bool:
    """Whether an expression is a whole number: integers round where they divide."""
    if term.type is not None and term.kind in ("Cast", "Call", "Variable", "Int", "UInt", "Float"):
        if term.kind == "Cast" and term.type.is_integer:
            return True
        return term.type.is_integer
    return all(_is_whole(each) for each in term.operands) if term.operands else True


def _cast(term: Term, found: Interval) -> Interval:
    if term.type is not None and term.type.is_integer:
        known = _of_type(term)
        rounded = tuple(math.trunc(end) if math.isfinite(end) else end for end in found)
        return (max(rounded[0], known[0]), min(rounded[1], known[1]))
    return found


def _of_type(term: Term) -> Interval:
    """Return what a value can be by its type: bounds for small integers."""
    kind = term.type
    if kind is None or not kind.is_integer or kind.bits > 16:
        return EVERYTHING
    return (
        (0.0, 2.0**kind.bits - 1)
        if kind.code == 1
        else (-(2.0 ** (kind.bits - 1)), 2.0 ** (kind.bits - 1) - 1)
    )


def _hull(*parts: Interval) -> Interval:
    return (min(low for low, _ in parts), max(high for _, high in parts))


def _times(left: float, right: float) -> float:
    return 0.0 if left == 0 or right == 0 else left * right


def _multiply(left: Interval, right: Interval, _whole: bool) -> Interval:
    ends = [_times(a, b) for a in left for b in right]
    return (min(ends), max(ends))


def _divide(left: Interval, right: Interval, whole: bool) -> Interval:
    if right[0] <= 0 <= right[1]:
        return EVERYTHING
    low, high = _multiply(left, (1 / right[1], 1 / right[0]), whole)
    if not whole:
        return (low, high)
    return (
        math.floor(low + 1e-9) if math.isfinite(low) else low,
        math.floor(high + 1e-9) if math.isfinite(high) else high,
    )


def _modulo(left: Interval, right: Interval, _whole: bool) -> Interval:
    return (0.0, max(abs(right[0]), abs(right[1])) - 1) if right[0] > 0 else EVERYTHING


_ARITHMETIC: dict[str, Callable[[Interval, Interval, bool], Interval]] = {
    "Add": lambda a, b, _: (a[0] + b[0], a[1] + b[1]),
    "Sub": lambda a, b, _: (a[0] - b[1], a[1] - b[0]),
    "Mul": _multiply,
    "Div": _divide,
    "Mod": _modulo,
    "Min": lambda a, b, _: (min(a[0], b[0]), min(a[1], b[1])),
    "Max": lambda a, b, _: (max(a[0], b[0]), max(a[1], b[1])),
}
