"""Tree to function, for floats and for arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from perfpred.complexity.tree import Binary, Call, Compare, Name, Node, Number, Unary

Operation: TypeAlias = Callable[..., Any]
Program: TypeAlias = Callable[[tuple[Any, ...]], Any]


def _as_numpy(operation: Operation, *arguments: float) -> float:
    """Return what NumPy answers where Python raises: infinities and NaNs."""
    with np.errstate(all="ignore"):
        return float(operation(*map(np.float64, arguments)))


def _guarded(python: Operation, numpy: Operation) -> Operation:
    """Python's operation on floats, which is much faster, with NumPy's answer where Python has none."""

    def guarded(*arguments: float) -> float:
        try:
            result = python(*arguments)
        except (ArithmeticError, ValueError):
            return _as_numpy(numpy, *arguments)
        return math.nan if type(result) is complex else float(result)

    return guarded


def _smaller(a: float, b: float) -> float:
    return a if a < b or math.isnan(a) else b  # NaN wins, as in np.minimum


def _larger(a: float, b: float) -> float:
    return a if a > b or math.isnan(a) else b


def _floor(a: float) -> float:
    return math.copysign(math.floor(a), a)  # an integer has lost the sign of -0.0


def _ceil(a: float) -> float:
    return math.copysign(math.ceil(a), a)


def _float_power(a: float, b: float) -> Any:
    """Return the power of floats; the root of what is negative is no number, that of -infinity neither."""
    return math.nan if b == 0.5 and a < 0 else a**b


def _power(a: Any, b: Any) -> Any:
    """Return the power of arrays; where the exponent is the number 0.5 NumPy takes a root, of -0.0 too."""
    if np.ndim(b) == 0 and b == 0.5:
        return np.sqrt(a) + 0.0
    return np.power(a, b)


_EITHER: dict[str, Operation] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "unary +": operator.pos,
    "unary -": operator.neg,
}
ON_ARRAYS: dict[str, Operation] = _EITHER | {
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": _power,
    "min": np.minimum,
    "max": np.maximum,
    "ceil": np.ceil,
    "floor": np.floor,
    "log2": np.log2,
    "sqrt": np.sqrt,
}
ON_FLOATS: dict[str, Operation] = _EITHER | {
    "/": _guarded(operator.truediv, np.divide),
    "//": _guarded(operator.floordiv, np.floor_divide),
    "%": _guarded(operator.mod, np.remainder),
    "**": _guarded(_float_power, np.power),
    "min": _smaller,
    "max": _larger,
    "ceil": _guarded(_ceil, np.ceil),
    "floor": _guarded(_floor, np.floor),
    "log2": _guarded(math.log2, np.log2),
    "sqrt": _guarded(math.sqrt, np.sqrt),
}


def compile_tree(node: Node, index: Mapping[str, int], operations: Mapping[str, Operation]) -> Program:
    """Turn a tree into nested functions of the tuple of column values, ordered by `index`."""
    match node:
        case Number(value):
            return lambda values: value
        case Name(name):
            return operator.itemgetter(index[name])
        case Unary(symbol, operand):
            return _apply(operations[f"unary {symbol}"], compile_tree(operand, index, operations))
        case Binary(symbol, left, right):
            return _apply(
                operations[symbol],
                compile_tree(left, index, operations),
                compile_tree(right, index, operations),
            )
        case Compare(symbols, children):
            programs = [compile_tree(child, index, operations) for child in children]
            return _chain([operations[symbol] for symbol in symbols], programs)
        case Call(function, children):
            programs = [compile_tree(child, index, operations) for child in children]
            return _call(operations[function], programs)


def _call(operation: Operation, programs: list[Program]) -> Program:
    if len(programs) == 1:
        return _apply(operation, programs[0])
    return lambda values: reduce(operation, [program(values) for program in programs])


def _apply(operation: Operation, first: Program, second: Program | None = None) -> Program:
    if second is None:
        return lambda values: operation(first(values))
    return lambda values: operation(first(values), second(values))


def _chain(operations: list[Operation], programs: list[Program]) -> Program:
    def chain(values: tuple[Any, ...]) -> Any:
        operands = [program(values) for program in programs]
        holds: Any = 1.0  # a product of links is a number for floats and arrays alike
        for operation, left, right in zip(operations, operands[:-1], operands[1:], strict=True):
            holds = holds * operation(left, right)
        return holds

    return chain
