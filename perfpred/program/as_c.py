"""Program to C99: one constant a line, and the few functions that <math.h> lacks or computes slowly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from perfpred.program.layers import Floats, Layer, MaternSum, TanhSum
from perfpred.program.tape import COMPARISONS, CONSTANT, INPUT, Instruction, Program

_STEPS = 256
"""Entries a factor of two in the table of `exp`."""
_WIDEST = 64
"""The table reaches 2**-64 .. 2**64, beyond exp(2 * 20)."""
_CELLS = 256
"""Steps between 1 and 2 in the table of `log2`."""


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(map(repr, values))


_STARTS = [1 + i / _CELLS for i in range(_CELLS + 1)]
"""1 and 2 among them, so that the logarithm of a power of two is exact."""

_POWER = (
    0.999999999999762,
    0.6931471805465137,
    0.24022650698879944,
    0.05550410939343896,
    0.009618128542994738,
    0.001333345205871918,
    0.00015403851631462108,
    1.530973835044373e-05,
    1.31758881296403e-06,
)
"""Coefficients of ``2**f`` for f in -1/2..1/2, whose largest relative error, 8e-13, is the least."""
_ROUND = 1.5 * 2.0**52
"""A number of moderate size is rounded by adding this, and stands in the last bits of the sum."""


def _pair(start: int) -> str:
    return f"({_POWER[start]!r} + f * {_POWER[start + 1]!r})"


HELPERS = f"""\
#ifndef PERFPRED_HELPERS
#define PERFPRED_HELPERS
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 2
#error "perfpred rounds by adding to doubles: compile for SSE2 (-msse2 -mfpmath=sse), not for the x87"
#endif
static inline double perfpred_min(double a, double b) {{ return a < b || a != a ? a : b; }}
static inline double perfpred_max(double a, double b) {{ return a > b || a != a ? a : b; }}
/* 1 or 0 from a table, because a branch on a remainder is hard to predict. */
static inline double perfpred_truth(int holds) {{
  static const double values[2] = {{0.0, 1.0}};
  return values[holds];
}}
static inline double perfpred_floor(double a) {{
  double t;
  if (!(fabs(a) < 4503599627370496.0)) return a; /* numbers this large are whole */
  t = (double)(long long)a;
  return t - perfpred_truth(t > a);
}}
static inline double perfpred_ceil(double a) {{
  const double t = perfpred_floor(a);
  return t + perfpred_truth(t < a);
}}
/* The same for a >= 0. */
static inline double perfpred_floor0(double a) {{
  return a < 4503599627370496.0 ? (double)(long long)a : a;
}}
static inline double perfpred_ceil0(double a) {{
  const double t = perfpred_floor0(a);
  return t + perfpred_truth(t < a);
}}
/* Remainder and quotient rounded towards minus infinity. */
static inline double perfpred_any_mod(double a, double b) {{
  const double r = fmod(a, b);
  return r != 0.0 && (r < 0.0) != (b < 0.0) ? r + b : r;
}}
static inline double perfpred_any_floordiv(double a, double b) {{
  const double r = fmod(a, b);
  double q, w;
  if (b == 0.0) return a / b;
  q = (a - r) / b;
  if (r != 0.0 && (r < 0.0) != (b < 0.0)) q -= 1.0;
  w = perfpred_floor(q);
  return q - w > 0.5 ? w + 1.0 : w;
}}
/* Positive whole numbers that this holds for have a quotient that never rounds up to a whole number. */
static inline int perfpred_plain(double a, double b) {{
  return 0.0 < a && a < 4503599627370496.0 && 0.0 < b && b < 4503599627370496.0 &&
    (double)(long long)a == a && (double)(long long)b == b;
}}
static inline double perfpred_mod(double a, double b) {{
  return perfpred_plain(a, b) ? a - (double)(long long)(a / b) * b : perfpred_any_mod(a, b);
}}
static inline double perfpred_floordiv(double a, double b) {{
  return perfpred_plain(a, b) ? (double)(long long)(a / b) : perfpred_any_floordiv(a, b);
}}
/* exp a for a in -40..40, to about 1e-13, by table and a short series; NaN for NaN. */
static inline double perfpred_exp40(double a) {{
  static const double whole[{2 * _WIDEST}] = {{{_numbers(2.0**i for i in range(-_WIDEST, _WIDEST))}}};
  static const double part[{_STEPS}] = {{{_numbers(2.0 ** (i / _STEPS) for i in range(_STEPS))}}};
  const double steps = a * {_STEPS / math.log(2)!r} + {_ROUND + _STEPS * _WIDEST!r};
  const double r = a - (steps - {_ROUND + _STEPS * _WIDEST!r}) * {math.log(2) / _STEPS!r};
  unsigned long long bits;
  unsigned i;
  double power;
  memcpy(&bits, &steps, sizeof bits);
  i = (unsigned)bits;
  power = part[i & {_STEPS - 1}] * whole[i >> {_STEPS.bit_length() - 1} & {2 * _WIDEST - 1}];
  return ((1.0 + r) + r * r * (0.5 + r * {1 / 6!r})) * power;
}}
/* The Matern 5/2 correlation at a square distance s; beyond a distance of 40 it is below 1e-14. */
static inline double perfpred_matern(double s) {{
  const double r = sqrt(perfpred_min(1600.0, s));
  return (1.0 + r + r * r * {1 / 3!r}) * perfpred_exp40(-r);
}}
/* log2 of a normal number > 0, to about 1e-14: the exponent from its bits, the rest by table and series. */
static inline double perfpred_log2n(double a) {{
  static const double inverse[{_CELLS + 1}] = {{{_numbers(1 / start for start in _STARTS)}}};
  static const double known[{_CELLS + 1}] = {{{_numbers(-math.log2(1 / start) for start in _STARTS)}}};
  unsigned long long bits, fraction;
  double r;
  int i;
  memcpy(&bits, &a, sizeof bits);
  i = ((int)(bits >> {52 - _CELLS.bit_length()} & {2 * _CELLS - 1}) + 1) / 2;
  fraction = (bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL;
  memcpy(&r, &fraction, sizeof r);
  r = r * inverse[i] - 1.0;
  return ((int)(bits >> 52) - 1023 + known[i]) + r * (({1 / math.log(2)!r} - r * {0.5 / math.log(2)!r}) +
    r * r * ({1 / 3 / math.log(2)!r} - r * {0.25 / math.log(2)!r}));
}}
/* 2 to the power a, for a in -1000..1000, to about 1e-12; no table, so that a loop of it becomes vectors. */
static inline double perfpred_exp2v(double a) {{
  const double whole = a + {_ROUND!r};
  const double f = a - (whole - {_ROUND!r});
  const double s = f * f, q = s * s;
  unsigned long long exponent, bits;
  double power = ({_pair(0)} + s * {_pair(2)}) +
    q * ({_pair(4)} + s * ({_pair(6)} + s * {_POWER[8]!r}));
  memcpy(&exponent, &whole, sizeof exponent);
  memcpy(&bits, &power, sizeof bits);
  bits += exponent << 52;
  memcpy(&power, &bits, sizeof power);
  return power;
}}
/* Loops over the units of a layer are short, and faster as vectors than unrolled. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#define PERFPRED_ROLLED _Pragma("GCC unroll 1")
#else
#define PERFPRED_ROLLED
#endif
#endif
"""
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
        C expressions for the program's inputs. Names the statements declare are ``v`` and a number.
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
    table = np.vstack([net.biases, net.weights.T]) * (2.0 / math.log(2.0))
    shares = np.pad(-2.0 * net.output_weights, (0, odd))
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
        f"  static const double {share}[{count}] = {{{_numbers(map(float, shares))}}};",
        f"  double {part}[{count}];",
        f"  int {i};",
        "  PERFPRED_ROLLED",
        f"  for ({i} = 0; {i} < {count}; ++{i})",
        f"    {part}[{i}] = {share}[{i}] / (1.0 + perfpred_exp2v({exponent}));",
        f"  {name} = {float(net.output_weights.sum())!r} + {total};",
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
    rows = ", ".join(f"{{{_numbers(map(float, row))}}}" for row in values)
    return f"static const double {name}[{len(values)}][{values.shape[1]}] = {{{rows}}};"


def _balanced(terms: Sequence[str]) -> str:
    """Return the sum of terms, as a tree whose branches a processor adds at the same time."""
    while len(terms) > 1:
        pairs = [f"({a} + {b})" for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + list(terms[len(terms) & ~1 :])
    return terms[0]


def c_number(value: float) -> str:
    """Return the shortest decimal that C reads as this finite double."""
    return repr(value) if value >= 0 else f"({value!r})"


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
    """Write ``min`` or ``max``; NaN wins, which needs a test unless the first operand is a number."""
    if second[0] in "(0123456789":
        first, second = second, first
    if first[0] in "(0123456789":
        return f"{first} {'<' if operation == 'min' else '>'} {second} ? {first} : {second}"
    return f"{_HELPED[operation]}({first}, {second})"
