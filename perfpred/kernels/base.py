"""What is computed: the `Kernel` noun."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError

Sizes = Mapping[str, int]
Shape = tuple[int, ...]
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Parameter:
    """An integer size parameter, drawn uniformly from `low`, `low` + `step`, ... up to `high`."""

    name: str
    low: int
    high: int
    step: int = 1

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
    operands : callable
        Sizes to the shapes of the float32 operands.
    result : callable
        Sizes to the shape of the float32 result.
    reference : callable
        Sizes and operands to the exact result, computed in float64.
    reduction : callable
        Sizes to the number of terms summed into one result; rounding errors grow with it.
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
    dtype: str = "float32"

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

    def agrees(self, sizes: Sizes, result: Array, operands: tuple[Array, ...]) -> bool:
        """Say whether a float32 `result` equals the reference within accumulated rounding.

        The bound is the usual one for a sum of `reduction` products of operands of unit size:
        errors of order ``eps * sqrt(reduction)`` a result, with a wide margin for the order of summation.
        """
        expected = self.reference(sizes, *operands)
        if result.shape != expected.shape or not np.isfinite(result).all():
            return False
        bound = 32 * float(np.finfo(np.float32).eps) * np.sqrt(self.reduction(sizes)) * _scale(operands)
        return bool(np.abs(result - expected).max(initial=0.0) <= bound)


def _scale(operands: tuple[Array, ...]) -> float:
    return float(np.prod([np.abs(operand).max(initial=0.0) for operand in operands]))
