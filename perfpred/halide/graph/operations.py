"""Counting what a definition computes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perfpred.halide.graph.terms import Term, fold, is_read

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
    reading: dict[Term, bool] = {}
    waiting, total = list(terms), 0.0
    while waiting:
        term = waiting.pop()
        if not term.operands or term in seen:
            continue
        seen.add(term)
        total += _own(term)
        waiting += (
            [each for each in term.operands if fold(each, _reads, reading)]
            if is_read(term)
            else term.operands
        )
    return total


def _reads(term: Term, below: list[bool]) -> bool:
    return is_read(term) or any(below)


def _own(term: Term) -> float:
    if term.kind != "Call":
        return COSTS.get(term.kind, 0.0)
    return 0.0 if is_read(term) or term.name in FREE else CALLED.get(term.name, FUNCTION_CALL)
