"""How coarsely a pipeline rounds: what two right schedules of it may differ by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perfpred.halide.graph.model import Graph, Stage
from perfpred.halide.graph.raw import RawPipeline, RawStage
from perfpred.halide.graph.terms import FUNC, IMAGE, Term, Type

FLOAT, BFLOAT = 2, 3
"""Type codes."""
EPSILONS = {(FLOAT, 16): 2.0**-10, (BFLOAT, 16): 2.0**-7, (FLOAT, 32): 2.0**-23, (FLOAT, 64): 2.0**-52}
APPROXIMATE = 2.0**-11
"""Of ``fast_inverse`` and its like: an instruction of 12 bits in vectors, a division elsewhere."""


@dataclass(frozen=True)
class Rounding:
    """How coarsely a pipeline rounds.

    Attributes
    ----------
    epsilon : float
        The spacing at 1 of the coarsest floats that are computed; 0 where integers alone are.
    terms : float
        How many values the longest reduction adds up.
    """

    epsilon: float
    terms: float

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {"epsilon": self.epsilon, "terms": self.terms}


def rounding(raw: RawPipeline, graph: Graph) -> Rounding:
    """Return how coarsely a pipeline rounds at the size of its graph."""
    types = [each for func in raw.funcs.values() for each in func.types]
    names, read = set(), []
    for term in _terms(raw):
        if term.kind == "Cast" and term.type is not None:
            types.append(term.type)
        elif term.kind == "Float":
            read.append(term.type or Type(FLOAT, 32))
        elif term.kind == "Call":
            names.add(term.name)
            if term.type is not None:
                (read if term.value in (IMAGE, FUNC) else types).append(term.type)
    found = [EPSILONS[key] for each in types if (key := (each.code, each.bits)) in EPSILONS]
    # A float that is read and cast to another type is not computed with.
    found = found or [EPSILONS[key] for each in read if (key := (each.code, each.bits)) in EPSILONS]
    if any(name.startswith("fast_inverse") for name in names):
        found.append(APPROXIMATE)
    return Rounding(max(found, default=0.0), max((_terms_of(each) for each in _stages(graph)), default=1.0))


def _stages(graph: Graph) -> Iterator[Stage]:
    return (stage for func in graph.funcs for stage in func.stages)


def _terms_of(stage: Stage) -> float:
    total = 1.0
    for loop in stage.loops:
        total *= 1.0 if loop.pure else max(1.0, loop.extent)
    return total


def _terms(raw: RawPipeline) -> Iterator[Term]:
    """Yield every expression once, however often it is part of another."""
    seen: set[int] = set()
    for func in raw.funcs.values():
        for stage in func.stages:
            todo = [*_roots(stage)]
            while todo:
                term = todo.pop()
                if id(term) not in seen:
                    seen.add(id(term))
                    todo += term.operands
                    yield term


def _roots(stage: RawStage) -> Iterator[Term]:
    yield from stage.values
    yield from stage.args
    yield stage.predicate
