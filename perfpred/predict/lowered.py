"""Formulas as programs: computed faster than by `seconds`, for those that can say how.

A formula may have a method ``lower``; one without it, such as a forest, is evaluated by its own ``seconds``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from perfpred.predict.design import parsed
from perfpred.program import Builder, NotLowerableError, Program


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
    formulas: Iterable[object], columns: Iterable[str], non_negative: Collection[str] = ()
) -> Program:
    """Return the program from encoded columns to the seconds of formulas, which share what they can.

    It agrees with each formula's ``seconds`` to rounding, and gives no answer where one of them raises.
    Columns named in `non_negative` must be; all must be finite.

    Raises
    ------
    NotLowerableError
        If a formula has no program.
    """
    builder = Builder(columns, non_negative)
    lowered = [_lowered(formula, builder) for formula in formulas]
    return builder.program(
        [each.seconds for each in lowered],
        [value for each in lowered for value in each.positive],
        [value for each in lowered for value in each.finite],
    )


def query_program(formula: object, columns: Iterable[str], complexity: Mapping[str, str]) -> Program:
    """Return the program from encoded columns to seconds and the values of named expressions, all finite."""
    builder = Builder(columns)
    lowered = _lowered(formula, builder)
    values = [builder.expression(parsed(text).tree) for text in complexity.values()]
    return builder.program([lowered.seconds, *values], lowered.positive, (*lowered.finite, *values))


def expressions_program(columns: Iterable[str], expressions: Iterable[str]) -> Program:
    """Return the program from columns to the values of expressions."""
    builder = Builder(columns)
    return builder.program([builder.expression(parsed(text).tree) for text in expressions])


def _lowered(formula: object, builder: Builder) -> Lowered:
    if not isinstance(formula, Lowerable):
        raise NotLowerableError(f"a {type(formula).__name__} is no straight line of arithmetic")
    return formula.lower(builder)
