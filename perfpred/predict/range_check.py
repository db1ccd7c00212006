"""Whether training saw the like of a query: its verdict, how far away that is, and the words for it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.checks import Floats
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import Columns, evaluate
from perfpred.predict.familiar import Familiar
from perfpred.predict.query import Answer
from perfpred.predict.ranges import Range

NEAR_LEVEL = 1.0
"""Octaves: a value between two that were measured is in range if it is so near to one of them."""
FAMILIAR = "within the range seen in training"


@dataclass(frozen=True)
class RangeTest:
    """An expression over encoded columns with the range that training saw; `name` is for a person."""

    name: str
    expression: str
    seen: Range


Distances: TypeAlias = tuple[Floats, Mapping[str, Floats]]
"""Octaves beyond all ranges, shape (n,), and from the levels of each column of few values."""


@dataclass(frozen=True, eq=False)
class RangeCheck:
    """What training saw, as a test of queries; the fields are those of a `Predictor`.

    Parameters
    ----------
    encoding : Encoding
    ranges, complexity_ranges : mapping of str to Range
        By numeric parameter, and by complexity.
    complexity : mapping of str to str
        Expressions by name.
    familiar : Familiar
    widening : mapping of str to float
        Factors by which the interval is wider between measured values of a column.
    """

    encoding: Encoding
    ranges: Mapping[str, Range]
    complexity_ranges: Mapping[str, Range]
    complexity: Mapping[str, str]
    familiar: Familiar
    widening: Mapping[str, float]

    @cached_property
    def tests(self) -> tuple[RangeTest, ...]:
        """The expressions that must lie within their ranges, in the order in which they are named."""
        columns, named = self.column_of, self.complexity
        tests = [RangeTest(name, columns[name], seen) for name, seen in self.ranges.items()]
        tests += [RangeTest(name, text, self.complexity_ranges[name]) for name, text in named.items()]
        return (*tests, *(RangeTest(text, text, seen) for text, seen in self.familiar.products.items()))

    @cached_property
    def column_of(self) -> dict[str, str]:
        """The encoded column of each numeric parameter."""
        return {label: name for name, label in self.encoding.labels.items()}

    def strangeness(self, answer: Answer) -> tuple[list[str], float]:
        """Say what training saw nothing of, and how far that is, octaves.

        Products matter where each parameter is familiar, and the nearest rows where all products are.
        """
        distance = 0.0
        reasons = []
        for name, value in answer.outside.items():
            seen = self.ranges[name]
            distance = max(distance, seen.beyond(value))
            reasons.append(_outside(name, value, seen))
        has_reasons = bool(reasons)
        for (low, high, name, seen), value in zip(self._bounded, answer.values, strict=False):
            if not low <= value <= high:
                distance = max(distance, seen.beyond(value))
                if not has_reasons:
                    reasons.append(_outside(name, value, seen))
        if len(self.familiar.centres):
            far = self.familiar.from_centres(answer.values[len(self._bounded) :])
            if far > 0:
                distance = max(distance, far)
                if not reasons:
                    reasons.append(self.familiar.told(far))
        return reasons, distance

    def between_levels(self, answer: Answer) -> tuple[list[str], float, float]:
        """Return remarks on values between those measured, a factor of width, and octaves to the nearest.

        Of a column of which values were left out in training, the factor says all, unless they are far apart.
        """
        remarks, wider, nearest = [], 1.0, 0.0
        for index, name, known in self._levels:
            value = answer.columns[index]
            label = self.encoding.labels[name]
            if value in known:
                continue
            factor = self.widening.get(name)
            wider = max(wider, factor or 1.0)
            if label in answer.outside:
                continue
            far = self.familiar.from_levels(name, value)
            if factor is None or far > NEAR_LEVEL:
                nearest = max(nearest, far)
            if factor != 1.0:
                remarks.append(f"{label}={value:g} lies between the {len(known)} values measured")
        return remarks, wider, nearest

    def of_rows(
        self, encoded: Columns, known: KnownDistances | None = None
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Return distances in octaves, factors of width, and what is in range, each of shape (n,).

        Parameters
        ----------
        encoded : Columns
        known : KnownDistances, optional
            Of other models that are asked about the same rows.
        """
        distances, of_levels = self.distances(encoded) if known is None else known.of(self, encoded)
        inside = distances == 0
        wider = np.ones(len(distances))
        for name, from_levels in of_levels.items():
            far = from_levels.copy()
            factor = self.widening.get(name)
            wider = np.where(far > 0, np.maximum(wider, factor or 1.0), wider)
            far[~self.ranges[self.encoding.labels[name]].holds(encoded[name])] = 0.0
            inside &= far <= NEAR_LEVEL
            if factor is not None:
                far[far <= NEAR_LEVEL] = 0.0
            distances = np.maximum(distances, far)
        return distances, wider, inside

    def distances(self, encoded: Columns) -> Distances:
        """Return how far rows lie beyond all ranges, and from the levels of each column of few values."""
        distances = self.familiar.distances(encoded)
        for test in self.tests[: len(self.ranges) + len(self.complexity_ranges)]:
            distances = np.maximum(distances, test.seen.all_beyond(evaluate(test.expression, encoded)))
        levels = self.familiar.levels
        return distances, {name: self.familiar.all_from_levels(name, encoded[name]) for name in levels}

    @cached_property
    def seen(self) -> tuple[Hashable, ...]:
        """What `distances` depends on: equal for models whose training saw the same."""
        familiar = self.familiar
        named = (self.encoding.labels, self.ranges, self.complexity, self.complexity_ranges)
        parts = [tuple(each.items()) for each in (*named, familiar.products, familiar.levels)]
        return (*parts, familiar.axes, familiar.centres.tobytes(), familiar.radius)

    @cached_property
    def _bounded(self) -> tuple[tuple[float, float, str, Range], ...]:
        """Return low, high, name and range of each expression that has a range, complexities first."""
        pairs = [(name, self.complexity_ranges[name]) for name in self.complexity]
        pairs += list(self.familiar.products.items())
        return tuple((seen.low, seen.high, name, seen) for name, seen in pairs)

    @cached_property
    def _levels(self) -> Sequence[tuple[int, str, frozenset[float]]]:
        """Return the index, the name and the measured values of each column of few values."""
        index = {name: position for position, name in enumerate(self.encoding.labels)}
        return tuple((index[name], name, frozenset(each)) for name, each in self.familiar.levels.items())


class KnownDistances:
    """Distances of rows that several models are asked about: most were trained on the same sizes."""

    def __init__(self) -> None:
        self._known: dict[tuple[Hashable, ...], tuple[Columns, Distances]] = {}

    def of(self, check: RangeCheck, encoded: Columns) -> Distances:
        """Return `check.distances(encoded)`, worked out once for all checks that saw the same."""
        columns, found = self._known.get(check.seen, (None, None))
        if columns is None or found is None or not _equal(columns, encoded):
            found = check.distances(encoded)
            self._known[check.seen] = encoded, found
        return found


def _equal(columns: Columns, others: Columns) -> bool:
    return all(np.array_equal(columns[name], others[name]) for name in columns)


def _outside(name: str, value: float, seen: Range) -> str:
    """Return what is strange about a value that lies outside."""
    return f"{name}={value:g} is outside the trained range {seen.low:g}..{seen.high:g}"
