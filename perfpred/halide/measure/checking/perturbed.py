"""What rounding can do to a pipeline's outputs: the reference on inputs that are moved by a few roundings.

Where a pipeline amplifies rounding (a difference of nearly equal values, a quotient by almost nothing), or
decides by it (a comparison, an index into a table), right schedules differ by more than their own roundings.
Moving the inputs by some spacings shows where, and by how much; so does code whose multiplications and
additions are not fused. A wrong schedule errs where neither does anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfpred.halide.measure.checking.compare import Array, Mask, Right, distance

MOVES = (1.0, 4.0, 16.0, 64.0, 2.0, 8.0, 32.0, 1.0)
"""By how many spacings of the coarsest floats inputs are moved in each run; the first few where runs last."""
FEW_MOVES = 2
WIDER = 0.5
"""By what part of its width the range of what was seen is widened on both sides."""
MORE_FLIPS = 4.0
STRAYS = 1e-4
"""The share of the values that may be decided by rounding without that being seen."""
LOOSE = 1e-2
"""A value that rounding changes by more than this part of the largest is as good as unchecked."""
LARGEST_MOVE = LOOSE / 2
"""The most that an input is moved by, as a part of it: 64 spacings of a half-precision float are more than
rounding ever does to it, and would leave nothing checked. One spacing it is at the least."""
SINGULAR = 0.1
"""The share of the values that may be something else where the right ones are not finite: where a divisor is
nothing, rounding may make it something."""


def moved_by(spacings: float, epsilon: float) -> float:
    """Return by what part of itself an input is moved by so many spacings of floats of an epsilon."""
    return max(epsilon, min(spacings * epsilon, LARGEST_MOVE))


@dataclass
class Spread:
    """How far an output goes on moved inputs, beside the right one.

    Attributes
    ----------
    right : Right
        What is right without rounding.
    low : ndarray
        The lowest result.
    high : ndarray
        The highest result.
    flips : int
        Where another result is right too.
    undecided : Mask or bool
        Where nothing can be said.
    """

    right: Right
    low: Array
    high: Array
    flips: int = 0
    undecided: Mask | bool = False

    @classmethod
    def of(cls, right: Right) -> Spread:
        """Return one that has seen the right output alone."""
        return cls(right, right.array.copy(), right.array.copy())

    def saw(self, output: Array) -> None:
        """Take in another output."""
        np.fmin(self.low, output, out=self.low)
        np.fmax(self.high, output, out=self.high)
        if output.dtype.kind == "f":
            self.undecided = self.undecided | (np.isfinite(output) != np.isfinite(self.right.array))
        else:
            self.flips = max(self.flips, int(np.count_nonzero(output != self.right.array)))

    @property
    def loose(self) -> float:
        """The share of the values that rounding alone changes by over a hundredth of the largest."""
        if self.right.array.dtype.kind == "b" or not self.right.array.size:
            return 0.0
        wide = ~(distance(self.high, self.low) <= LOOSE * self.right.scale)
        both_unknown = ~np.isfinite(self.low) if self.low.dtype.kind == "f" else False
        return float(np.mean((wide & ~both_unknown) | self.undecided))

    def unexplained(self, found: Array, mask: Mask) -> Mask | None:
        """Return where of `mask` an output is not within what was seen, None if nowhere."""
        if found.dtype.kind == "b":
            return None if self._are_few(found) else mask & (self.low == self.high)
        with np.errstate(invalid="ignore", over="ignore"):
            slack = self.right.allowed() + WIDER * distance(self.high, self.low)
            above = distance(np.maximum(found, self.high), self.high) > slack
            below = distance(np.minimum(found, self.low), self.low) > slack
            outside = above | below
        if found.dtype.kind == "f":
            outside |= ~np.isfinite(found) & np.isfinite(self.right.array)
            singular = mask & ~np.isfinite(self.right.array)
            if np.mean(singular) <= SINGULAR:
                outside &= ~singular
            left = mask & outside & ~np.asarray(self.undecided)
            return left if left.any() else None
        left = mask & outside
        if not left.any() and not self._are_few(found):
            left = mask
        return left if left.any() else None

    def _are_few(self, found: Array) -> bool:
        different = int(np.count_nonzero(found != self.right.array))
        return different <= self.right.flips() + MORE_FLIPS * self.flips


class Strays:
    """Values that differ, seldom and never twice at one place: decided by rounding, unseen by `Spread`."""

    def __init__(self) -> None:
        self._places: dict[int, dict[int, int]] = {}

    def allow(self, output: int, data: int, mask: Mask) -> bool:
        """Whether what is left of an output's differences on some data may be such."""
        places = np.flatnonzero(mask).tolist()
        before = self._places.setdefault(output, {})
        if len(places) > mask.size * STRAYS and not (len(places) == 1 and mask.size >= 0.1 / STRAYS):
            return False
        return all(before.setdefault(place, data) == data for place in places)


def spreads(rights: Sequence[Right]) -> list[Spread]:
    """Return a spread for each output."""
    return [Spread.of(each) for each in rights]
