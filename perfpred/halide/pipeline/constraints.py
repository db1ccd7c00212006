"""What a pipeline says of its operands beside their types: layouts of buffers, ranges of parameters.

Halide keeps them as expressions with the parameters themselves, not with a serialized pipeline. Here they
become numbers, for examples of known sizes, or bytes, which are read back in other processes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import halide as hl

from perfpred.halide.graph.intervals import Interval
from perfpred.halide.graph.ranges import Ranges
from perfpred.halide.graph.raw import parse
from perfpred.halide.graph.terms import Term

OF_BUFFERS, OF_SCALARS = ("min", "extent", "stride"), ("min", "max")
FUNC = "perfpred_constraints"

Constraints = dict[tuple[str, int], Any]
"""Expressions of Halide by what they are about: one of `OF_BUFFERS` and a dimension."""


def of_buffer(parameter: Any) -> Constraints:
    """Return what is said of the layout of an ``hl.Parameter`` that is a buffer."""
    found = {
        (what, dimension): getattr(parameter, f"{what}_constraint")(dimension)
        for dimension in range(parameter.dimensions())
        for what in OF_BUFFERS
    }
    return {key: expression for key, expression in found.items() if expression.defined()}


def of_scalar(parameter: Any) -> Constraints:
    """Return what is said of the range of an ``hl.Parameter`` that is a number."""
    found = {(what, 0): getattr(parameter, f"{what}_value")() for what in OF_SCALARS}
    return {key: expression for key, expression in found.items() if expression.defined()}


def of(parameter: Any) -> Constraints:
    """Return what is said of an ``hl.Parameter``."""
    return of_buffer(parameter) if parameter.is_buffer() else of_scalar(parameter)


def dumps(expressions: Sequence[Any]) -> bytes:
    """Return expressions as bytes: as Halide serializes a Func that has them as its values."""
    func = hl.Func(FUNC)
    func[()] = hl.Tuple([hl.i32(0), hl.i32(0), *expressions])
    return bytes(hl.serialize_pipeline(hl.Pipeline(func)))


def loads(data: bytes, parameters: Mapping[str, Any]) -> list[Any]:
    """Return the expressions that `dumps` wrote, of these parameters by name."""
    (func,) = hl.deserialize_pipeline(data, dict(parameters)).outputs()
    return list(func.values())[2:]


def restrict(parameter: Any, constraints: Constraints) -> None:
    """Say of an ``hl.Parameter`` what `of` found of another."""
    for (what, dimension), expression in constraints.items():
        if parameter.is_buffer():
            getattr(parameter, f"set_{what}_constraint")(dimension, expression)
        else:
            getattr(parameter, f"set_{what}_value")(expression)


def terms_of(constraints: Constraints) -> dict[tuple[str, int], Term]:
    """Return expressions as data."""
    if not constraints:
        return {}
    raw = parse(dumps(list(constraints.values())))
    (func,) = (raw.funcs[name] for name in raw.outputs)
    return dict(zip(constraints, func.stages[0].values[2:], strict=True))


def number(term: Term | None, box: Mapping[str, Interval]) -> int | None:
    """Return the whole number that an expression is for these variables, None if it is none."""
    low, high = (-math.inf, math.inf) if term is None else Ranges(box).interval(term)
    return int(low) if low == high and math.isfinite(low) and low == int(low) else None
