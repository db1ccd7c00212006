"""The `Predictor` noun: parameters to seconds, with an interval and a word on whether they are familiar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.checks import Floats, require, require_count, require_noise
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import Columns, evaluate, in_row, n_rows
from perfpred.predict.familiar import Familiar, loosely
from perfpred.predict.formula import Formula
from perfpred.predict.interval import NO_ENDS, Interval
from perfpred.predict.lowered import query_program, seconds_program
from perfpred.predict.query import Answer, QuickQuery
from perfpred.predict.ranges import Range
from perfpred.program import ArrayFunction, NotLowerableError

__all__ = ["Answers", "Interval", "Prediction", "Predictor", "Range", "RangeTest", "Training"]

NEAR_LEVEL = 1.0
"""Octaves: a value between two that were measured is in range if it is so near to one of them."""
FAMILIAR = "within the range seen in training"


@dataclass(frozen=True)
class Training:
    """Where a predictor comes from.

    Parameters
    ----------
    model : str
        Name of the model in the registry.
    rows : int
        Number of rows it was fitted on.
    data_sha256 : str
        Hash of those rows.
    noise : float or None
        Mean relative repeatability of the measured times (0.02 = 2%); None where it is unknown.
    complexity : mapping of str to str
        The named expressions the model was given.
    sizes : int or None
        Number of distinct sizes, or of groups if rows were left out by groups; None where it is unknown.
    found : bool
        Whether the complexity was found in the rows, and not given by a person who knows the kernel.
    judged_on : str
        What was left out together when the interval was made: ``sizes``, or the name of a column.
    """

    model: str
    rows: int
    data_sha256: str
    noise: float | None
    complexity: Mapping[str, str]
    sizes: int | None = None
    found: bool = False
    judged_on: str = "sizes"

    def __post_init__(self) -> None:
        require_count(self, "rows")
        if self.sizes is not None:
            require_count(self, "sizes")
        require_noise(self, "noise")


@dataclass(frozen=True)
class Prediction:
    """A predicted time in seconds with its 90% interval.

    `in_range` is false where a parameter lies outside what training saw; `reason` then says which.
    """

    time_s: float
    low_s: float
    high_s: float
    in_range: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Answers:
    """Predicted seconds of n queries, their 90% intervals, and whether they are in range; of shape (n,)."""

    time_s: Floats
    low_s: Floats
    high_s: Floats
    in_range: NDArray[np.bool_]


@dataclass(frozen=True)
class RangeTest:
    """An expression over encoded columns with the range that training saw; `name` is for a person."""

    name: str
    expression: str
    seen: Range


@dataclass(frozen=True, eq=False)
class Predictor:
    """A fitted formula together with all that is needed to use it rightly.

    Parameters
    ----------
    combination : Combination
    encoding : Encoding
        How raw parameters become the formula's columns.
    formula : Formula
        What was fitted.
    ranges : mapping of str to Range
        For each numeric parameter.
    complexity_ranges : mapping of str to Range
        For each named complexity: small sizes may each be familiar and their product not.
    interval : Interval
    training : Training
    familiar : Familiar
        What training saw of parameters together.
    """

    combination: Combination
    encoding: Encoding
    formula: Formula
    ranges: Mapping[str, Range]
    complexity_ranges: Mapping[str, Range]
    interval: Interval
    training: Training
    familiar: Familiar = field(default_factory=Familiar)

    def __post_init__(self) -> None:
        numeric = [name for name in self.encoding.parameters if name not in self.encoding.categories]
        require(sorted(self.ranges) == sorted(numeric), self, "every numeric parameter has a range", numeric)
        named = sorted(self.training.complexity)
        require(sorted(self.complexity_ranges) == named, self, "every complexity has a range", named)
        for name in (*self.interval.levels, *self.familiar.levels):
            is_numeric = self.encoding.labels.get(name) in self.ranges
            require(is_numeric, self, "columns of few values are numeric columns", repr(name))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of a query; those in `constants` may be left out."""
        return self.encoding.parameters

    @cached_property
    def constants(self) -> dict[str, float | str]:
        """The parameters that had one value in training, with it."""
        found: dict[str, float | str] = {n: r.low for n, r in self.ranges.items() if r.low == r.high}
        found.update({n: each[0] for n, each in self.encoding.categories.items() if len(each) == 1})
        return found

    def range_tests(self) -> tuple[RangeTest, ...]:
        """Return the expressions that must lie within their ranges, in the order in which they are told."""
        columns, named = self._column_of, self.training.complexity
        tests = [RangeTest(name, columns[name], seen) for name, seen in self.ranges.items()]
        tests += [RangeTest(name, text, self.complexity_ranges[name]) for name, text in named.items()]
        return (*tests, *(RangeTest(text, text, seen) for text, seen in self.familiar.products.items()))

    def predict(self, parameters: Mapping[str, float | str]) -> Prediction:
        """Return the prediction for one set of parameters.

        Raises
        ------
        InputError
            If a parameter is missing, unknown, not a finite number, of a category that training did not see,
            or negative where training saw no negative value, or if the complexity has no value > 0 there.
        """
        if len(parameters) < len(self.parameters) and self.constants:
            parameters = {**self.constants, **parameters}
        answer = self._quick(parameters) if self._quick is not None else None
        return self._prediction(answer if answer is not None else self._explained(parameters))

    def seconds(self, columns: Any) -> Floats:
        """Return predicted seconds, shape (n,), in row order.

        Parameters
        ----------
        columns : DataFrame, or mapping of str to array_like of shape (n,) or to scalars
            The parameters; further columns are ignored. A category that training did not see has no effect.

        Raises
        ------
        InputError
            If a column is missing, or holds something other than finite numbers, there is no row, or a
            complexity has no value > 0 in one.
        """
        return self._seconds(self._encoded(columns, "zero"))

    def predict_table(self, columns: Any) -> Floats:
        """Return what `seconds` does, but refuse, as `predict` does, what training never saw the like of.

        Raises
        ------
        InputError
            Also for a negative value where training saw none, and for an unknown category.
        """
        return self.answers(columns).time_s

    def answers(self, columns: Any) -> Answers:
        """Return what `predict` does of each row of a table, as arrays of shape (n,).

        Raises
        ------
        InputError
            As `predict_table`.
        """
        encoded = self._encoded(columns, "raise")
        self._check_signs(encoded)
        time_s = self._seconds(encoded)
        distances, wider, inside = self._all_strange(encoded)
        low_s, high_s = self.interval.ends(time_s, distances, wider)
        return Answers(time_s, low_s, high_s, inside)

    def in_range(self, columns: Any) -> NDArray[np.bool_]:
        """Say of each row of a table whether it lies within what training saw, shape (n,)."""
        encoded = self._encoded(columns, "zero")
        return np.asarray(self._all_strange(encoded)[2] & self.knows(columns))

    def knows(self, columns: Any) -> NDArray[np.bool_]:
        """Say of each row of a table whether training saw its categories, shape (n,)."""
        length = len(np.atleast_1d(np.asarray(columns[self.parameters[0]])))
        known = np.ones(length, dtype=bool)
        for name, levels in self.encoding.categories.items():
            known &= np.isin(np.atleast_1d(columns[name]).astype(str), levels)
        return known

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # without compiled functions

    @cached_property
    def _expressions(self) -> tuple[str, ...]:
        """Return what is computed beside seconds: complexities, products, axes."""
        return (*self.training.complexity.values(), *self.familiar.products, *self.familiar.axes)

    @cached_property
    def _quick(self) -> QuickQuery | None:
        try:
            program = query_program(self.formula, self.encoding.labels, self._expressions)
        except NotLowerableError:
            return None
        return QuickQuery(self.encoding, program, {n: (r.low, r.high) for n, r in self.ranges.items()})

    @cached_property
    def _on_arrays(self) -> ArrayFunction | None:
        try:
            return ArrayFunction(seconds_program([self.formula], self.encoding.labels))
        except NotLowerableError:
            return None

    @cached_property
    def _column_of(self) -> dict[str, str]:
        return {label: name for name, label in self.encoding.labels.items()}

    @cached_property
    def _bounded(self) -> tuple[tuple[float, float, str, Range], ...]:
        """Return low, high, name and range of each expression that has a range, complexities first."""
        pairs = [(name, self.complexity_ranges[name]) for name in self.training.complexity]
        pairs += list(self.familiar.products.items())
        return tuple((seen.low, seen.high, name, seen) for name, seen in pairs)

    @cached_property
    def _places_of_levels(self) -> tuple[tuple[int, str, frozenset[float]], ...]:
        place = {name: index for index, name in enumerate(self.encoding.labels)}
        return tuple((place[name], name, frozenset(each)) for name, each in self.familiar.levels.items())

    def _explained(self, parameters: Mapping[str, float | str]) -> Answer:
        """Return an answer step by step, where each step says what is wrong."""
        self._check_names(parameters)
        encoded = self._encoded(parameters, "raise")
        self._check_signs(encoded)
        time_s = float(self._seconds(encoded)[0])
        values = {name: float(parameters[name]) for name in self.ranges}
        outside = {n: values[n] for n, seen in self.ranges.items() if not seen.low <= values[n] <= seen.high}
        strict = len(self.training.complexity)
        found = [float(evaluate(text, encoded)[0]) for text in self._expressions[:strict]]
        found += [float(loosely(text, encoded)[0]) for text in self._expressions[strict:]]
        return Answer(time_s, [float(each[0]) for each in encoded.values()], found, outside)

    def _prediction(self, answer: Answer) -> Prediction:
        time_s = answer.time_s
        if not 0.0 < time_s < math.inf:
            raise InputError(f"{self.combination}: no time > 0 can be predicted for these parameters")
        reasons, distance = self._strangeness(answer)
        remarks, wider, nearest = self._between_levels(answer) if self.familiar.levels else ([], 1.0, 0.0)
        low, high = self.interval.logs(time_s, max(distance, nearest), wider)
        inside = not reasons and nearest <= NEAR_LEVEL
        said = "; ".join([*reasons, *remarks]) if reasons or remarks else FAMILIAR
        low_s, high_s = time_s * math.exp(low), time_s * math.exp(high)
        if not 0.0 < low_s <= high_s < math.inf:
            raise InputError(f"{self.combination}: {NO_ENDS}")
        return Prediction(time_s, low_s, high_s, inside, said)

    def _strangeness(self, answer: Answer) -> tuple[list[str], float]:
        """Say what training saw nothing of, and how far that is, octaves.

        Products matter where each parameter is familiar, and the nearest rows where all products are.
        """
        distance = 0.0
        reasons = []
        for name, value in answer.outside.items():
            seen = self.ranges[name]
            distance = max(distance, seen.beyond(value))
            reasons.append(_outside(name, value, seen))
        told = bool(reasons)
        for (low, high, name, seen), value in zip(self._bounded, answer.values, strict=False):
            if not low <= value <= high:
                distance = max(distance, seen.beyond(value))
                if not told:
                    reasons.append(_outside(name, value, seen))
        if len(self.familiar.centres):
            far = self.familiar.from_centres(answer.values[len(self._bounded) :])
            if far > 0:
                distance = max(distance, far)
                if not reasons:
                    reasons.append(self.familiar.told(far))
        return reasons, distance

    def _between_levels(self, answer: Answer) -> tuple[list[str], float, float]:
        """Return remarks on values between those measured, a factor of width, and octaves to the nearest.

        Of a column of which values were left out in training, the factor says all, unless they are far apart.
        """
        remarks, wider, nearest = [], 1.0, 0.0
        for index, name, known in self._places_of_levels:
            value = answer.columns[index]
            label = self.encoding.labels[name]
            if value in known:
                continue
            factor = self.interval.levels.get(name)
            wider = max(wider, factor or 1.0)
            if label in answer.outside:
                continue
            far = self.familiar.from_levels(name, value)
            if factor is None or far > NEAR_LEVEL:
                nearest = max(nearest, far)
            if factor != 1.0:
                remarks.append(f"{label}={value:g} lies between the {len(known)} values measured")
        return remarks, wider, nearest

    def _all_strange(self, encoded: Columns) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Return distances in octaves, factors of width, and what is in range, each of shape (n,)."""
        distances = self.familiar.distances(encoded)
        for test in self.range_tests()[: len(self.ranges) + len(self.complexity_ranges)]:
            distances = np.maximum(distances, test.seen.all_beyond(evaluate(test.expression, encoded)))
        inside = distances == 0
        wider = np.ones(len(distances))
        for name in self.familiar.levels:
            far = self.familiar.all_from_levels(name, encoded[name])
            factor = self.interval.levels.get(name)
            wider = np.where(far > 0, np.maximum(wider, factor or 1.0), wider)
            far[~self.ranges[self.encoding.labels[name]].holds(encoded[name])] = 0.0
            inside &= far <= NEAR_LEVEL
            if factor is not None:
                far[far <= NEAR_LEVEL] = 0.0
            distances = np.maximum(distances, far)
        return distances, wider, inside

    def _encoded(self, columns: Any, unseen: Literal["raise", "zero"]) -> Columns:
        missing = [name for name in self.constants if name not in columns]
        if missing and len(missing) < len(self.parameters):
            known = {str(name): columns[name] for name in columns}
            length = len(np.atleast_1d(np.asarray(next(iter(known.values()))))) if known else 1
            columns = {**{name: np.full(length, self.constants[name]) for name in missing}, **known}
        encoded = self.encoding.encode(columns, unseen=unseen)
        if n_rows(encoded) == 0:
            raise InputError(f"{self.combination}: there must be at least 1 row to predict, but got 0")
        return encoded

    def _seconds(self, columns: Columns) -> Floats:
        times = self._on_arrays(columns) if self._on_arrays is not None else None
        if times is None:
            with np.errstate(over="ignore"):
                times = self.formula.seconds(columns)
        good = np.isfinite(times) & (times > 0)
        if not good.all():
            where = in_row(int(np.argmin(good)), len(times))
            raise InputError(
                f"{self.combination}: no finite time > 0 can be predicted for these parameters{where}"
            )
        return times

    def _check_names(self, parameters: Mapping[str, float | str]) -> None:
        for name in parameters:
            if name not in self.parameters:
                raise UnknownNameError(f"parameter of {self.combination.kernel}", name, self.parameters)
        missing = [name for name in self.parameters if name not in parameters]
        if missing:
            raise InputError(f"{self.combination}: a value of {', '.join(missing)} is missing")

    def _check_signs(self, columns: Columns) -> None:
        """Refuse a negative value of a parameter that is never negative: that is a slip, not a far query."""
        for name, seen in self.ranges.items():
            values = columns[self._column_of[name]]
            if seen.low >= 0 > values.min():
                row = int(np.argmax(values < 0))
                where = in_row(row, len(values))
                raise InputError(f"{self.combination}: {name} must be >= 0, but got {values[row]:g}{where}")


def _outside(name: str, value: float, seen: Range) -> str:
    """Return what is strange about a value that lies outside."""
    return f"{name}={value:g} is outside the trained range {seen.low:g}..{seen.high:g}"
