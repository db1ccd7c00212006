"""Whether two outputs are the same result.

Right schedules differ in the order of floating-point sums and in where multiplications and additions are
fused, so their floats differ by rounding: by some spacings of the coarsest floats that are computed.
Integers are equal if the pipeline computes with integers alone; where they are rounded floats, a difference
in the last bit moves a few of them across a rounding step, by 1. What differs by more may still be right,
where rounding is amplified, or decides a comparison or an index into a table: see
`perfpred.halide.measure.checking.perturbed`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Mask = NDArray[np.bool_]
SPACINGS = {2.0**-10: 8.0, 2.0**-7: 8.0, 2.0**-11: 8.0}
SPACINGS_BY_DEFAULT, SPACINGS_A_SUM = 256.0, 4.0
"""How many spacings of the coarsest floats rounding may make of some operations, and for the square root of
the terms of a sum; floats of half precision have too few values for as many."""
FLIPS = 64.0
"""How many spacings on either side of a rounding step another schedule may take to the other side."""
FEW_FLIPS = 2
TYPICAL, LARGE = 0.99, 16.0
"""The quantile of the magnitudes that stands for the largest, if it is at most so many times their median:
outliers hide nothing."""
SAMPLED = 1 << 16


@dataclass(frozen=True)
class Tolerance:
    """What rounding may change.

    Parameters
    ----------
    epsilon : float
        The spacing at 1 of the coarsest floats computed with, 0 for integers alone.
    terms : float
        How many values the longest reduction adds up.
    """

    epsilon: float
    terms: float = 1.0

    @property
    def relative(self) -> float:
        """The allowed part of a value, or of the typical largest, whichever is larger.

        Examples
        --------
        >>> f"{Tolerance(2.0**-23, 100.0).relative:.2g}"
        '3.5e-05'
        """
        spacings = SPACINGS.get(self.epsilon, SPACINGS_BY_DEFAULT)
        return self.epsilon * (spacings + SPACINGS_A_SUM * (math.sqrt(self.terms) - 1))

    @property
    def exact(self) -> bool:
        """Whether integers must be equal."""
        return self.epsilon == 0


@dataclass(frozen=True)
class Right:
    """A right output, and how far from it another may be."""

    array: Array
    tolerance: Tolerance

    @cached_property
    def scale(self) -> float:
        """The typical largest magnitude; 0 where every value is, or none is finite."""
        flat = self.array.ravel()[:: -(-self.array.size // SAMPLED) or 1]
        if flat.dtype.kind == "b":
            return 1.0
        magnitudes = np.abs(flat[np.isfinite(flat)].astype(np.float64))
        if not magnitudes.size:
            return 0.0
        middle = float(np.median(magnitudes[magnitudes > 0])) if magnitudes.any() else 0.0
        return min(float(np.quantile(magnitudes, TYPICAL)) or float(magnitudes.max()), LARGE * middle)

    def allowed(self) -> Array | float:
        """Return by how much each value may differ."""
        relative = self.tolerance.relative
        if self.array.dtype.kind != "f":
            return 0.0 if self.tolerance.exact else max(1.0, relative * self.scale)
        with np.errstate(invalid="ignore"):
            magnitudes = np.abs(self.array.astype(_wide(self.array)))
            return np.asarray(relative * np.maximum(magnitudes, self.scale))

    def flips(self) -> int:
        """Return how many integers may differ by 1."""
        steps = 2 * FLIPS * self.tolerance.epsilon * max(1.0, self.scale)
        return max(FEW_FLIPS, math.ceil(min(1.0, steps) * self.array.size))


def off(found: Array, right: Right) -> Mask | None:
    """Return where an output differs by more than rounding does, None if nowhere.

    Examples
    --------
    >>> right = Right(np.array([1.0, 2.0]), Tolerance(2.0**-52))
    >>> off(np.array([1.0, 2.0 + 1e-15]), right)
    >>> off(np.array([1.0, 2.5]), right)
    array([False,  True])
    """
    if right.array.dtype.kind != "f":
        return _integers_off(found, right)
    wide = _wide(found)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = np.asarray(np.subtract(found, right.array, dtype=wide))
        np.abs(difference, out=difference)
        if difference.max(initial=0.0) <= right.tolerance.relative * right.scale:
            return None
        mask = difference > right.allowed()
        unlike = np.isfinite(found) != np.isfinite(right.array)
        infinite = ~np.isfinite(found) & (found != right.array) & ~(np.isnan(found) & np.isnan(right.array))
    mask = np.where(np.isfinite(difference), mask, unlike | infinite)
    return mask if mask.any() else None


def distance(one: Array, other: Array) -> Array:
    """Return by how much values differ, as floats."""
    if one.dtype.kind == "f":
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray(np.abs(np.subtract(one, other, dtype=np.float64)))
    if one.dtype.kind == "b":
        return np.asarray(one != other, dtype=np.float64)
    # as a difference of unsigned numbers, which does not overflow
    larger = np.where(one > other, one, other).astype(np.uint64)
    smaller = np.where(one > other, other, one).astype(np.uint64)
    return np.asarray((larger - smaller).astype(np.float64))


def shown(found: Array, right: Right, mask: Mask) -> str:
    """Return how an output differs, where it does by too much."""
    share = np.mean(mask)
    if right.tolerance.exact and right.array.dtype.kind != "f":
        return f"{share:.3%} of the integers differ from the reference schedule's"
    different = distance(found, right.array)[mask]
    finite = different[np.isfinite(different)]
    if not finite.size:
        return f"{share:.3%} of the values are not finite where the reference schedule's are, or otherwise"
    worst = float(finite.max()) / (right.scale or 1.0)
    by = f"differs from the reference schedule by up to {worst:.3g} of its largest value"
    return f"{by}, in {share:.3%} of the values"


def constant_share(right: Right) -> float:
    """Return the share of an output's values that differ from their median."""
    values = right.array.ravel()
    values = values[:: -(-values.size // SAMPLED) or 1]
    if values.dtype.kind == "f":
        values = values[~np.isnan(values)].astype(np.float64)
    if right.array.size < 2 or not values.size:
        return float(right.array.size < 2)
    middle = np.sort(values)[values.size // 2]
    if right.array.dtype.kind != "f":
        return float(np.mean(values != middle))
    with np.errstate(invalid="ignore", over="ignore"):
        away = np.abs(values - middle) > right.tolerance.relative * right.scale
    return float(np.mean(away & (values != middle)))


def _integers_off(found: Array, right: Right) -> Mask | None:
    different = found != right.array
    if not different.any():
        return None
    if right.tolerance.exact:
        return np.asarray(different)
    far = distance(found, right.array) > right.allowed()
    if right.array.dtype.kind == "b":
        far = np.zeros_like(different)
    if far.any():
        return np.asarray(far)
    widened = right.tolerance.relative * right.scale >= 1
    return np.asarray(different) if different.sum() > right.flips() and not widened else None


def _wide(array: Array) -> Any:
    return np.float32 if array.dtype.itemsize < 8 else np.float64
