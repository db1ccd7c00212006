"""Values of expressions over encoded columns: finite, or a sentence says in which row not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from perfpred.complexity import Complexity
from perfpred.errors import InputError
from perfpred.predict.checks import Floats, require, require_few

Columns = Mapping[str, Floats]

MIN_SUM = 1e-290
"""A sum of terms below this, in seconds, may have lost digits of its terms; nothing runs that fast."""


def evaluate(expression: str, columns: Columns) -> Floats:
    """Return the finite values of an expression, shape (n,); raises `InputError` where it has none."""
    values = np.array(np.broadcast_to(parsed(expression)(columns), (n_rows(columns),)), dtype=np.float64)
    _require_every(np.isfinite(values), values, f"'{expression}' must be finite", expression, columns)
    return values


def log_of(expression: str, columns: Columns) -> Floats:
    """Return the natural logarithm of an expression, shape (n,); raises `InputError` unless it is > 0."""
    values = evaluate(expression, columns)
    _require_every(values > 0, values, f"complexity '{expression}' must be > 0", expression, columns)
    return np.asarray(np.log(values))


def log_sum_of(terms: Sequence[str], log_coefficients: Floats, columns: Columns) -> Floats:
    """Return ``log(sum_j exp(q_j) term_j)``, shape (n,), of J terms > 0 with log coefficients q (J,).

    Raises
    ------
    InputError
        If the sum is below `MIN_SUM`: exported C has no such numbers either.
    """
    logs = np.stack([log_of(term, columns) for term in terms], axis=1) + log_coefficients
    largest = logs.max(axis=1)
    total = np.asarray(largest + np.log(np.exp(logs - largest[:, None]).sum(axis=1)))
    if total.min(initial=0.0) < math.log(MIN_SUM):
        row = int(total.argmin())
        raise InputError(
            f"no time can be predicted{in_row(row, len(total))}: it would be below {MIN_SUM:g} s"
        )
    return total


def require_terms(owner: object, terms: Sequence[str]) -> None:
    """Raise `InputError` unless there is a term, and `ExpressionError` unless each can be parsed."""
    require(len(terms) > 0, owner, "len(terms) > 0", 0)
    require_few(owner, "terms", len(terms))
    for term in terms:
        parsed(term)


@lru_cache(maxsize=4096)
def parsed(expression: str) -> Complexity:
    """Return the parsed expression, once per process."""
    return Complexity(expression)


def n_rows(columns: Columns) -> int:
    """Return the common length of encoded columns."""
    return len(next(iter(columns.values()))) if columns else 0


def _require_every(good: Any, values: Floats, rule: str, expression: str, columns: Columns) -> None:
    if good.all():
        return
    row = int(np.argmin(good))
    given = ", ".join(f"{name}={columns[name][row]:g}" for name in parsed(expression).names)
    raise InputError(f"{rule}, but it is {values[row]:g}{in_row(row, len(values))} ({given})")


def in_row(row: int, n: int) -> str:
    """Say in which of n rows something is wrong: row 1 is the first, and a single row is not named.

    Examples
    --------
    >>> in_row(0, 3), in_row(0, 1)
    (' in row 1', '')
    """
    return f" in row {row + 1}" if n > 1 else ""
