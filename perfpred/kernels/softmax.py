"""Softmax of each row of a matrix, float32, with the row maximum taken out first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.kernels.base import Array, Parameter, Shape, Sizes
from perfpred.kernels.matrix_rows import row_kernel


def _operands(sizes: Sizes) -> tuple[Shape, ...]:
    return ((sizes["m"], sizes["n"]),)


def _result(sizes: Sizes) -> Shape:
    return sizes["m"], sizes["n"]


def _reference(sizes: Sizes, x: Array) -> NDArray[np.float64]:
    exact = x.astype(np.float64)
    powers = np.exp(exact - exact.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


SOFTMAX = row_kernel(
    name="softmax",
    summary="softmax of each row of a matrix (m, n), float32, row-major",
    parameters=(Parameter("m", 1, 1024), Parameter("n", 1, 4096)),
    # Besides the work: rows, and the work of whole 16-wide vectors along n.
    complexity={"work": "m*n", "rows": "m", "columns": "n", "tiles": "m*ceil(n/16)*16"},
    operands=_operands,
    result=_result,
    reference=_reference,
)
