"""What Halide itself can bound: less than is true, and whatever the size.

Halide refuses a Func that is computed with loops of its own if it cannot bound what is read of it while its
readers' loops run. It reasons about minima and extents as symbols, so that they may be negative as far as it
knows, and about some operations not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfpred.halide.graph.intervals import EVERYTHING, Interval, Operation, is_finite
from perfpred.halide.graph.intrinsics import bare, returned
from perfpred.halide.graph.ranges import Ranges, Values
from perfpred.halide.graph.terms import FUNC, Term, Type

SYMBOL: Interval = (-(2.0**20), 2.0**20)
"""What stands for bounds that are known as symbols only: finite, and of either sign."""
SHIFTS = ("shift_left", "shift_right", "rounding_shift_left", "rounding_shift_right")
UNKNOWN = frozenset(
    (
        *("sin", "cos", "tan", "tanh", "asin", "acos", "atan", "atan2", "trunc"),
        *("div_round_to_zero", "mod_round_to_zero", "bitwise_xor"),
    )
)
"""Functions that Halide takes to return anything of their type."""


class Provable(Ranges):
    """Intervals that are finite where Halide finds bounds.

    Parameters
    ----------
    loops : mapping of str to bool
        The variables that loops move, and whether Halide finds bounds of them; all others stand still.
    values : callable or None
        What Funcs can return, as far as Halide finds it.
    """

    def __init__(self, loops: Mapping[str, bool], values: Values | None = None) -> None:
        super().__init__({name: SYMBOL if found else EVERYTHING for name, found in loops.items()}, values)
        self._moving: dict[Term, bool] = {}

    def _found(self, term: Term, parts: Sequence[Interval]) -> Interval:
        moves = (
            term.name in self.box if term.kind == "Variable" else term.kind == "Call" and term.value == FUNC
        )
        self._moving[term] = moves or any(self._moving[each] for each in term.operands)
        found = super()._found(term, parts)
        if not self._moving[term]:
            return found if found[0] == found[1] else SYMBOL
        if term.kind == "Div" and not self._moving[term.operands[1]] and is_finite(parts[0]):
            return SYMBOL  # by one number, whatever its sign
        return found

    def _returned(self, name: str, parts: Sequence[Interval], kind: Type | None) -> Interval:
        if bare(name) in UNKNOWN:
            return EVERYTHING
        operation = LIMITED.get(name)
        return operation(parts, kind) if operation else returned(name, parts, kind)


def _unless_exact(name: str, operation: Operation) -> Operation:
    def apply(parts: Sequence[Interval], kind: Type | None) -> Interval:
        exact = all(low == high for low, high in parts)
        return returned(name, parts, kind) if exact else operation(parts, kind)

    return apply


def _and(parts: Sequence[Interval], kind: Type | None) -> Interval:
    (a, b), (c, d) = parts
    signed = kind is None or kind.code == 0
    if max(b, d) == EVERYTHING[1] or (not signed and min(a, c) < 0):
        return EVERYTHING
    if a >= 0 or c >= 0:
        return (0.0, min(high for low, high in parts if low >= 0))
    return (EVERYTHING[0], max(b, d))


def _or(parts: Sequence[Interval], _: Type | None) -> Interval:
    return (min(parts[0][0], parts[1][0]), EVERYTHING[1])


def _shift(name: str) -> Operation:
    def apply(parts: Sequence[Interval], kind: Type | None) -> Interval:
        low, high = parts[1]
        bits = kind.bits if kind else 32
        within = (low >= 0 and high < bits) or (low > -bits and high < 0)
        return returned(name, parts, kind) if within else EVERYTHING

    return apply


LIMITED: Mapping[str, Operation] = {
    "bitwise_and": _unless_exact("bitwise_and", _and),
    "bitwise_or": _unless_exact("bitwise_or", _or),
    **{name: _shift(name) for name in SHIFTS},
}
