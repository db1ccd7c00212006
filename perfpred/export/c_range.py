"""Whether training saw the like of a query, as the body of a C function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfpred.predict.familiar import Familiar
from perfpred.predict.lowered import expressions_program
from perfpred.predict.predictor import Predictor
from perfpred.predict.range_check import NEAR_LEVEL
from perfpred.program import c_statements
from perfpred.program.c_helpers import c_number, numbers


def in_range_body(predictor: Predictor, names: Sequence[str]) -> list[str]:
    """Return C statements that return 1 where a query is in range, else 0.

    Parameters
    ----------
    predictor : Predictor
    names : sequence of str
        C names of its parameters.
    """
    tests, familiar = predictor.range_tests(), predictor.familiar
    expressions = [*(test.expression for test in tests), *familiar.levels, *familiar.axes]
    program = expressions_program(predictor.encoding.labels, expressions)
    lines, _, values = c_statements(program, names)
    ends = [[(test.seen.low, test.seen.high)] for test in tests]
    ends += [near_levels(levels) for levels in familiar.levels.values()]
    conditions = [_within(value, each) for value, each in zip(values, ends, strict=False)]
    if not len(familiar.centres):
        return [*lines, f"return {' && '.join(conditions) or '1'};"]
    lines += [f"if (!({' && '.join(conditions) or '1'})) return 0;"]
    return [*lines, *_near_a_centre(familiar, values[len(ends) :])]


def near_levels(levels: Iterable[float]) -> list[tuple[float, float]]:
    """Return the ascending ends of all that is within an octave of a level: that is near enough.

    Examples
    --------
    >>> near_levels([1, 2, 64])
    [(0.0, 0.0), (0.5, 4.0), (32.0, 128.0)]
    """
    factor = 2.0**NEAR_LEVEL
    found: set[tuple[float, float]] = set()
    for level in map(float, levels):
        if level > 0:
            found |= {(0.0, 0.0), (level / factor, level * factor)}
        else:
            found.add((level * factor, 0.0))
    merged: list[tuple[float, float]] = []
    for low, high in sorted(found):
        if merged and low <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(high, merged[-1][1])
        else:
            merged.append((low, high))
    return merged


def _within(value: str, ends: Iterable[tuple[float, float]]) -> str:
    inside = [f"{c_number(low)} <= {value} && {value} <= {c_number(high)}" for low, high in ends]
    return inside[0] if len(inside) == 1 else f"({' || '.join(f'({each})' for each in inside)})"


def _near_a_centre(familiar: Familiar, axes: Sequence[str]) -> list[str]:
    """Return statements that look for a row of training nearby; they declare ``v0`` and a letter."""
    count, width = familiar.centres.shape
    table = ", ".join(f"{{{numbers(map(float, row))}}}" for row in familiar.centres)
    steps = [f"    v0d = {axis} - v0c[v0i][{n}]; v0s += v0d * v0d;" for n, axis in enumerate(axes)]
    return [
        "{",
        f"  static const double v0c[{count}][{width}] = {{{table}}};",
        "  int v0i;",
        f"  for (v0i = 0; v0i < {count}; ++v0i) {{",
        "    double v0s = 0.0, v0d;",
        *steps,
        f"    if (v0s <= {c_number(familiar.radius**2)}) return 1;",
        "  }",
        "}",
        "return 0;",
    ]
