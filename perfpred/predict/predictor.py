"""The `Predictor` noun: parameters to a quantity, with its interval and whether training saw their like."""

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
from perfpred.predict.checks import Floats, require
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import Columns, evaluate, in_row, n_rows
from perfpred.predict.familiar import Familiar, loosely
from perfpred.predict.formula import Formula
from perfpred.predict.interval import NO_ENDS, Interval
from perfpred.predict.lowered import query_program, seconds_program
from perfpred.predict.prediction import Answers, Prediction
from perfpred.predict.quantity import TIME, Quantity, quantity_of
from perfpred.predict.query import Answer, QuickQuery
from perfpred.predict.range_check import FAMILIAR, NEAR_LEVEL, KnownDistances, RangeCheck, RangeTest
from perfpred.predict.ranges import Range
from perfpred.predict.training import Training
from perfpred.program import ArrayFunction, NotLowerableError

__all__ = ["Answers", "Interval", "Prediction", "Predictor", "Range", "RangeTest", "Training"]


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
    quantity, unit : str
        What is predicted, and in which unit: a name of `QUANTITIES`, with its unit.

    Raises
    ------
    InputError
        If the parts do not belong together, or the quantity is unknown or has another unit.
    """

    combination: Combination
    encoding: Encoding
    formula: Formula
    ranges: Mapping[str, Range]
    complexity_ranges: Mapping[str, Range]
    interval: Interval
    training: Training
    familiar: Familiar = field(default_factory=Familiar)
    quantity: str = TIME.name
    unit: str = TIME.unit

    def __post_init__(self) -> None:
        numeric = [name for name in self.encoding.parameters if name not in self.encoding.categories]
        require(sorted(self.ranges) == sorted(numeric), self, "every numeric parameter has a range", numeric)
        named = sorted(self.training.complexity)
        require(sorted(self.complexity_ranges) == named, self, "every complexity has a range", named)
        for name in (*self.interval.levels, *self.familiar.levels):
            is_numeric = self.encoding.labels.get(name) in self.ranges
            require(is_numeric, self, "columns of few values are numeric columns", repr(name))
        quantity_of(self.quantity, self.unit)

    @cached_property
    def predicts(self) -> Quantity:
        """What is predicted, with its unit and the words for it."""
        return quantity_of(self.quantity, self.unit)

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
        """Return the expressions that must lie within their ranges, in the order in which they are named."""
        return self._range_check.tests

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
            If a column is missing, or holds something other than finite numbers, there is no row, a
            complexity has no value > 0 in one, or something else than time is predicted.
        """
        self.require_time()
        return self._values(self._encoded(columns, "zero"))

    def predict_table(self, columns: Any) -> Floats:
        """Return predicted values, shape (n,), or refuse, as `predict` does, what training never saw.

        Raises
        ------
        InputError
            Also for a negative value where training saw none, and for an unknown category.
        """
        return self.answers(columns).value

    def answers(self, columns: Any, known: KnownDistances | None = None) -> Answers:
        """Return what `predict` does of each row of a table, as arrays of shape (n,).

        Parameters
        ----------
        columns : DataFrame, or mapping of str to array_like of shape (n,) or to scalars
            As for `seconds`.
        known : KnownDistances, optional
            Of other predictors that are asked about the same rows.

        Raises
        ------
        InputError
            As `predict_table`.
        """
        encoded = self._encoded(columns, "raise")
        self._check_signs(encoded)
        values = self._values(encoded)
        distances, wider, inside = self._range_check.of_rows(encoded, known)
        low, high = self.interval.ends(values, distances, wider)
        return Answers(values, low, high, inside, self.predicts)

    def require_time(self) -> None:
        """Raise `InputError` if something else than time is predicted, for those who need seconds."""
        if self.quantity != TIME.name:
            raise InputError(f"{self.combination}: it predicts {self.predicts.described}, not time in s")

    def in_range(self, columns: Any) -> NDArray[np.bool_]:
        """Say of each row of a table whether it lies within what training saw, shape (n,)."""
        encoded = self._encoded(columns, "zero")
        return np.asarray(self._range_check.of_rows(encoded)[2] & self.knows(columns))

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
    def _range_check(self) -> RangeCheck:
        return RangeCheck(
            self.encoding,
            self.ranges,
            self.complexity_ranges,
            self.training.complexity,
            self.familiar,
            self.interval.levels,
        )

    def _explained(self, parameters: Mapping[str, float | str]) -> Answer:
        """Return an answer step by step, where each step says what is wrong."""
        self._check_names(parameters)
        encoded = self._encoded(parameters, "raise")
        self._check_signs(encoded)
        value = float(self._values(encoded)[0])
        values = {name: float(parameters[name]) for name in self.ranges}
        outside = {n: values[n] for n, seen in self.ranges.items() if not seen.low <= values[n] <= seen.high}
        strict = len(self.training.complexity)
        found = [float(evaluate(text, encoded)[0]) for text in self._expressions[:strict]]
        found += [float(loosely(text, encoded)[0]) for text in self._expressions[strict:]]
        return Answer(value, [float(each[0]) for each in encoded.values()], found, outside)

    def _prediction(self, answer: Answer) -> Prediction:
        value, check = answer.value, self._range_check
        if not 0.0 < value < math.inf:
            rule = f"no {self.predicts.noun} > 0 can be predicted for these parameters"
            raise InputError(f"{self.combination}: {rule}")
        reasons, distance = check.strangeness(answer)
        remarks, wider, nearest = check.between_levels(answer) if self.familiar.levels else ([], 1.0, 0.0)
        low, high = self.interval.logs(value, max(distance, nearest), wider)
        inside = not reasons and nearest <= NEAR_LEVEL
        reason = "; ".join([*reasons, *remarks]) if reasons or remarks else FAMILIAR
        low, high = value * math.exp(low), value * math.exp(high)
        if not 0.0 < low <= high < math.inf:
            raise InputError(f"{self.combination}: {NO_ENDS}")
        return Prediction(value, low, high, inside, reason, self.predicts)

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

    def _values(self, columns: Columns) -> Floats:
        values = self._on_arrays(columns) if self._on_arrays is not None else None
        if values is None:
            with np.errstate(over="ignore"):
                values = self.formula.seconds(columns)
        good = np.isfinite(values) & (values > 0)
        if not good.all():
            where = in_row(int(np.argmin(good)), len(values))
            noun = self.predicts.noun
            raise InputError(
                f"{self.combination}: no finite {noun} > 0 can be predicted for these parameters{where}"
            )
        return values

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
            values = columns[self._range_check.column_of[name]]
            if seen.low >= 0 > values.min():
                row = int(np.argmax(values < 0))
                where = in_row(row, len(values))
                raise InputError(f"{self.combination}: {name} must be >= 0, but got {values[row]:g}{where}")
