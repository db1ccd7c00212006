"""Which expressions a model is given: those of the user, and those made from the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from perfpred.errors import InputError
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.checks import Floats
from perfpred.predict.design import Input
from perfpred.predict.expressions import evaluate, log_of, parsed

Expressions = Mapping[str, str] | Sequence[str] | str | None


def expressions(given: Expressions, what: str) -> tuple[str, ...]:
    """Return the distinct expressions of a mapping by name, of a sequence, or of one text.

    Raises
    ------
    ExpressionError
        If one cannot be parsed.
    InputError
        If `given` is something else; `what` names it.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        given = (given,)
    if not isinstance(given, Iterable):
        raise InputError(f"{what} must be a dict of name to expression, but got {given!r}")
    texts = given.values() if isinstance(given, Mapping) else given
    return tuple(dict.fromkeys(parsed(text).text for text in texts))


def logarithmic(name: str, values: Floats) -> str:
    """Return the expression on which the time of a kernel depends smoothly.

    Times grow by factors, so sizes count by their logarithm. Whole sizes are shifted: from 1 to 2 is a
    smaller step than from 100 to 200. A column with other than positive numbers stays as it is.
    """
    low, high = values.min(), values.max()
    if low >= 0 and high > 1 and (values == np.rint(values)).all():
        return f"log2(max({name}, 0) + 3)"  # max: a query below 0 is clipped, not an error
    if low > 0 and high > low:
        return f"log2(max({name}, {float(low)!r}))"
    return name


def tree_inputs(complexity: Expressions, features: Expressions, rows: Rows) -> tuple[tuple[str, ...], Floats]:
    """Return the d expressions that trees may split on, and their values at `rows`, shape (n, d).

    These are the logarithms of parameters and complexities, and `features`, without those constant in
    training, of which one is kept where there is no other.
    """
    wanted = [logarithmic(name, values) for name, values in rows.columns.items()]
    wanted += [f"log2({text})" for text in positive_complexities(complexity, rows)]
    wanted += expressions(features, "features")
    inputs = varying(wanted, rows) or tuple(wanted[:1])
    return inputs, np.stack([evaluate(text, rows.columns) for text in inputs], axis=1)


def positive_complexities(given: Expressions, rows: Rows) -> tuple[str, ...]:
    """Return the distinct complexities; raises `InputError` unless each is > 0 on every row."""
    texts = expressions(given, "complexity")
    for text in texts:
        log_of(text, rows.columns)
    return texts


def fitted_inputs(wanted: Iterable[str], rows: Rows) -> tuple[Input, ...]:
    """Return the standardised inputs for distinct expressions, without those constant in training."""
    inputs = (Input.fitted(expression, rows.columns) for expression in dict.fromkeys(wanted))
    return tuple(each for each in inputs if each is not None)


def varying(wanted: Iterable[str], rows: Rows) -> tuple[str, ...]:
    """Return the distinct expressions that are not constant in training."""
    return tuple(text for text in dict.fromkeys(wanted) if np.ptp(evaluate(text, rows.columns)) > 0)
