"""The hash that earlier versions wrote for an algorithm: 16 digits, which missed some of what is computed.

It is found the same way for ever, for the sake of the files that hold it; and only of pipelines in which
there is nothing that it missed, so that no other algorithm has the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from perfpred.halide.graph.digests import stage_loops, written
from perfpred.halide.graph.names import DERIVED, func_keys
from perfpred.halide.graph.raw import RawFunc, RawPipeline
from perfpred.halide.graph.terms import IMAGE, Term, fold, walk

DIGITS = 16
MAX_WRITTEN = 100_000
"""Terms of an expression that was written out with all that it shares."""
UNREAD = ("Undefined", "Load", "Ramp", "Broadcast")
"""Kinds of terms whose parts were not read."""


def older_hash(pipeline: RawPipeline, funcs: Sequence[RawFunc]) -> str:
    """Return the hash, empty if earlier versions did not tell this pipeline from others, or refused it.

    What they missed: elements of Tuples, buffers that are part of the pipeline, bounds of Funcs. And they put
    counters of the process into names that Halide made of a nameless image or Func.
    """
    if len(pipeline.outputs) != 1 or pipeline.buffers or any(map(_is_missed, funcs)):
        return ""
    keys = func_keys(funcs)
    inputs: dict[str, str] = {}
    parts = []
    for func in funcs:
        parts.append(f"{keys[func.name]}:{[(kind.code, kind.bits) for kind in func.types]}")
        for stage in func.stages:
            names, terms = stage_loops(func, stage), written(stage)
            if _count(terms) > MAX_WRITTEN:
                return ""
            parts += [_text(term, names, keys, inputs) for term in terms]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGITS]


def _is_missed(func: RawFunc) -> bool:
    terms = walk(term for stage in func.stages for term in written(stage))
    badly_named = DERIVED.match(func.name) is not None
    return badly_named or bool(func.bounds) or len(func.types) > 1 or any(t.kind in UNREAD for t in terms)


def _count(terms: Sequence[Term]) -> int:
    known: dict[Term, int] = {}
    return sum(fold(term, lambda _, below: 1 + sum(below), known) for term in terms)


def _text(term: Term, names: Mapping[str, str], keys: Mapping[str, str], inputs: dict[str, str]) -> str:
    pieces: list[str] = []
    waiting: list[Term | str] = [term]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            pieces.append(each)
            continue
        pieces.append(_head(each, names, keys, inputs) + "(")
        waiting.append(")")
        for index, operand in reversed(list(enumerate(each.operands))):
            waiting.append(operand)
            if index:
                waiting.append(",")
    return "".join(pieces)


def _head(term: Term, names: Mapping[str, str], keys: Mapping[str, str], inputs: dict[str, str]) -> str:
    name, value = term.name, term.value
    if term.kind == "Call":
        name = keys.get(name, inputs.setdefault(name, f"in{len(inputs)}") if value == IMAGE else name)
    elif term.kind == "Variable" and name in names:
        name = names[name]
    elif term.kind == "Variable":
        head, dot, tail = name.partition(".")
        name = inputs.setdefault(head, f"in{len(inputs)}") + dot + tail
    if term.kind == "UInt" and value >= 1 << 63:
        value -= 1 << 64  # it was read with a sign
    type_ = f"{term.type.code}.{term.type.bits}" if term.type else ""
    return f"{term.kind}|{name}|{value!r}|{type_}"
