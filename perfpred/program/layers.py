"""Operations on several values at once: what each back end computes faster as a whole than one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLOCK = 1 << 17
"""Entries of a matrix of rows and centres that are computed together: it stays in the cache."""


@dataclass(frozen=True, eq=False)
class TanhSum:
    """``sum_h v_h tanh(u_h . x + d_h)`` of d values x.

    Parameters
    ----------
    weights : ndarray of shape (H, d)
        u.
    biases, output_weights : ndarray of shape (H,)
        d and v.
    extreme : bool
        Whether the argument of a unit may be beyond -340..340, where `exp` of its double overflows.
    """

    weights: Floats
    biases: Floats
    output_weights: Floats
    extreme: bool

    @property
    def reach(self) -> float:
        """Largest absolute value there can be."""
        return float(np.abs(self.output_weights).sum())

    def __call__(self, *x: Floats, out: Floats) -> None:
        """Write the sum for arrays x of shape (n,), unit by unit."""
        unit, part = np.empty_like(out), np.empty_like(out)
        out.fill(0.0)
        for row, bias, weight in zip(self.weights, self.biases, self.output_weights, strict=True):
            total: Floats | float = bias
            for values, factor in zip(x, row, strict=True):
                np.multiply(values, factor, out=part)
                total = np.add(part, total, out=unit)
            np.tanh(total, out=unit)
            np.multiply(unit, weight, out=unit)
            np.add(out, unit, out=out)


@dataclass(frozen=True, eq=False)
class MaternSum:
    """``sum_i w_i (1 + r + r**2 / 3) exp(-r)`` with ``r = |x - c_i|`` of d values x.

    Parameters
    ----------
    centres : ndarray of shape (N, d)
        c.
    weights : ndarray of shape (N,)
        w.
    """

    centres: Floats
    weights: Floats

    @property
    def reach(self) -> float:
        """Largest absolute value there can be."""
        return float(np.abs(self.weights).sum())

    def __call__(self, *x: Floats, out: Floats) -> None:
        """Write the sum for arrays x of shape (n,)."""
        step = max(1, BLOCK // max(1, len(self.weights)))
        for start in range(0, len(out), step):
            rows = slice(start, start + step)
            squares = np.zeros((len(out[rows]), len(self.weights)))
            for values, centres in zip(x, self.centres.T, strict=True):
                column = np.broadcast_to(values, out.shape)  # a constant is one number
                squares += (column[rows, None] - centres) ** 2
            out[rows] = self._sum(squares)

    def of_floats(self, *x: float) -> float:
        """Return the sum for floats x."""
        return float(self._sum(((np.array(x) - self.centres) ** 2).sum(axis=1)))

    def _sum(self, squares: Floats) -> Floats:
        """Return the sum at square distances from the centres, shape (..., N), which it overwrites."""
        distance = np.sqrt(squares)
        decay = np.exp(-distance)
        squares /= 3
        squares += distance
        squares += 1
        squares *= decay
        return np.asarray(squares @ self.weights)


Layer: TypeAlias = TanhSum | MaternSum
