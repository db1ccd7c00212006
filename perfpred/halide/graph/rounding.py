"""How coarsely each output of a pipeline is rounded: what two right schedules of it may differ by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from perfpred.halide.graph.model import Graph, Stage
from perfpred.halide.graph.names import func_keys, in_order
from perfpred.halide.graph.raw import RawFunc, RawPipeline
from perfpred.halide.graph.terms import Term, Type, calls, is_read, walk

FLOAT, BFLOAT = 2, 3
"""Type codes."""
EPSILONS = {(FLOAT, 16): 2.0**-10, (BFLOAT, 16): 2.0**-7, (FLOAT, 32): 2.0**-23, (FLOAT, 64): 2.0**-52}
APPROXIMATE = 2.0**-11
"""Of ``fast_inverse`` and its like: an instruction of 12 bits in vectors, a division elsewhere."""


@dataclass(frozen=True)
class Rounding:
    """How coarsely an output is rounded.

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


def rounding(raw: RawPipeline, graph: Graph) -> tuple[Rounding, ...]:
    """Return how coarsely each output buffer is rounded at the size of a graph, in order.

    What is not read on the way to an output does not round it. Of a Tuple with updates, every element may
    read the others.
    """
    keys = func_keys(in_order(raw))
    found = []
    for name in raw.outputs:
        output = raw.funcs[name]
        apart = len(output.stages) == 1 and len(output.types) > 1
        for element, kind in enumerate(output.types):
            own = [output.stages[0].values[element]] if apart else list(_roots(output))
            funcs = [func for func in _reached(own, raw) if func is not output]
            types = [kind] if apart else list(output.types)
            types += [each for func in funcs for each in func.types]
            terms = list(walk([*own, *(root for func in funcs for root in _roots(func))]))
            stages = [stage for func in (output, *funcs) for stage in graph.by_key[keys[func.name]].stages]
            longest = max((_terms_of(stage) for stage in stages), default=1.0)
            found.append(Rounding(_epsilon(types, terms), longest))
    return tuple(found)


def _epsilon(types: Sequence[Type], terms: Iterable[Term]) -> float:
    """Return the spacing of the coarsest floats among those that Funcs hold and those computed with."""
    types, names, read = list(types), set(), []
    for term in terms:
        if term.kind == "Cast" and term.type is not None:
            types.append(term.type)
        elif term.kind == "Float":
            read.append(term.type or Type(FLOAT, 32))
        elif term.kind == "Call":
            names.add(term.name)
            if term.type is not None:
                (read if is_read(term) else types).append(term.type)
    found = [EPSILONS[key] for each in types if (key := (each.code, each.bits)) in EPSILONS]
    # A float that is read and cast to another type is not computed with.
    found = found or [EPSILONS[key] for each in read if (key := (each.code, each.bits)) in EPSILONS]
    if any(name.startswith("fast_inverse") for name in names):
        found.append(APPROXIMATE)
    return max(found, default=0.0)


def _terms_of(stage: Stage) -> float:
    total = 1.0
    for loop in stage.loops:
        total *= 1.0 if loop.pure else max(1.0, loop.extent)
    return total


def _reached(terms: Iterable[Term], raw: RawPipeline) -> list[RawFunc]:
    """Return the Funcs that expressions read, directly or through others."""
    found: dict[str, RawFunc] = {}
    todo = [terms]
    while todo:
        for call in calls(todo.pop()):
            if call.name in raw.funcs and call.name not in found:
                found[call.name] = raw.funcs[call.name]
                todo.append(_roots(found[call.name]))
    return list(found.values())


def _roots(func: RawFunc) -> list[Term]:
    """Return the expressions of a Func's definitions."""
    return [term for stage in func.stages for term in (*stage.values, *stage.args, stage.predicate)]
