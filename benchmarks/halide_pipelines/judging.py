"""What an output is judged by: how many of its values differ from the right ones by more than rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Allowed:
    """What may differ: floats by a part of the largest value, integers by so many steps."""

    tolerance: float
    steps: int


def difference(found: Sequence[Array], right: Sequence[Array], allowed: Allowed) -> str | None:
    """Return how outputs differ from the right ones, None if they do not.

    Examples
    --------
    >>> difference([np.array([1.0, 2.0])], [np.array([1.0, 4.0])], Allowed(1e-5, 0))
    '50.000% of output 0 wrong, by up to 0.5 of its largest value'
    """
    if len(found) != len(right):
        return f"{len(found)} outputs instead of {len(right)}"
    problems = (_one(index, *pair, allowed) for index, pair in enumerate(zip(found, right, strict=True)))
    return next((each for each in problems if each is not None), None)


def _one(index: int, found: Array, right: Array, allowed: Allowed) -> str | None:
    if found.shape != right.shape:
        return f"output {index} has shape {found.shape} instead of {right.shape}"
    one, other = found.astype(np.float64), right.astype(np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    apart = np.where(same, 0.0, np.abs(one - other))
    largest = float(np.max(np.abs(other[np.isfinite(other)]), initial=0.0)) or 1.0
    most = allowed.tolerance * largest if found.dtype.kind == "f" else allowed.steps
    wrong = ~(apart <= most)  # what is not a number is wrong
    if not wrong.any():
        return None
    worst = float(np.max(np.where(np.isfinite(apart), apart, np.inf))) / largest
    return f"{np.mean(wrong):.3%} of output {index} wrong, by up to {worst:.3g} of its largest value"
