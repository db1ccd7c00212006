"""Formulas as programs: computed faster than by `seconds`, for those that can say how.

A formula may have a method ``lower``; one without it, such as a forest, is evaluated by its own ``seconds``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from perfpred.predict.checks import Floats
from perfpred.predict.design import Input
from perfpred.predict.expressions import MIN_SUM, parsed
from perfpred.program import Builder, NotLowerableError, Program

_MAX_LOG = 600.0
"""Beyond ``exp`` of this either way, a coefficient or its products might leave the normal doubles."""
_MAX_CANCELLED = 100.0
"""Up to this ratio of mean to scale, standardising by the weights costs two of sixteen digits."""


@dataclass(frozen=True)
class Lowered:
    """Values of a builder: predicted seconds, and what must be > 0 or finite for them to be right."""

    seconds: int
    positive: tuple[int, ...] = ()
    finite: tuple[int, ...] = ()


@runtime_checkable
class Lowerable(Protocol):
    """A formula that has a program."""

    def lower(self, builder: Builder) -> Lowered:
        """Add the formula to a builder over its columns; raises `NotLowerableError` if that cannot be."""


def seconds_program(
    formulas: Iterable[object],
    columns: Iterable[str],
    non_negative: Collection[str] = (),
    expressions: Iterable[str] = (),
) -> Program:
    """Return the program from encoded columns to the seconds of formulas, which share what they can.

    It agrees with each formula's ``seconds`` to rounding, and gives no answer where one of them raises.
    Columns named in `non_negative` must be; all must be finite. Nor has it an answer where one of
    `expressions` is not finite.

    Parameters
    ----------
    formulas : iterable of object
        They share what they can.
    columns : iterable of str
        The inputs, which must be finite.
    non_negative : collection of str
        Inputs that are never negative.
    expressions : iterable of str
        What must be finite for there to be an answer.

    Raises
    ------
    NotLowerableError
        If a formula has no program.
    """
    builder = Builder(columns, non_negative)
    lowered = [_lowered(formula, builder) for formula in formulas]
    values = [builder.expression(parsed(text).tree) for text in expressions]
    return builder.program(
        [each.seconds for each in lowered],
        [value for each in lowered for value in each.positive],
        [*(value for each in lowered for value in each.finite), *values],
    )


def query_program(formula: object, columns: Iterable[str], expressions: Iterable[str]) -> Program:
    """Return the program from encoded columns to seconds and the values of expressions, all finite."""
    builder = Builder(columns)
    lowered = _lowered(formula, builder)
    values = [builder.expression(parsed(text).tree) for text in expressions]
    return builder.program([lowered.seconds, *values], lowered.positive, (*lowered.finite, *values))


def expressions_program(columns: Iterable[str], expressions: Iterable[str]) -> Program:
    """Return the program from columns to the values of expressions."""
    builder = Builder(columns)
    return builder.program([builder.expression(parsed(text).tree) for text in expressions])


def clipped_inputs(inputs: Sequence[Input], builder: Builder) -> tuple[list[int], list[int]]:
    """Return the raw values of d inputs, and those values within the ranges of the inputs."""
    raw = [builder.expression(parsed(each.expression).tree) for each in inputs]
    return raw, [builder.clip(value, each.low, each.high) for value, each in zip(raw, inputs, strict=True)]


def lowered_inputs(inputs: Sequence[Input], builder: Builder) -> tuple[list[int], list[int]]:
    """Return the raw values of d inputs, and what `on_lowered` weights: clipped, some of them centred."""
    raw, x = clipped_inputs(inputs, builder)
    means = map(builder.constant, _subtracted(inputs))
    return raw, [builder.apply("-", value, mean) for value, mean in zip(x, means, strict=True)]


def on_lowered(inputs: Sequence[Input], weights: Floats, biases: Floats) -> tuple[Floats, Floats]:
    """Return weights (H, d) and biases (H,) of standardised inputs as those of `lowered_inputs`."""
    scaled = weights / np.array([each.scale for each in inputs])
    left = np.array([each.mean for each in inputs]) - _subtracted(inputs)
    return scaled, biases - scaled @ left


def lowered_ranges(inputs: Sequence[Input]) -> Floats:
    """Return between what the second of `lowered_inputs` are, shape (d, 2)."""
    ends = np.array([[each.low, each.high] for each in inputs]).reshape(-1, 2)
    return ends - _subtracted(inputs)[:, None]


def _subtracted(inputs: Sequence[Input]) -> Floats:
    """Return what is subtracted from each input before it is weighted, shape (d,).

    It is the mean where that is so large beside the scale that its product with weights would cancel digits
    of the bias, else 0.
    """
    means, scales = np.array([[each.mean, each.scale] for each in inputs]).reshape(-1, 2).T
    return np.where(np.abs(means) > _MAX_CANCELLED * scales, means, 0.0)


def lowered_product(
    terms: Sequence[str], log_coefficients: Floats, correction: int, raw: Sequence[int], builder: Builder
) -> Lowered:
    """Return ``sum_j exp(q_j) term_j * exp(correction)``, of log coefficients q (J,), without logarithms.

    `raw` are the inputs of the correction.

    Parameters
    ----------
    terms : sequence of str
        J expressions over encoded columns.
    log_coefficients : ndarray of float64
        Natural logarithms, shape (J,).
    correction : int
        The value whose exponential multiplies the sum.
    raw : sequence of int
        The values that the correction reads.
    builder : Builder
        Collects the instructions.
    """
    if np.abs(log_coefficients).max() > _MAX_LOG:
        raise NotLowerableError(f"a log coefficient is beyond {_MAX_LOG:g}")
    values = [builder.expression(parsed(term).tree) for term in terms]
    total = builder.weighted_sum(values, np.exp(log_coefficients))
    seconds = builder.apply("*", total, builder.apply("exp", correction))
    enough = builder.apply("-", total, builder.constant(MIN_SUM))
    return Lowered(seconds, positive=(*values, enough), finite=(*raw, seconds))


def _lowered(formula: object, builder: Builder) -> Lowered:
    if not isinstance(formula, Lowerable):
        raise NotLowerableError(
            f"model type {type(formula).__name__} cannot be exported to C; "
            "use augmented, linear-c, gp-c or nn"
        )
    return formula.lower(builder)
