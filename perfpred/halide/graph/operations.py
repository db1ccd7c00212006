"""Counting what a definition computes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perfpred.halide.graph.names import calls
from perfpred.halide.graph.terms import FUNC, IMAGE, Term

COSTS: Mapping[str, float] = {
    **dict.fromkeys(("Add", "Sub", "Mul", "Min", "Max", "EQ", "NE", "LT", "LE", "GT", "GE"), 1.0),
    **dict.fromkeys(("And", "Or", "Not", "Select", "Mod", "Cast"), 1.0),
    "Div": 2.0,
}
"""Operations of each kind of term, in multiplications or so."""
FREE = ("likely", "likely_if_innermost", "strict_float", "return_second", "promise_clamped", "undef")
CALLED: Mapping[str, float] = {"lerp": 3.0, "absd": 2.0, "abs": 1.0, "sqrt_f32": 4.0, "mux": 1.0}
FUNCTION_CALL = 15.0
"""Operations of a mathematical function such as ``exp_f32``."""


def operations(terms: Iterable[Term]) -> float:
    """Return the operations of some expressions; what is written twice is computed once.

    Addresses are not counted unless they depend on data: loops move them along for nothing.
    """
    seen: set[Term] = set()
    return sum(_count(term, seen) for term in terms)


def substituted(term: Term, values: Mapping[str, Term]) -> Term:
    """Return an expression without lets."""
    if term.kind == "Variable":
        return values.get(term.name, term)
    if term.kind == "Let":
        value = substituted(term.operands[0], values)
        return substituted(term.operands[1], {**values, term.name: value})
    if not term.operands:
        return term
    return Term(
        term.kind,
        tuple(substituted(each, values) for each in term.operands),
        term.name,
        term.value,
        term.type,
    )


def _count(term: Term, seen: set[Term]) -> float:
    if not term.operands or term in seen:
        return 0.0
    seen.add(term)
    if term.kind == "Call" and term.value in (IMAGE, FUNC):
        return sum(_count(each, seen) for each in term.operands if any(True for _ in calls(each)))
    below = sum(_count(each, seen) for each in term.operands)
    if term.kind == "Call":
        return below + (0.0 if term.name in FREE else CALLED.get(term.name, FUNCTION_CALL))
    return below + COSTS.get(term.kind, 0.0)
