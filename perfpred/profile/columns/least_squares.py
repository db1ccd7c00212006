"""Least-squares fits of one column by others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fit(target: Floats, columns: list[Floats]) -> tuple[float, float]:
    """Return the first coefficient of a least-squares fit, and the root mean square of what is left."""
    matrix = np.column_stack(columns)
    if not np.isfinite(matrix).all() or not np.isfinite(target).all():
        return 0.0, float("inf")
    coefficients, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    left = target - matrix @ coefficients
    return float(coefficients[0]), float(np.sqrt(np.mean(left**2)))


def left_over(target: Floats, columns: list[Floats]) -> Floats:
    """Return what a least-squares fit leaves unexplained."""
    matrix = np.column_stack(columns)
    if not np.isfinite(matrix).all() or not np.isfinite(target).all():
        return target
    left: Floats = target - matrix @ np.linalg.lstsq(matrix, target, rcond=None)[0]
    return left


def squared(columns: list[Floats], n: int) -> list[Floats]:
    """Return columns with their squares and products, where there are rows enough for them."""
    squares = [a * b for index, a in enumerate(columns) for b in columns[index:]]
    return [*columns, *squares] if n > 3 * (len(columns) + len(squares)) else columns


def explained(target: Floats, columns: list[Floats]) -> float:
    """Return the share of the variance that powers of the parameters explain."""
    left = left_over(target, [*squared(columns, len(target)), np.ones(len(target))])
    return float(1 - np.mean(left**2) / max(float(np.var(target)), 1e-300))
