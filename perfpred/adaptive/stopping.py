"""When further measurements are no longer worth their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.errors import InputError


@dataclass(frozen=True)
class CurvePoint:
    """One point of a learning curve.

    Parameters
    ----------
    rows : int
        Sizes measured.
    error : float
        Expected mean relative error, a fraction.
    noise : float
        Mean noise of the rows, a fraction; NaN if unknown.
    """

    rows: int
    error: float
    noise: float


@dataclass(frozen=True)
class StoppingRule:
    """Ends a sampling at the first of three occasions.

    Parameters
    ----------
    max_rows : int
        No more sizes than these.
    tolerance : float
        The curve is flat once the last `patience` batches have lowered the least error by less than this
        share of it.
    patience : int
        A single batch may fail to help by chance. With the defaults, batches of 20 end at about 150 sizes
        on recorded kernels, from 70 to 190.
    near_noise : float
        The error is the noise's once it is below this multiple of the noise: that compares two halves of a
        row's timings, and all of them together repeat better.
    """

    max_rows: int = 250
    tolerance: float = 0.10
    patience: int = 2
    near_noise: float = 0.75

    def __post_init__(self) -> None:
        problems = {
            f"max_rows must be >= 1, but got {self.max_rows}": self.max_rows < 1,
            f"tolerance must be in 0..1, but got {self.tolerance}": not 0 <= self.tolerance < 1,
            f"patience must be >= 1, but got {self.patience}": self.patience < 1,
            f"near_noise must be >= 0, but got {self.near_noise}": not self.near_noise >= 0,
        }
        for problem, found in problems.items():
            if found:
                raise InputError(problem)

    def reason(self, curve: Sequence[CurvePoint]) -> str | None:
        """Return why to stop after the last point of a learning curve, or None to go on.

        Examples
        --------
        >>> curve = [CurvePoint(n, e, 0.02) for n, e in ((30, 0.10), (50, 0.06), (70, 0.058), (90, 0.059))]
        >>> StoppingRule().reason(curve)
        'the last 2 batches lowered the expected error by 3.3% of it, less than 10%, to 5.9%'
        >>> StoppingRule().reason(curve[:3])
        """
        if not curve:
            return None
        last = curve[-1]
        if last.rows >= self.max_rows:
            return f"the maximum of {self.max_rows} sizes is reached"
        if last.error <= self.near_noise * last.noise:
            return f"the expected error, {last.error:.1%}, is near the noise of the rows, {last.noise:.1%}"
        if len(curve) <= self.patience:
            return None
        before = min(point.error for point in curve[: -self.patience])
        improved = 1 - min(point.error for point in curve[-self.patience :]) / before if before else 0.0
        if improved < self.tolerance:
            return (
                f"the last {self.patience} batches lowered the expected error by {max(improved, 0):.1%} of "
                f"it, less than {self.tolerance:.0%}, to {last.error:.1%}"
            )
        return None
