"""Program to Python function of floats, without text: a syntax tree made of the instructions is compiled."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

from perfpred.program.layers import Layer, MaternSum
from perfpred.program.tape import COMPARISONS, CONSTANT, INPUT, Instruction, Program

FloatFunction: TypeAlias = Callable[..., "tuple[float, ...] | None"]

_OPERATORS: dict[str, ast.operator] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "/": ast.Div(),
    "//": ast.FloorDiv(),
    "%": ast.Mod(),
    "**": ast.Pow(),
}
_COMPARISONS: dict[str, ast.cmpop] = {
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
    "==": ast.Eq(),
    "!=": ast.NotEq(),
}
_FUNCTIONS = {
    "sqrt": math.sqrt,
    **dict.fromkeys(("log2", "log2n"), math.log2),
    **dict.fromkeys(("exp", "exp40"), math.exp),
    "tanh": math.tanh,
}
_INFINITY = "infinity"
_FINITE_SUM = "finite_sum"


def float_function(program: Program) -> FloatFunction:
    """Return a function of the program's inputs, floats in their order.

    It returns the outputs, or None where a condition fails. Where Python has no result for an operation,
    such as a division by zero, it raises `ArithmeticError`, `ValueError` or `TypeError`: there, too, the
    program has no answer.

    Examples
    --------
    >>> from perfpred.program.builder import Builder
    >>> builder = Builder(["m"])
    >>> half = builder.apply("/", builder.input("m"), builder.constant(2.0))
    >>> float_function(builder.program([half], positive=[half]))(3.0)
    (1.5,)
    """
    arguments = [ast.arg(f"input{index}") for index in range(len(program.inputs))]
    function = ast.FunctionDef(
        name="program",
        args=ast.arguments(posonlyargs=arguments, args=[], kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=list(_statements(program)),
        decorator_list=[],
    )
    module = ast.fix_missing_locations(ast.Module(body=[function], type_ignores=[]))
    namespace: dict[str, Any] = {**_FUNCTIONS, _INFINITY: math.inf, **_sums(program)}
    # Every name and constant in this tree was made here from checked instructions: there is no text to trust.
    exec(compile(module, "<program>", "exec"), namespace)
    return cast(FloatFunction, namespace["program"])


def _statements(program: Program) -> Iterator[ast.stmt]:
    values: list[ast.expr] = []
    for position, instruction in enumerate(program.instructions):
        arguments = [values[argument] for argument in instruction.arguments]
        if instruction.operation == CONSTANT:
            values.append(ast.Constant(instruction.value))
        elif instruction.operation == INPUT:
            values.append(_load(f"input{program.inputs.index(instruction.name)}"))
        elif instruction.layer is not None:
            yield _assign(f"v{position}", _layer(position, instruction.layer, arguments))
            values.append(_load(f"v{position}"))
        else:
            yield _assign(f"v{position}", _expression(instruction, arguments))
            values.append(_load(f"v{position}"))
    yield from _conditions([values[p] for p in program.positive], [values[p] for p in program.finite])
    yield ast.Return(ast.Tuple([values[position] for position in program.outputs], ast.Load()))


def _conditions(positive: list[ast.expr], finite: list[ast.expr]) -> Iterator[ast.stmt]:
    """Leave with None unless all of `positive` are > 0, and the sum of `finite` (so each one) is finite."""
    for value in positive:
        yield _leave_unless(_compare(ast.Constant(0.0), ast.Lt(), value))
    if finite:
        yield _assign(_FINITE_SUM, finite[0])
        for value in finite[1:]:
            yield _assign(_FINITE_SUM, ast.BinOp(_load(_FINITE_SUM), ast.Add(), value))
        bounds: list[ast.expr] = [_load(_FINITE_SUM), _load(_INFINITY)]
        lowest = ast.UnaryOp(ast.USub(), _load(_INFINITY))
        yield _leave_unless(ast.Compare(lowest, [ast.Lt(), ast.Lt()], bounds))


def _expression(instruction: Instruction, arguments: list[ast.expr]) -> ast.expr:
    operation = instruction.operation
    if operation in _OPERATORS:
        return ast.BinOp(arguments[0], _OPERATORS[operation], arguments[1])
    if operation in COMPARISONS:  # a float, not a bool: integers would grow without bound in a power
        holds = _compare(arguments[0], _COMPARISONS[operation], arguments[1])
        return ast.IfExp(holds, ast.Constant(1.0), ast.Constant(0.0))
    if operation in ("min", "max"):
        return _extreme(operation, *arguments)
    if operation == "neg":
        return ast.UnaryOp(ast.USub(), arguments[0])
    if operation in ("floor", "ceil", "floor0", "ceil0"):
        rounded = _rounded(operation.startswith("floor"), arguments[0])
        return rounded if operation.endswith("0") else _if_finite(arguments[0], rounded)
    return ast.Call(_load(operation), arguments, [])


def _sums(program: Program) -> dict[str, Callable[..., float]]:
    """Return the functions that layers are called by."""
    return {
        f"sum{position}": each.layer.of_floats
        for position, each in enumerate(program.instructions)
        if isinstance(each.layer, MaternSum)
    }


def _layer(position: int, layer: Layer, arguments: list[ast.expr]) -> ast.expr:
    """Write a sum of tanh units out; NumPy is faster than one operation after the other for many centres."""
    if isinstance(layer, MaternSum):
        return ast.Call(_load(f"sum{position}"), arguments, [])
    total: ast.expr = ast.Constant(0.0)
    for weights, bias, output in zip(layer.weights, layer.biases, layer.output_weights, strict=True):
        unit: ast.expr = ast.Constant(float(bias))
        for weight, argument in zip(weights, arguments, strict=True):
            unit = ast.BinOp(unit, ast.Add(), ast.BinOp(ast.Constant(float(weight)), ast.Mult(), argument))
        part = ast.BinOp(ast.Constant(float(output)), ast.Mult(), ast.Call(_load("tanh"), [unit], []))
        total = ast.BinOp(total, ast.Add(), part)
    return total


def _extreme(operation: str, first: ast.expr, second: ast.expr) -> ast.expr:
    """Write ``min`` or ``max``; NaN wins, and the second of equals, such as 0.0 and -0.0, as in NumPy."""
    if isinstance(second, ast.Constant) and second.value:
        first, second = second, first
    better: ast.cmpop = ast.Lt() if operation == "min" else ast.Gt()
    test: ast.expr = _compare(first, better, second)
    if not isinstance(first, ast.Constant):
        test = ast.BoolOp(ast.Or(), [test, _compare(first, ast.NotEq(), first)])
    return ast.IfExp(test, first, second)


def _rounded(down: bool, value: ast.expr) -> ast.expr:
    """Write ``x // 1.0``, a float: `math.floor` would give an integer."""
    if down:
        return ast.BinOp(value, ast.FloorDiv(), ast.Constant(1.0))
    negated = ast.BinOp(ast.UnaryOp(ast.USub(), value), ast.FloorDiv(), ast.Constant(1.0))
    return ast.UnaryOp(ast.USub(), negated)


def _if_finite(value: ast.expr, result: ast.expr) -> ast.expr:
    """Write `result` where `value` is finite, else `value`: ``x // 1.0`` of an infinity is NaN."""
    difference = ast.BinOp(value, ast.Sub(), value)
    return ast.IfExp(_compare(difference, ast.Eq(), ast.Constant(0.0)), result, value)


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [operator], [right])


def _leave_unless(test: ast.expr) -> ast.stmt:
    return ast.If(ast.UnaryOp(ast.Not(), test), [ast.Return(ast.Constant(None))], [])


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _load(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())
