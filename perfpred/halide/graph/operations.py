"""Counting what a definition computes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perfpred.halide.graph.intrinsics import bare
from perfpred.halide.graph.terms import INTRINSIC, Term, fold, is_read

COSTS: Mapping[str, float] = {
    **dict.fromkeys(("Add", "Sub", "Mul", "Min", "Max", "EQ", "NE", "LT", "LE", "GT", "GE"), 1.0),
    **dict.fromkeys(("And", "Or", "Not", "Select", "Mod", "Cast"), 1.0),
    "Div": 2.0,
}
"""Operations of each kind of term, in multiplications or so."""
FREE = ("likely", "likely_if_innermost", "strict_float", "return_second", "promise_clamped", "undef")
CALLED: Mapping[str, float] = {
    **{"lerp": 3.0, "absd": 2.0, "sqrt": 4.0, "div_round_to_zero": 2.0},
    **dict.fromkeys(("floor", "ceil", "trunc", "round"), 1.0),
}
"""Operations of functions by their names without the type; other intrinsics, such as shifts, are one."""
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
    if is_read(term) or term.name in FREE:
        return 0.0
    return CALLED.get(bare(term.name), 1.0 if term.value in INTRINSIC else FUNCTION_CALL)
