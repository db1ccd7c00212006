"""What is computed: the `Kernel` noun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.kernels.domain import SizeRule
from perfpred.kernels.features import candidates

Sizes = Mapping[str, int]
Shape = tuple[int, ...]
Array = NDArray[Any]
"""Of a kernel's own dtype."""

MAX_INTEGER = 100
"""Of random integer operands: any sum of products here is exact in float64 and fits in int32."""


@dataclass(frozen=True)
class Parameter:
    """An integer size parameter, drawn uniformly from `low`, `low` + `step`, ... up to `high`.

    Attributes
    ----------
    name : str
    low : int
        The smallest value.
    high : int
        The largest value.
    step : int
        Between one value and the next.

    Raises
    ------
    InputError
        Unless `low` <= `high` and `step` >= 1.
    """

    name: str
    low: int
    high: int
    step: int = 1

    def __post_init__(self) -> None:
        if self.low > self.high or self.step < 1:
            got = f"low={self.low}, high={self.high}, step={self.step}"
            raise InputError(f"parameter {self.name}: low <= high and step >= 1 must hold, but got {got}")

    @property
    def n_values(self) -> int:
        """The number of different values."""
        return (self.high - self.low) // self.step + 1

    def draw(self, rng: np.random.Generator) -> int:
        """Return one value."""
        return self.low + self.step * int(rng.integers(self.n_values))


@dataclass(frozen=True)
class Kernel:
    """A computation whose time is to be predicted.

    Parameters
    ----------
    name, summary : str
        Its name and one line about it.
    parameters : tuple of Parameter
        The size parameters and how they are drawn.
    complexity : mapping of str to str
        Named work expressions over the parameters; the first is the kernel's complexity proper.
    features : mapping of str to str
        Further expressions a predictor may use, such as vector remainders of the contiguous dimension.
    extents : tuple of str
        Extents of the computation's loops, as expressions; what happens at their ends costs extra.
    operands : callable
        Sizes to the shapes of the operands.
    result : callable
        Sizes to the shape of the result.
    reference : callable
        Sizes and operands to the exact result, computed in float64.
    reduction : callable
        Sizes to the number of terms summed into one result; rounding errors grow with it.
    domain : tuple of SizeRule
        What sizes must be for there to be an output.
    dtype : str
        Of operands and result: ``float32`` or ``int32``.

    Raises
    ------
    InputError
        Unless there are parameters, and their names differ.
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    complexity: Mapping[str, str]
    operands: Callable[[Sizes], tuple[Shape, ...]]
    result: Callable[[Sizes], Shape]
    reference: Callable[..., NDArray[np.float64]]
    reduction: Callable[[Sizes], int]
    features: Mapping[str, str] = field(default_factory=dict)
    extents: tuple[str, ...] = ()
    domain: tuple[SizeRule, ...] = ()
    dtype: str = "float32"

    def __post_init__(self) -> None:
        names = self.parameter_names
        if not names or len(set(names)) < len(names):
            rule = "parameters must be at least one, with names that differ"
            raise InputError(f"kernel {self.name}: {rule}, but are {', '.join(names) or 'none'}")

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the size parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    def draw(self, n: int, rng: np.random.Generator) -> list[dict[str, int]]:
        """Return `n` distinct draws of the size parameters.

        Raises
        ------
        InputError
            If the parameters have fewer than `n` distinct values.
        """
        possible = int(np.prod([parameter.n_values for parameter in self.parameters], dtype=object))
        if n > possible:
            raise InputError(f"kernel {self.name} has {possible} sizes, but {n} were asked for")
        seen: dict[tuple[int, ...], None] = {}
        while len(seen) < n:
            seen[tuple(parameter.draw(rng) for parameter in self.parameters)] = None
        return [dict(zip(self.parameter_names, values, strict=True)) for values in seen]

    @property
    def candidates(self) -> dict[str, str]:
        """Features, and many more made of the extents, for a predictor that chooses among them."""
        return {**self.features, **candidates(self.extents)}

    @property
    def family(self) -> str:
        """The name without its dtype: what kernels that differ in nothing else share."""
        return self.name.removesuffix(f"_{self.dtype}")

    @property
    def exact(self) -> bool:
        """Whether results are whole numbers, without rounding."""
        return np.issubdtype(np.dtype(self.dtype), np.integer)

    def random(self, shape: int | Shape, rng: np.random.Generator) -> Array:
        """Return a random operand: uniform values of -1..1, or whole ones of -100..100."""
        if self.exact:
            return rng.integers(-MAX_INTEGER, MAX_INTEGER, shape, dtype=self.dtype, endpoint=True)
        return rng.uniform(-1.0, 1.0, shape).astype(self.dtype)

    @property
    def never(self) -> float:
        """A value that no right result holds: what is left of it was not written."""
        return np.iinfo(self.dtype).min if self.exact else np.nan

    def agrees(self, sizes: Sizes, result: Array, operands: tuple[Array, ...]) -> bool:
        """Say whether a `result` equals the reference: exactly, or within accumulated rounding."""
        return self.difference(sizes, result, operands) is None

    def difference(self, sizes: Sizes, result: Array, operands: tuple[Array, ...]) -> str | None:
        """Say in a sentence how a `result` differs from the reference, None if it agrees.

        For floating point the bound is the usual one for a sum of `reduction` products of operands of unit
        size: errors of order ``eps * sqrt(reduction)``, with a wide margin for the order of summation.
        """
        expected = self.reference(sizes, *operands)
        if result.shape != np.shape(expected):
            return f"the result has shape {result.shape}, but the reference {np.shape(expected)}"
        unwritten = result == self.never if self.exact else ~np.isfinite(result)
        if unwritten.any():
            return f"{unwritten.sum()} of {result.size} values were not written, or are not finite"
        bound = 0.0 if self.exact else _bound(self.reduction(sizes), operands)
        error = np.abs(result - np.asarray(expected, dtype=np.float64))
        wrong = ~(error <= bound)  # NaN in the reference too
        if not wrong.any():
            return None
        first = tuple(int(index) for index in np.argwhere(wrong)[0])
        got, right = float(result[first]), float(expected[first])
        allowed = f" (+-{bound:.2g})" if bound else ""
        where = f"{wrong.sum()} of {result.size} values are wrong, the first at {list(first)}"
        return f"{where}: {got:g}, not {right:g}{allowed}"


def _bound(reduction: int, operands: tuple[Array, ...]) -> float:
    """Return by how much a sum of products may differ from the exact one."""
    return 32 * float(np.finfo(np.float32).eps) * float(np.sqrt(reduction)) * _scale(operands)


def _scale(operands: tuple[Array, ...]) -> float:
    return float(np.prod([np.abs(operand).max(initial=0.0) for operand in operands]))
