"""What exported C needs besides <math.h>: functions that it lacks or computes slowly."""

from __future__ import annotations

import math
from collections.abc import Iterable

from perfpred.program.tape import NotLowerableError

_STEPS = 256
"""Entries a factor of two in the table of `exp`."""
_WIDEST = 64
"""The table reaches 2**-64 .. 2**64, beyond exp(40)."""
_CELLS = 256
"""Steps between 1 and 2 in the table of `log2`."""


def c_number(value: float) -> str:
    """Return the shortest decimal that C reads as this double; raises `NotLowerableError` unless finite."""
    if not math.isfinite(value):
        raise NotLowerableError(f"a constant of it would be {value}: C has no number for that")
    return repr(value) if math.copysign(1.0, value) > 0 else f"({value!r})"


def numbers(values: Iterable[float]) -> str:
    """Return doubles as C reads them, with commas; raises `NotLowerableError` unless all are finite."""
    return ", ".join(c_number(value).strip("()") for value in values)


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
/* Whoever includes this needs none of these options: its own functions do not rely on them. */
#if defined(__FAST_MATH__) || defined(_M_FP_FAST)
#error "perfpred needs exact arithmetic: compile what includes this without -ffast-math, -Ofast or /fp:fast"
#endif
#if defined(__ASSOCIATIVE_MATH__)
#error "perfpred needs exact arithmetic: compile without -fassociative-math, -funsafe-math-optimizations"
#endif
#if defined(__RECIPROCAL_MATH__)
#error "perfpred needs exact arithmetic: compile without -freciprocal-math"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0
#error "perfpred tests for infinity and NaN: compile without -ffinite-math-only"
#endif
typedef char perfpred_constants_are_double[sizeof(1.0) == sizeof(double) ? 1 : -1];
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
  return copysign(t - perfpred_truth(t > a), a); /* of -0.0 it is -0.0 */
}}
static inline double perfpred_ceil(double a) {{
  const double t = perfpred_floor(a);
  return copysign(t + perfpred_truth(t < a), a);
}}
/* The same for a >= 0. */
static inline double perfpred_floor0(double a) {{
  return a < 4503599627370496.0 ? copysign((double)(long long)a, a) : a;
}}
static inline double perfpred_ceil0(double a) {{
  const double t = perfpred_floor0(a);
  return copysign(t + perfpred_truth(t < a), a);
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
  static const double whole[{2 * _WIDEST}] = {{{numbers(2.0**i for i in range(-_WIDEST, _WIDEST))}}};
  static const double part[{_STEPS}] = {{{numbers(2.0 ** (i / _STEPS) for i in range(_STEPS))}}};
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
  static const double inverse[{_CELLS + 1}] = {{{numbers(1 / start for start in _STARTS)}}};
  static const double known[{_CELLS + 1}] = {{{numbers(-math.log2(1 / start) for start in _STARTS)}}};
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
