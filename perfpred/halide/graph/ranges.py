"""What an expression can be: an interval, from those of its variables and of the Funcs it calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from perfpred.halide.graph.intervals import (
    EVERYTHING,
    Interval,
    Operation,
    add,
    divide,
    fitted,
    hull,
    is_finite,
    maximum,
    minimum,
    modulo,
    multiply,
    of_type,
    rounded,
    subtract,
)
from perfpred.halide.graph.intrinsics import returned
from perfpred.halide.graph.terms import FUNC, IMAGE, Term, Type, fold

Box = Mapping[str, Interval]
"""Variables (loops, parameters, sizes of inputs) to what they can be."""
Values = Callable[[Term, Sequence[Interval]], Interval]
"""From a call of a Func, and what its indices can be, to what it can return."""
ARITHMETIC: Mapping[str, Operation] = {
    "Add": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Mod": modulo,
    "Min": minimum,
    "Max": maximum,
    "Select": lambda parts, _: hull(parts[1:]),
    "Broadcast": lambda parts, _: parts[0],
}


class Ranges:
    """What expressions can be where variables are within a box.

    Parameters
    ----------
    box : mapping of str to interval
        What is known of variables.
    values : callable or None
        What Funcs can return; without it, what their types can hold.

    Examples
    --------
    >>> x = Term("Variable", name="x")
    >>> Ranges({"x": (0, 7)}).interval(Term("Div", (x, Term("Int", value=2))))
    (0, 3)
    """

    def __init__(self, box: Box, values: Values | None = None) -> None:
        self.box, self.values = box, values
        self.known: dict[Term, Interval] = {}

    def interval(self, term: Term) -> Interval:
        """Return bounds of an expression; infinite where nothing is known."""
        return fold(term, self._found, self.known)

    def _found(self, term: Term, parts: Sequence[Interval]) -> Interval:
        if term.kind in ("Int", "UInt", "Float"):
            return EVERYTHING if math.isnan(term.value) else (term.value, term.value)
        if term.kind == "Variable":
            return self.box.get(term.name, of_type(term.result))
        if term.kind == "Call" and term.value == FUNC and self.values is not None:
            return self.values(term, parts)
        return fitted(self._computed(term, parts), term.result)

    def _computed(self, term: Term, parts: Sequence[Interval]) -> Interval:
        if term.kind == "Cast":
            return _cast(parts[0], term.operands[0].result, term.type)
        if term.kind == "Call" and term.value not in (IMAGE, FUNC):
            return self._returned(term.name, parts, term.result)
        operation = ARITHMETIC.get(term.kind)
        return operation(parts, term.result) if operation else EVERYTHING

    def _returned(self, name: str, parts: Sequence[Interval], kind: Type | None) -> Interval:
        """Return what a call of Halide's own can return."""
        return returned(name, parts, kind)


def _cast(found: Interval, before: Type | None, after: Type | None) -> Interval:
    """Return a value's interval after a cast; one that wraps around where it is not known can be anything."""
    if after is None or not after.is_integer:
        return found
    if before is None or not before.is_integer:
        return (rounded(math.trunc, found[0]), rounded(math.trunc, found[1]))
    kept = before == after or (after.bits > before.bits and (after.code == 0 or before.code == 1))
    return found if kept or is_finite(found) else EVERYTHING
