"""From raw parameters to the numbers a formula works on: the one function of training and of serving."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from perfpred.complexity import Complexity
from perfpred.errors import ExpressionError, InputError, UnknownNameError
from perfpred.predict.checks import Floats, require, require_few, require_finite

Columns = Mapping[str, Floats]

LEAST_SUM = 1e-290
"""A sum of terms below this, in seconds, may have lost digits of its terms; nothing runs that fast."""
_MAX_INPUT = 1e100
"""Inputs and scales beyond, either way, leave no room for products in double precision."""
_NO_END = float(np.finfo(np.float64).max)
"""An input of a model that does not clip ends there."""
_MAX_DEVIATIONS = 1e9
"""Of n values none is further than sqrt(n) standard deviations from their mean."""
_MAX_NAME = 200
"""Characters of a made name: an expression, which is limited, may hold several."""
_NAME_KEPT = 60


@dataclass(frozen=True)
class Encoding:
    """How raw parameters become numeric columns.

    A numeric parameter stays one column. A categorical one becomes a 0/1 column a level, labelled
    ``column=level``. A label that an expression could not name gets a safe name made from it.

    Parameters
    ----------
    parameters : tuple of str
        The raw columns, in order.
    categories : mapping of str to tuple of str
        Levels seen in training, for each categorical column.

    Raises
    ------
    InputError
        If names repeat or are empty, or if `categories` names another column.

    Examples
    --------
    >>> encoding = Encoding(("n", "mode"), {"mode": ("fast", "safe")})
    >>> encoding.labels
    {'n': 'n', 'mode_fast': 'mode=fast', 'mode_safe': 'mode=safe'}
    >>> encoding.encode({"n": [4, 8], "mode": ["safe", "fast"]})["mode_fast"]
    array([0., 1.])
    """

    parameters: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_names(self, "parameters", self.parameters)
        for column, levels in self.categories.items():
            require(column in self.parameters, self, "every category is a parameter", repr(column))
            _require_names(self, f"levels of {column}", levels)
            require(len(levels) > 0, self, f"{column} has levels", levels)
            like_a_level = {f"{column}={level}" for level in levels} & {*self.parameters}
            require(not like_a_level, self, "no parameter is called like a level", like_a_level)

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike]) -> Encoding:
        """Return the encoding of training `columns`: what is not numeric is categorical."""
        levels = {name: _levels(name, values) for name, values in columns.items() if not _is_numeric(values)}
        return cls(tuple(columns), levels)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Label of each encoded column by its name in expressions, in order."""
        labels: dict[str, str] = {}
        taken = set(self.parameters)
        for parameter in self.parameters:
            levels = self.categories.get(parameter)
            wanted = [parameter] if levels is None else [f"{parameter}={level}" for level in levels]
            for label in wanted:
                name = label if _is_expression(label) else _safe_name(label, taken)
                labels[name] = label
                taken.add(name)
        return labels

    def encode(
        self, columns: Mapping[str, Any], *, unseen: Literal["raise", "zero"] = "raise"
    ) -> dict[str, Floats]:
        """Return the numeric columns of raw `columns`.

        Parameters
        ----------
        columns : mapping of str to array_like of shape (n,)
            A DataFrame, a dict of columns, or a dict of scalars (then n = 1). Further columns are ignored.
        unseen : {"raise", "zero"}
            A level that training did not see is an error, or 0 in every column of its parameter: for
            a caller that tells its user that the query is out of range.

        Returns
        -------
        dict of str to ndarray of shape (n,)
            Float64, in the order of `labels`.

        Raises
        ------
        InputError
            If a column is missing, of another length, or holds something other than finite numbers.
        UnknownNameError
            If a level was not seen in training and `unseen` is "raise".
        """
        names = iter(self.labels)
        encoded: dict[str, Floats] = {}
        for parameter in self.parameters:
            values = _column(columns, parameter)
            if parameter not in self.categories:
                encoded[next(names)] = _numbers(parameter, values)
                continue
            levels = self.categories[parameter]
            texts = _texts(parameter, values)
            if unseen == "raise":
                _require_known(parameter, levels, texts)
            place = {level: index for index, level in enumerate(levels)}
            places = np.array([place.get(text, -1) for text in texts])
            for index in range(len(levels)):
                encoded[next(names)] = (places == index).astype(np.float64)
        _require_one_length(encoded)
        return encoded


@dataclass(frozen=True)
class Input:
    """One standardised input of a formula: an expression, clipped to the range that training saw.

    Parameters
    ----------
    expression : str
        Over encoded columns.
    mean, scale : float
        Of the training values, so that ``(x - mean) / scale`` has mean 0 and deviation 1 there.
    low, high : float
        Values beyond are clipped: a net says nothing sensible where it has seen nothing.
    """

    expression: str
    mean: float
    scale: float
    low: float
    high: float

    def __post_init__(self) -> None:
        parsed(self.expression)
        require_finite(self, "mean", "scale", "low", "high")
        require(self.scale > 0, self, "scale > 0", self.scale)
        require(self.scale >= 1 / _MAX_INPUT, self, f"scale >= {1 / _MAX_INPUT:g}", self.scale)
        require(self.low <= self.high, self, "low <= high", f"(low={self.low}, high={self.high})")
        self._require_sensible()

    def _require_sensible(self) -> None:
        """Refuse numbers whose standardised values would not be finite; an end at infinity is no end."""
        ends = [end for end in (self.low, self.high) if abs(end) < _NO_END]
        largest = max(map(abs, (self.mean, *ends)))
        require(largest <= _MAX_INPUT, self, f"|low|, |high| and |mean| <= {_MAX_INPUT:g}", largest)
        reached = max((abs(end - self.mean) / self.scale for end in ends), default=0.0)
        numbers = f"(low={self.low}, high={self.high}, mean={self.mean}, scale={self.scale})"
        require(reached <= _MAX_DEVIATIONS, self, "low and high are not far from the mean in scales", numbers)

    @classmethod
    def fitted(cls, expression: str, columns: Columns) -> Input | None:
        """Return the input standardised on training `columns`; None if it is constant there."""
        values = evaluate(expression, columns)
        low, high, mean = float(values.min()), float(values.max()), float(values.mean())
        scale = float(values.std())
        if high - low <= 1e-9 * max(abs(low), abs(high)) or scale == 0.0:
            return None
        return cls(expression, mean, scale, low, high)

    def clipped_to(self, columns: Columns) -> Input:
        """Return the input clipped to the range that it has on `columns`."""
        values = evaluate(self.expression, columns)
        return replace(self, low=float(values.min()), high=float(values.max()))

    def __call__(self, columns: Columns) -> Floats:
        """Return the standardised values, shape (n,)."""
        clipped = np.clip(evaluate(self.expression, columns), self.low, self.high)
        return np.asarray((clipped - self.mean) / self.scale)


def design_matrix(inputs: Sequence[Input], columns: Columns) -> Floats:
    """Return the standardised inputs of encoded `columns`, shape (n, d)."""
    matrix = np.empty((n_rows(columns), len(inputs)))
    for index, each in enumerate(inputs):
        matrix[:, index] = each(columns)
    return matrix


def evaluate(expression: str, columns: Columns) -> Floats:
    """Return the finite values of an expression, shape (n,); raises `InputError` where it has none."""
    values = np.array(np.broadcast_to(parsed(expression)(columns), (n_rows(columns),)), dtype=np.float64)
    _require_each(np.isfinite(values), values, f"'{expression}' must be finite", expression, columns)
    return values


def log_of(expression: str, columns: Columns) -> Floats:
    """Return the natural logarithm of an expression, shape (n,); raises `InputError` unless it is > 0."""
    values = evaluate(expression, columns)
    _require_each(values > 0, values, f"complexity '{expression}' must be > 0", expression, columns)
    return np.asarray(np.log(values))


def log_sum_of(terms: Sequence[str], log_coefficients: Floats, columns: Columns) -> Floats:
    """Return ``log(sum_j exp(q_j) term_j)``, shape (n,), of J terms > 0 with log coefficients q (J,).

    Raises
    ------
    InputError
        If the sum is below `LEAST_SUM`: exported C has no such numbers either.
    """
    logs = np.stack([log_of(term, columns) for term in terms], axis=1) + log_coefficients
    largest = logs.max(axis=1)
    total = np.asarray(largest + np.log(np.exp(logs - largest[:, None]).sum(axis=1)))
    if total.min(initial=0.0) < math.log(LEAST_SUM):
        row = int(total.argmin())
        raise InputError(
            f"no time can be predicted{in_row(row, len(total))}: it would be below {LEAST_SUM:g} s"
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
    """Return the parsed expression, once a process."""
    return Complexity(expression)


def n_rows(columns: Columns) -> int:
    """Return the common length of encoded columns."""
    return len(next(iter(columns.values()))) if columns else 0


def _require_each(good: Any, values: Floats, rule: str, expression: str, columns: Columns) -> None:
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


def _column(columns: Mapping[str, Any], name: str) -> Any:
    if name not in columns:
        raise InputError(f"column '{name}' is missing; got {', '.join(map(str, columns)) or 'none'}")
    values = np.atleast_1d(np.asarray(columns[name]))
    if values.ndim > 1:
        raise InputError(f"column '{name}' must have one dimension, but its shape is {values.shape}")
    return values


def _numbers(name: str, values: Any) -> Floats:
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        row = next(row for row, value in enumerate(values) if not _is_numeric(value))
        raise InputError(
            f"column '{name}' must hold numbers, but {_row_is(row, len(values))} '{values[row]}'"
        ) from None
    except OverflowError:
        raise InputError(f"column '{name}' holds a number too large for double precision") from None
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        raise InputError(f"column '{name}' must be finite, but {_row_is(row, len(numbers))} {numbers[row]}")
    return numbers


def _row_is(row: int, n: int) -> str:
    return f"row {row + 1} is" if n > 1 else "is"


def _is_numeric(values: ArrayLike) -> bool:
    array = np.asarray(values)
    if array.dtype.kind in "biuf":
        return True
    try:
        array.astype(np.float64)
    except (TypeError, ValueError):
        return False
    except OverflowError:
        return True
    return True


def _levels(name: str, values: ArrayLike) -> tuple[str, ...]:
    return tuple(sorted(set(_texts(name, np.asarray(values)))))


def _texts(name: str, values: Iterable[Any]) -> list[str]:
    texts = []
    for row, value in enumerate(values):
        # A missing value is None, nan, or pandas' own NA, which this room does not import.
        if value is None or type(value).__name__ == "NAType" or value != value:  # noqa: PLR0124
            raise InputError(f"column '{name}' must have a value in every row, but row {row + 1} has none")
        texts.append(str(value))
    return texts


def _require_known(name: str, levels: Sequence[str], texts: Iterable[str]) -> None:
    known = frozenset(levels)
    for text in texts:
        if text not in known:
            raise UnknownNameError(f"value of {name}", text, levels)


def _require_one_length(encoded: Columns) -> None:
    lengths = {name: len(values) for name, values in encoded.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"columns must have one length, but got {lengths}")


def _require_names(owner: object, what: str, names: Sequence[str]) -> None:
    require(all(isinstance(name, str) and name for name in names), owner, f"{what} are non-empty text", names)
    require(len(set(names)) == len(names), owner, f"{what} are distinct", names)


def _safe_name(label: str, taken: set[str]) -> str:
    """Return a name that an expression can use; other labels get another one."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_") or "column"
    while name in taken or (len(name) <= _MAX_NAME and not _is_expression(name)):
        name = f"{name}_" if name[0].isalpha() else f"column_{name}"
        if len(name) > _MAX_NAME:
            break
    if len(name) <= _MAX_NAME:
        return name
    exact = hashlib.sha256(label.encode("utf-8", "backslashreplace")).hexdigest()
    return f"column_{name[:_NAME_KEPT].strip('_')}_{exact[:16]}"


def _is_expression(name: str) -> bool:
    try:
        return parsed(name).names == (name,)
    except ExpressionError:
        return False
