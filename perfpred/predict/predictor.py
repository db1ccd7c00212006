"""The `Predictor` noun: parameters to seconds, with an interval and a word on whether they are familiar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.checks import Floats, require, require_finite
from perfpred.predict.design import Columns, Encoding, evaluate
from perfpred.predict.formula import Formula


@dataclass(frozen=True)
class Range:
    """The values of a numeric parameter that training saw."""

    low: float
    high: float

    def __post_init__(self) -> None:
        require_finite(self, "low", "high")
        require(self.low <= self.high, self, "low <= high", f"(low={self.low}, high={self.high})")


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
        self._check_names(parameters)
        columns = self.encoding.encode(parameters, unseen="zero")
        self._check_signs(columns)
        time_s = float(self._seconds(columns)[0])
        reasons = self._strangeness(parameters, columns)
        return Prediction(
            time_s,
            time_s * math.exp(self.interval.log_low),
            time_s * math.exp(self.interval.log_high),
            not reasons,
            "; ".join(reasons) or "within the range seen in training",
        )

    def seconds(self, columns: Any) -> Floats:
        """Return predicted seconds, shape (n,), in row order.

        Parameters
        ----------
        columns : DataFrame, or mapping of str to array_like of shape (n,) or to scalars
            The parameters.
        """
        return self._seconds(self.encoding.encode(columns, unseen="zero"))

    def _seconds(self, columns: Columns) -> Floats:
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
        labels = {label: name for name, label in self.encoding.labels.items()}
        for name, seen in self.ranges.items():
            value = float(columns[labels[name]][0])
            if seen.low >= 0 > value:
                raise InputError(f"{self.combination}: {name} must be >= 0, but got {value:g}")

    def _strangeness(self, parameters: Mapping[str, float | str], columns: Columns) -> list[str]:
        reasons = [_outside(name, float(parameters[name]), seen) for name, seen in self.ranges.items()]
        if not any(reasons):
            texts = self.training.complexity
            values = {name: float(evaluate(texts[name], columns)[0]) for name in texts}
            reasons = [_outside(name, values[name], seen) for name, seen in self.complexity_ranges.items()]
        for name, levels in self.encoding.categories.items():
            if str(parameters[name]) not in levels:
                reasons.append(f"{name}={parameters[name]} was not seen in training ({', '.join(levels)})")
        return [reason for reason in reasons if reason]


def _outside(name: str, value: float, seen: Range) -> str:
    """Return what is strange about a value, or nothing."""
    if seen.low <= value <= seen.high:
        return ""
    return f"{name}={value:g} is outside the trained range {seen.low:g}..{seen.high:g}"
