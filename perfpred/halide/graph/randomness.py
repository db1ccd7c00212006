"""The counters that Halide puts into random numbers, found so that they can be numbered anew.

``random_float()`` becomes arithmetic on the loops' variables and two counters of the process: one of calls,
one of definitions. With a seed, the call's counter is mixed in after it. Which numbers are drawn depends on
them, so two builds of a pipeline in one process draw other numbers, by the same algorithm.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from perfpred.halide.graph.terms import Term, walk

C0, C1, C2 = 576942909, 1121052041, 1040796640
"""Of the permutation ``(C2 * x + C1) * x + C0`` of 32-bit numbers that Halide mixes with."""


class Counters(NamedTuple):
    """A call's and a definition's counter, numbered in order, and the seed they are mixed with, if any."""

    call: int
    definition: int
    seed: Term | None


def counters(terms: Iterable[Term]) -> dict[Term, Counters]:
    """Return what is found in expressions by the term that holds it, in the order they are written."""
    calls: dict[tuple[str, float], int] = {}
    definitions: dict[float, int] = {}
    inner: set[Term] = set()
    found: dict[Term, Counters] = {}
    for term in walk(terms):
        mixed = _mixed(term)
        if mixed is None or mixed in inner or not _adds_number(mixed):
            continue
        before, tag = mixed.operands
        definition = definitions.setdefault(tag.value, len(definitions))
        below = _mixed(before)
        if before.kind == "UInt":  # the permuted counter of the call itself
            call = calls.setdefault(("", before.value), len(calls))
            found[mixed] = Counters(call, definition, None)
        elif below is not None and _adds_number(below):
            seed, number = below.operands
            call = calls.setdefault(("seeded", number.value), len(calls))
            found[mixed] = Counters(call, definition, seed)
            inner.add(below)
    return found


def _mixed(term: Term) -> Term | None:
    """Return what a term is a permutation of, None if it is none."""
    if not _adds(term, C0) or term.operands[0].kind != "Mul":
        return None
    sum_, x = term.operands[0].operands
    if not _adds(sum_, C1) or sum_.operands[0].kind != "Mul":
        return None
    factor, again = sum_.operands[0].operands
    return x if factor.kind == "UInt" and factor.value == C2 and again == x else None


def _adds(term: Term, number: int) -> bool:
    return _adds_number(term) and term.operands[1].value == number


def _adds_number(term: Term) -> bool:
    return term.kind == "Add" and term.operands[1].kind == "UInt"
