"""The `Predictor` noun: parameters to seconds, with an interval and a word on whether they are familiar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.checks import Floats, require, require_finite
from perfpred.predict.design import Columns, Encoding, evaluate, n_rows
from perfpred.predict.formula import Formula
from perfpred.predict.lowered import query_program, seconds_program
from perfpred.predict.query import Answer, QuickQuery
from perfpred.program import ArrayFunction, NotLowerableError


@dataclass(frozen=True)
class Range:
    """The values of a numeric parameter that training saw."""

    low: float
    high: float

    def __post_init__(self) -> None:
        require_finite(self, "low", "high")
        require(self.low <= self.high, self, "low <= high", f"(low={self.low}, high={self.high})")

    def holds(self, values: Floats) -> NDArray[np.bool_]:
        """Say of each value, shape (n,), whether it lies within, shape (n,)."""
        return np.asarray((values >= self.low) & (values <= self.high))


@dataclass(frozen=True)
class Interval:
    """A 90% interval around a prediction, relative to it, from out-of-fold residuals.

    The time lies in ``[prediction * exp(log_low), prediction * exp(log_high)]`` for nine of ten rows.
    """

    log_low: float
    log_high: float

    def __post_init__(self) -> None:
        require_finite(self, "log_low", "log_high")
        require(self.log_low <= self.log_high, self, "log_low <= log_high", (self.log_low, self.log_high))


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
    """

    model: str
    rows: int
    data_sha256: str
    noise: float | None
    complexity: Mapping[str, str]


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
    """

    combination: Combination
    encoding: Encoding
    formula: Formula
    ranges: Mapping[str, Range]
    complexity_ranges: Mapping[str, Range]
    interval: Interval
    training: Training

    def __post_init__(self) -> None:
        numeric = [name for name in self.encoding.parameters if name not in self.encoding.categories]
        require(sorted(self.ranges) == sorted(numeric), self, "every numeric parameter has a range", numeric)
        named = sorted(self.training.complexity)
        require(sorted(self.complexity_ranges) == named, self, "every complexity has a range", named)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters a query must give."""
        return self.encoding.parameters

    def predict(self, parameters: Mapping[str, float | str]) -> Prediction:
        """Return the prediction for one set of parameters.

        Raises
        ------
        InputError
            If a parameter is missing, unknown, not a finite number, or negative where training saw no
            negative value, or if the complexity has no value > 0 there.
        """
        answer = self._quick(parameters) if self._quick is not None else None
        if answer is not None:
            return self._prediction(answer.time_s, self._strangeness(answer))
        return self._explained(parameters)

    def seconds(self, columns: Any) -> Floats:
        """Return predicted seconds, shape (n,), in row order.

        Parameters
        ----------
        columns : DataFrame, or mapping of str to array_like of shape (n,) or to scalars
            The parameters; further columns are ignored.

        Raises
        ------
        InputError
            If a column is missing, or holds something other than finite numbers, there is no row, or a
            complexity has no value > 0 in one.
        """
        return self._seconds(self._encoded(columns))

    def predict_table(self, columns: Any) -> Floats:
        """Return what `seconds` does, but refuse, as `predict` does, negative values never seen in training.

        Raises
        ------
        InputError
            Also for such a value.
        """
        encoded = self._encoded(columns)
        self._check_signs(encoded)
        return self._seconds(encoded)

    def in_range(self, columns: Any) -> NDArray[np.bool_]:
        """Say of each row of a table whether it lies within what training saw, shape (n,)."""
        encoded = self._encoded(columns)
        inside = np.ones(n_rows(encoded), dtype=bool)
        for name, seen in self.ranges.items():
            inside &= seen.holds(encoded[self._column_of[name]])
        for name, text in self.training.complexity.items():
            inside &= self.complexity_ranges[name].holds(evaluate(text, encoded))
        for name, levels in self.encoding.categories.items():
            inside &= np.isin(np.atleast_1d(columns[name]).astype(str), levels)
        return inside

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # without compiled functions

    @cached_property
    def _quick(self) -> QuickQuery | None:
        try:
            program = query_program(self.formula, self.encoding.labels, self.training.complexity)
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
    def _ratios(self) -> tuple[float, float]:
        return math.exp(self.interval.log_low), math.exp(self.interval.log_high)

    def _explained(self, parameters: Mapping[str, float | str]) -> Prediction:
        """Return a prediction step by step, where each step says what is wrong."""
        self._check_names(parameters)
        columns = self._encoded(parameters)
        self._check_signs(columns)
        time_s = float(self._seconds(columns)[0])
        values = {name: float(parameters[name]) for name in self.ranges}
        outside = {n: values[n] for n, seen in self.ranges.items() if not seen.low <= values[n] <= seen.high}
        levels = {name: str(parameters[name]) for name in self.encoding.categories}
        unseen = {n: text for n, text in levels.items() if text not in self.encoding.categories[n]}
        texts = () if outside else self.training.complexity.values()
        complexities = tuple(float(evaluate(text, columns)[0]) for text in texts)
        return self._prediction(time_s, self._strangeness(Answer(time_s, complexities, outside, unseen)))

    def _prediction(self, time_s: float, reasons: list[str]) -> Prediction:
        low, high = self._ratios
        reason = "; ".join(reasons) or "within the range seen in training"
        return Prediction(time_s, time_s * low, time_s * high, not reasons, reason)

    def _encoded(self, columns: Any) -> Columns:
        encoded = self.encoding.encode(columns, unseen="zero")
        if n_rows(encoded) == 0:
            raise InputError(f"{self.combination}: there must be at least 1 row to predict, but got 0")
        return encoded

    def _seconds(self, columns: Columns) -> Floats:
        times = self._on_arrays(columns) if self._on_arrays is not None else None
        if times is not None:
            return times
        with np.errstate(over="ignore"):
            times = self.formula.seconds(columns)
        if not np.isfinite(times).all():
            raise InputError(f"{self.combination}: no finite time can be predicted for these parameters")
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
                where = f" in row {row}" if len(values) > 1 else ""
                raise InputError(f"{self.combination}: {name} must be >= 0, but got {values[row]:g}{where}")

    def _strangeness(self, answer: Answer) -> list[str]:
        """Say what training saw nothing of; complexities matter where each parameter is familiar."""
        reasons = [_outside(name, value, self.ranges[name]) for name, value in answer.outside.items()]
        if not reasons:
            named = zip(self.training.complexity, answer.complexities, strict=True)
            reasons = [_outside(name, value, self.complexity_ranges[name]) for name, value in named]
        for name, level in answer.unseen.items():
            levels = ", ".join(self.encoding.categories[name])
            reasons.append(f"{name}={level} was not seen in training ({levels})")
        return [reason for reason in reasons if reason]


def _outside(name: str, value: float, seen: Range) -> str:
    """Return what is strange about a value, or nothing."""
    if seen.low <= value <= seen.high:
        return ""
    return f"{name}={value:g} is outside the trained range {seen.low:g}..{seen.high:g}"
