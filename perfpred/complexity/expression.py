"""Expressions that can be evaluated on numbers, arrays or a DataFrame, and `Complexity`, the plain one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from perfpred.complexity.evaluation import ON_ARRAYS, ON_FLOATS, Program, compile_tree
from perfpred.complexity.parser import parse
from perfpred.complexity.tree import Node, names_in
from perfpred.errors import ExpressionError, InputError, UnknownNameError


class Columns(Protocol):
    """What an expression reads: a dict or a DataFrame, anything that lists names and looks one up."""

    def __getitem__(self, name: str, /) -> Any:
        """Return the values of column `name`."""

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the column names."""


@dataclass(frozen=True)
class Expression(ABC):
    """What a text was read into, ready to be evaluated; a language is a subclass that reads it."""

    text: str
    tree: Node = field(init=False, repr=False, compare=False)
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _on_floats: Program = field(init=False, repr=False, compare=False)
    _on_arrays: Program = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tree = self._read(self.text)
        names = tuple(dict.fromkeys(names_in(tree)))
        index = {name: position for position, name in enumerate(names)}
        object.__setattr__(self, "tree", tree)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "_on_floats", compile_tree(tree, index, ON_FLOATS))
        object.__setattr__(self, "_on_arrays", compile_tree(tree, index, ON_ARRAYS))

    @staticmethod
    @abstractmethod
    def _read(text: object) -> Node:
        """Return the tree of a text, or raise an `ExpressionError`."""

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[Expression], tuple[str]]:
        return type(self), (self.text,)  # nested functions cannot be pickled; the text says it all

    @overload
    def __call__(self, columns: Mapping[str, float]) -> float: ...
    @overload
    def __call__(self, columns: Columns) -> NDArray[np.float64]: ...
    def __call__(self, columns: Columns | Mapping[str, float]) -> float | NDArray[np.float64]:
        """Evaluate; a division by zero or the logarithm of a negative gives an infinity or NaN silently.

        Parameters
        ----------
        columns : mapping or DataFrame
            Column name to a number or to an array-like; arrays broadcast against each other.

        Returns
        -------
        float or ndarray of float64
            A float when every column used is a number, else an array of the common shape. An expression
            without names takes the common shape of all the columns.

        Raises
        ------
        UnknownNameError
            If a column is missing.
        InputError
            If a column is not numeric, or shapes do not fit together.
        """
        values = self._look_up(columns)
        if values and all(isinstance(value, int | float) for value in values):
            try:
                return float(self._on_floats(tuple(map(float, values))))
            except OverflowError:
                raise InputError(f"a value is too large for double precision in '{self.text}'") from None
        result = self._on_columns(values)
        if not self.names:
            result = np.full(_common_shape(columns), float(result))
        return float(result) if result.ndim == 0 else result

    def _look_up(self, columns: Columns | Mapping[str, float]) -> list[Any]:
        try:
            return [columns[name] for name in self.names]
        except KeyError:
            known = [str(column) for column in columns]
            missing = next(name for name in self.names if name not in known)
            raise UnknownNameError(f"column in '{self.text}':", missing, known) from None

    def _on_columns(self, values: list[Any]) -> NDArray[np.float64]:
        arrays = tuple(_numeric(name, value) for name, value in zip(self.names, values, strict=True))
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self._on_arrays(arrays), dtype=np.float64)
        except ValueError:
            shapes = ", ".join(f"{n} {a.shape}" for n, a in zip(self.names, arrays, strict=True))
            raise InputError(f"shapes in '{self.text}' must fit together, but got {shapes}") from None


@dataclass(frozen=True)
class Complexity(Expression):
    """An expression over column names, evaluated on numbers, arrays or a DataFrame.

    Parameters
    ----------
    text : str
        For example ``"m*n*k"`` or ``"ceil(m/16)*ceil(n/16)*k"``. Numbers, column names, parentheses,
        ``+ - * / // % **``, comparisons (1 where they hold, else 0; chains too), ``min`` and ``max`` of two
        or more, ``ceil``, ``floor``, ``log2`` and ``sqrt``.

    Attributes
    ----------
    tree : Node
        What was read, built of `Number`, `Name`, `Unary`, `Binary`, `Compare` and `Call`.
    names : tuple of str
        Columns needed, in order of first appearance.

    Raises
    ------
    ExpressionError
        If `text` is anything else; the message has a caret under the character that is wrong.

    Examples
    --------
    >>> work = Complexity("2*m*n + m//n")
    >>> work.names
    ('m', 'n')
    >>> work({"m": 6, "n": 4})
    49.0
    >>> work({"m": np.array([6, 7]), "n": 4})
    array([49., 57.])
    """

    @staticmethod
    def _read(text: object) -> Node:
        return parse(text)


def _common_shape(columns: Columns | Mapping[str, float]) -> tuple[int, ...]:
    return np.broadcast_shapes(*(np.shape(columns[column]) for column in columns))


def _numeric(name: str, value: object) -> NDArray[np.float64]:
    """Return `value` as float64; text and None are refused though NumPy would convert them."""
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biuf" or (
            array.dtype.kind == "O" and all(isinstance(each, Real) for each in array.flat)
        ):
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise InputError(f"column '{name}' must be numeric to be used in an expression")


def complexities(mapping: Mapping[str, str]) -> dict[str, Complexity]:
    """Parse several named expressions.

    Parameters
    ----------
    mapping : mapping of str to str
        Name, such as ``flops``, to expression.

    Returns
    -------
    dict of str to Complexity
        In the same order.

    Raises
    ------
    ExpressionError
        If one cannot be read; the message starts with its name.

    Examples
    --------
    >>> complexities({"flops": "2*m*n*k"})
    {'flops': Complexity(text='2*m*n*k')}
    """
    parsed = {}
    for name, text in mapping.items():
        try:
            parsed[name] = Complexity(text)
        except ExpressionError as error:
            raise ExpressionError(f"complexity '{name}': {error}") from None
    return parsed
