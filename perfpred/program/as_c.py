"""Program to C99: one constant per line, and a loop for each layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from perfpred.program.c_helpers import c_number, numbers
from perfpred.program.layers import Floats, Layer, MaternSum, TanhSum
from perfpred.program.tape import COMPARISONS, CONSTANT, INPUT, Instruction, Program

_HELPED = {
    "min": "perfpred_min",
    "max": "perfpred_max",
    "floor": "perfpred_floor",
    "ceil": "perfpred_ceil",
    "floor0": "perfpred_floor0",
    "ceil0": "perfpred_ceil0",
    "%": "perfpred_mod",
    "//": "perfpred_floordiv",
    "exp40": "perfpred_exp40",
    "log2n": "perfpred_log2n",
    "**": "pow",
}
_INFIX = ("+", "-", "*", "/")


def c_statements(program: Program, names: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Return C statements, the conditions that must hold after them, and an expression for each output.

    Parameters
    ----------
    program : Program
    names : sequence of str
        C expressions for the program's inputs. Names the statements declare are ``v``, a number, and within
        the block of a layer a letter.
    """
    values: list[str] = []
    lines: list[str] = []
    for position, instruction in enumerate(program.instructions):
        arguments = [values[argument] for argument in instruction.arguments]
        if instruction.operation == CONSTANT:
            values.append(c_number(instruction.value))
        elif instruction.operation == INPUT:
            values.append(names[program.inputs.index(instruction.name)])
        elif instruction.layer is not None:
            lines += _layer(f"v{position}", instruction.layer, arguments)
            values.append(f"v{position}")
        else:
            lines.append(f"const double v{position} = {_expression(instruction, arguments)};")
            values.append(f"v{position}")
    conditions = [f"{values[p]} > 0.0" for p in program.positive]
    if program.finite:
        # The sum of finite numbers, if that is finite, says that each of them is.
        conditions.append(f"fabs({' + '.join(values[p] for p in program.finite)}) < INFINITY")
    return lines, conditions, [values[position] for position in program.outputs]


def _layer(name: str, layer: Layer, arguments: Sequence[str]) -> list[str]:
    if isinstance(layer, TanhSum):
        return _tanh_sum(name, layer, arguments)
    return _matern_sum(name, layer, arguments)


def _tanh_sum(name: str, net: TanhSum, arguments: Sequence[str]) -> list[str]:
    """Return statements for ``v tanh(z) = v - 2 v / (1 + 2**(z 2 / log 2))``, summed over units.

    Units come in pairs: a vector has at least two. Further names they declare are `name` and a letter.
    """
    odd = len(net.biases) % 2
    with np.errstate(over="ignore"):  # whoever writes a number refuses what is not finite
        table = np.vstack([net.biases, net.weights.T]) * (2.0 / math.log(2.0))
        shares = np.pad(-2.0 * net.output_weights, (0, odd))
        whole = float(net.output_weights.sum())
    count = len(shares)
    weights, share, part, i = (f"{name}{letter}" for letter in "wspi")
    terms = [f"{weights}[0][{i}]"]
    terms += [f"{weights}[{n}][{i}] * {argument}" for n, argument in enumerate(arguments, start=1)]
    exponent, total = _balanced(terms), _balanced([f"{part}[{n}]" for n in range(count)])
    if net.extreme:
        exponent = f"perfpred_min(1000.0, perfpred_max(-1000.0, {exponent}))"
    return [
        f"double {name};",
        "{",
        f"  {_table(weights, np.pad(table, ((0, 0), (0, odd))))}",
        f"  static const double {share}[{count}] = {{{numbers(map(float, shares))}}};",
        f"  double {part}[{count}];",
        f"  int {i};",
        "  PERFPRED_ROLLED",
        f"  for ({i} = 0; {i} < {count}; ++{i})",
        f"    {part}[{i}] = {share}[{i}] / (1.0 + perfpred_exp2v({exponent}));",
        f"  {name} = {c_number(whole)} + {total};",
        "}",
    ]


def _matern_sum(name: str, process: MaternSum, arguments: Sequence[str]) -> list[str]:
    """Return statements for a sum over centres. Further names they declare are `name` and a letter."""
    table = np.column_stack([process.weights, process.centres])
    rows, square, apart, i = (f"{name}{letter}" for letter in "csdi")
    distances = [f"{argument} - {rows}[{i}][{n}]" for n, argument in enumerate(arguments, start=1)]
    return [
        f"double {name} = 0.0;",
        "{",
        f"  {_table(rows, table)}",
        f"  int {i};",
        f"  for ({i} = 0; {i} < {len(table)}; ++{i}) {{",
        f"    double {square} = 0.0, {apart};",
        *(f"    {apart} = {distance}; {square} += {apart} * {apart};" for distance in distances),
        f"    {name} += {rows}[{i}][0] * perfpred_matern({square});",
        "  }",
        "}",
    ]


def _table(name: str, values: Floats) -> str:
    rows = ", ".join(f"{{{numbers(map(float, row))}}}" for row in values)
    return f"static const double {name}[{len(values)}][{values.shape[1]}] = {{{rows}}};"


def _balanced(terms: Sequence[str]) -> str:
    """Return the sum of terms, as a tree whose branches a processor adds at the same time."""
    while len(terms) > 1:
        pairs = [f"({a} + {b})" for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + list(terms[len(terms) & ~1 :])
    return terms[0]


def _expression(instruction: Instruction, arguments: list[str]) -> str:
    operation = instruction.operation
    if operation in _INFIX:
        return f" {operation} ".join(arguments)
    if operation in COMPARISONS:
        return f"perfpred_truth({arguments[0]} {operation} {arguments[1]})"
    if operation == "neg":
        return f"-{arguments[0]}"
    if operation in ("min", "max"):
        return _extreme(operation, *arguments)
    return f"{_HELPED.get(operation, operation)}({', '.join(arguments)})"


def _extreme(operation: str, first: str, second: str) -> str:
    """Write ``min`` or ``max``; NaN wins, which needs a test unless the first operand is a number.

    The second of equals is the result: for that a zero must stay where it is.
    """
    if second[0] in "(0123456789" and second not in ("0.0", "(-0.0)"):
        first, second = second, first
    if first[0] in "(0123456789":
        return f"{first} {'<' if operation == 'min' else '>'} {second} ? {first} : {second}"
    return f"{_HELPED[operation]}({first}, {second})"
