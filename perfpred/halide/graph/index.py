"""How an index moves with loops: `Index`, a linear form of them, and `Forms`, which finds it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from perfpred.halide.graph.intervals import EVERYTHING, FLOORED, Interval, is_finite, of_type
from perfpred.halide.graph.intrinsics import CHOOSING, CLAMPING, PASSED, PLAIN, bare
from perfpred.halide.graph.ranges import Box, Ranges, Values
from perfpred.halide.graph.terms import Term, fold

ROUNDING = {"floor": (1.0, 0.0), "trunc": (1.0, 1.0), "ceil": (0.0, 1.0), "round": (0.5, 0.5)}
"""How far a function that rounds moves a value down and up, at most."""
SHIFTS = {"shift_left": 1, "widening_shift_left": 1, "shift_right": -1, "widening_shift_right": -1}


@dataclass(frozen=True)
class Index:
    """``sum(coefficient * variable)`` plus something between `low` and `high`.

    `clamped` says that it is kept within some bounds, wherever its variables go; `turns` that it moves with
    its variables in another way too: as a remainder or as data do, within `low` and `high`, or as `abs` does,
    of which the form says how far it moves, not where it is; `partly`, that it covers several, of which some
    are kept within bounds and others are not.

    Attributes
    ----------
    coefficients : tuple of tuple of str, float
        Of the variables.
    low : float
        Of what is added.
    high : float
        Of what is added.
    clamped : bool
        Whether it is kept within some bounds.
    turns : bool
        Whether it moves with its variables in another way too.
    partly : bool
        Whether only some of several are kept within bounds.
    """

    coefficients: tuple[tuple[str, float], ...]
    low: float
    high: float
    clamped: bool = False
    turns: bool = False
    partly: bool = False

    def extent(self, extents: Mapping[str, float]) -> float:
        """Return how many values it takes while its variables run through so many each.

        Examples
        --------
        >>> Index((("x", 1.0),), -1, 1).extent({"x": 8})
        10.0
        """
        moved = sum(abs(factor) * (extents.get(name, 1.0) - 1) for name, factor in self.coefficients)
        return math.floor(moved + self.high - self.low) + 1.0


class Forms:
    """Linear forms of the expressions of a stage.

    Parameters
    ----------
    box : mapping of str to interval
        What is known of variables.
    loops : set of str
        The variables that move.
    values : callable or None
        What Funcs can return.
    """

    def __init__(self, box: Box, loops: frozenset[str], values: Values | None = None) -> None:
        self._loops = loops
        self._within = Ranges(box, values)
        self._anywhere = Ranges({**box, **dict.fromkeys(loops, EVERYTHING)}, values)
        self._moving: dict[Term, bool] = {}
        self._known: dict[Term, Index | None] = {}

    def interval(self, term: Term) -> Interval:
        """Return bounds of an expression while the loops run."""
        return self._within.interval(term)

    def linear(self, term: Term) -> Index | None:
        """Return an expression as a linear form of the loops, None where it moves in another way."""
        return fold(term, self._form, self._known)

    def _form(self, term: Term, forms: Sequence[Index | None]) -> Index | None:
        if not fold(term, self._moves, self._moving):
            found = self.interval(term)
            return Index((), *found) if is_finite(found) else None
        if term.kind == "Variable":
            return Index(((term.name, 1.0),), 0, 0)
        moved = self._moved(term, forms)
        return moved if moved is not None and moved.coefficients else self._fallback(term) or moved

    def _moves(self, term: Term, below: Sequence[bool]) -> bool:
        return (term.kind == "Variable" and term.name in self._loops) or any(below)

    def _fallback(self, term: Term) -> Index | None:
        """Return the bounds of an expression that stays in them wherever the loops go."""
        found = self.interval(term)
        return Index((), *found, turns=True) if is_finite(found) and self._bounded(term) else None

    def _bounded(self, term: Term) -> bool:
        return is_finite(self._anywhere.interval(term))

    def _moved(self, term: Term, forms: Sequence[Index | None]) -> Index | None:
        """Return the linear form of an operation from those of its operands."""
        name = PLAIN.get(term.name, term.name) if term.kind == "Call" else term.kind
        if name in ("Add", "Sub"):
            left, right = forms
            return left and right and _sum(left, right, 1 if name == "Add" else -1)
        if name in ("Mul", "Div") or name in SHIFTS:
            return self._scaled(term, name, forms)
        if name in ("Min", "Max"):
            return self._chosen(term, forms)
        if name == "Select" or name in CHOOSING:
            return self._chosen(term, forms[1:])
        if name in CLAMPING:
            return forms[0] and replace(forms[0], clamped=forms[0].clamped or self._bounded(term))
        if name == "Cast":
            return self._cast(term, forms[0])
        if name in PASSED:
            return forms[PASSED[name]]
        return self._function(term, name, forms)

    def _function(self, term: Term, name: str, forms: Sequence[Index | None]) -> Index | None:
        """Return a form of functions that move no faster than what they are given."""
        if name in ("abs", "absd"):
            left, right = (*forms, Index((), 0, 0))[:2]
            moved = left and right and _sum(left, right, -1)
            return moved and replace(moved, clamped=moved.clamped or self._bounded(term), turns=True)
        if bare(name) in ROUNDING and forms[0] is not None:
            return _rounded(forms[0], *ROUNDING[bare(name)])
        return None

    def _scaled(self, term: Term, name: str, forms: Sequence[Index | None]) -> Index | None:
        form, by = forms[0], forms[1]
        if name == "Mul" and form is not None and not form.coefficients:
            form, by = by, form
        if form is None or by is None or by.coefficients or by.low != by.high:
            return None
        amount = 2.0 ** (SHIFTS[name] * by.low) if name in SHIFTS else by.low
        if not amount:
            return None
        down = name == "Div" or SHIFTS.get(name) == -1
        factor = 1 / amount if name == "Div" else amount
        low, high = sorted((form.low * factor, form.high * factor))
        if down and (term.result is None or term.result.is_integer):
            low -= max(0.0, 1 - abs(factor))  # rounding down
        factors = tuple((each, much * factor) for each, much in form.coefficients)
        return replace(form, coefficients=factors, low=low, high=high)

    def _chosen(self, term: Term, forms: Sequence[Index | None]) -> Index | None:
        """Return the moving one of a clamp's operands; all must move alike where more than one does."""
        known = [form for form in forms if form is not None]
        moving = [form for form in known if form.coefficients]
        if len(known) != len(forms) or len({form.coefficients for form in moving}) != 1:
            return None
        clamped = self._bounded(term) or all(form.clamped for form in moving)
        low, high = min(form.low for form in moving), max(form.high for form in moving)
        turns = len(moving) < len(forms) or any(form.turns for form in moving)
        return Index(moving[0].coefficients, low, high, clamped, turns)

    def _cast(self, term: Term, form: Index | None) -> Index | None:
        """Return the form of what is cast, unless it wraps around; whole numbers are rounded to."""
        if form is None or term.type is None:
            return None
        if not term.type.is_integer:
            return form
        before = term.operands[0].result
        low, high = self.interval(term.operands[0])
        holds = of_type(term.type)
        if term.type.bits <= 16 and not (holds[0] <= low and high <= holds[1]):
            return None
        if before is None or before.is_integer or bare(term.operands[0].name) in ROUNDING:
            return form
        return _rounded(form, *ROUNDING["floor" if low >= 0 else "trunc"])


def joined(one: Index, other: Index) -> Index:
    """Return an index that covers two of the same coefficients."""
    low, high = min(one.low, other.low), max(one.high, other.high)
    partly = one.partly or other.partly or one.clamped != other.clamped
    return Index(one.coefficients, low, high, one.clamped and other.clamped, one.turns or other.turns, partly)


def _sum(left: Index, right: Index, sign: int) -> Index:
    factors = dict(left.coefficients)
    for name, factor in right.coefficients:
        factors[name] = factors.get(name, 0.0) + sign * factor
    low, high = (right.low, right.high) if sign > 0 else (-right.high, -right.low)
    kept = tuple((name, factor) for name, factor in factors.items() if factor)
    clamped = left.clamped and right.clamped if right.coefficients else left.clamped
    clamped = clamped or (right.clamped and not left.coefficients)
    return Index(kept, left.low + low, left.high + high, clamped, left.turns or right.turns)


def _rounded(form: Index, down: float, up: float) -> Index:
    """Return a form after rounding to whole numbers, which those of whole factors are already."""
    whole = all(float(each).is_integer() for each in (form.low, form.high, *dict(form.coefficients).values()))
    return form if whole else replace(form, low=form.low - down + FLOORED, high=form.high + up)


def index_of(document: Mapping[str, Any] | None) -> Index | None:
    """Return the index that a document of JSON's types describes, None for none."""
    if document is None:
        return None
    factors = tuple((str(name), float(factor)) for name, factor in document["coefficients"])
    turns = document.get("turns", False)
    partly = document.get("partly", False) is True
    return Index(factors, document["low"], document["high"], document["clamped"], turns, partly)
