"""`Encoding`: from raw parameters, numbers and texts, to numeric columns that expressions can name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from perfpred.errors import ExpressionError, InputError, UnknownNameError
from perfpred.names import slug
from perfpred.predict.checks import Floats, require
from perfpred.predict.expressions import Columns, parsed

_MAX_NAME = 200
"""Characters of a derived name: an expression, which is limited, may hold several."""
_NAME_KEPT = 60


@dataclass(frozen=True)
class Encoding:
    """How raw parameters become numeric columns.

    A numeric parameter stays one column. A categorical one becomes one 0/1 column per level, labelled
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
            codes = {level: code for code, level in enumerate(levels)}
            coded = np.array([codes.get(text, -1) for text in texts])
            for code in range(len(levels)):
                encoded[next(names)] = (coded == code).astype(np.float64)
        _require_one_length(encoded)
        return encoded


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
    name = slug(label, "_").strip("_") or "column"
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
