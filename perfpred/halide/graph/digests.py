"""Digests of expressions, the same in every build: names of a process are replaced by what they stand for.

A Func is known by its key, a loop by its key in its Func, an input by the order in which inputs are first
read, a buffer of the pipeline's own by its contents; counters in random numbers are numbered anew. Each term
is digested once, however often it occurs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from perfpred.halide.graph.names import func_keys, loop_keys
from perfpred.halide.graph.randomness import Counters, counters
from perfpred.halide.graph.raw import RawBuffer, RawFunc, RawPipeline, RawStage
from perfpred.halide.graph.terms import FUNC, IMAGE, Term, fold, walk


class Digests:
    """Digests the expressions of one pipeline.

    Parameters
    ----------
    pipeline : RawPipeline
    funcs : sequence of RawFunc
        In an order that the algorithm decides.
    verbatim : bool
        Whether counters in random numbers count: they decide which numbers are drawn, and so the code.
    """

    def __init__(self, pipeline: RawPipeline, funcs: Sequence[RawFunc], *, verbatim: bool = False) -> None:
        self.keys = func_keys(funcs)
        self.inputs: dict[str, int] = {}
        self._buffers = {name: _contents(each) for name, each in pipeline.buffers.items()}
        self._loops: Mapping[str, str] = {}
        self._known: dict[Term, bytes] = {}
        self._counters: dict[Term, Counters] = {}
        terms = [term for func in funcs for stage in func.stages for term in written(stage)]
        if not verbatim:
            self._counters = counters(terms)
        for func in funcs:
            for stage in func.stages:
                self._register(written(stage), stage_loops(func, stage))

    def of(self, terms: Iterable[Term], loops: Mapping[str, str]) -> list[str]:
        """Return the digests of expressions in which `loops` are the keys of variables."""
        if loops != self._loops:
            self._loops, self._known = loops, {}
        return [fold(term, self._digest, self._known).hex() for term in terms]

    def name(self, name: str) -> str:
        """Return what an input's name, or a field of it such as ``image.min.0``, stands for."""
        head, dot, tail = name.partition(".")
        if head in self._buffers:
            return f"buffer {self._buffers[head]}{dot}{tail}"
        return f"input {self.inputs.setdefault(head, len(self.inputs))}{dot}{tail}"

    def _register(self, terms: Iterable[Term], loops: Mapping[str, str]) -> None:
        """Give each input its number, in the order in which they are first written."""
        for term in walk(terms):
            is_field = term.kind == "Variable" and term.name not in loops
            if is_field or (term.kind == "Call" and term.value == IMAGE):
                self.name(term.name)

    def _digest(self, term: Term, below: list[bytes]) -> bytes:
        if term in self._counters:
            call, definition, seed = self._counters[term]
            return _hashed(("counters", call, definition), [] if seed is None else [self._known[seed]])
        kind = (term.type.code, term.type.bits) if term.type else None
        head = (term.kind, self._name(term), repr(term.value), kind, term.value_index)
        return _hashed(head, below)

    def _name(self, term: Term) -> str:
        if term.kind == "Call" and term.value in (IMAGE, FUNC):
            return f"func {self.keys[term.name]}" if term.name in self.keys else self.name(term.name)
        if term.kind != "Variable":
            return term.name
        return f"loop {self._loops[term.name]}" if term.name in self._loops else self.name(term.name)


def written(stage: RawStage) -> list[Term]:
    """Return all that a definition says, in order."""
    ends = [end for _, *both in stage.rvars for end in both]
    return [*stage.args, *stage.values, stage.predicate, *ends]


def stage_loops(func: RawFunc, stage: RawStage) -> dict[str, str]:
    """Return the keys of a stage's loops by Halide's names of them."""
    return loop_keys(func.args, "d") | loop_keys([name for name, _, _ in stage.rvars], "r")


def _contents(buffer: RawBuffer) -> str:
    ranges = [(low, extent) for low, extent, _ in buffer.dims]
    head = repr((buffer.type.code, buffer.type.bits, ranges))
    return hashlib.sha256(head.encode() + b"\n" + buffer.elements).hexdigest()


def _hashed(head: object, below: Sequence[bytes]) -> bytes:
    return hashlib.sha256(repr(head).encode() + b"\n" + b"".join(below)).digest()
