"""Matrix-vector product, float32, row-major: y (m) = A (m, n) x (n)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.kernels.base import Array, Parameter, Shape, Sizes
from perfpred.kernels.matrix_rows import row_kernel


def _operands(sizes: Sizes) -> tuple[Shape, ...]:
    return (sizes["m"], sizes["n"]), (sizes["n"],)


def _result(sizes: Sizes) -> Shape:
    return (sizes["m"],)


def _reference(sizes: Sizes, a: Array, x: Array) -> NDArray[np.float64]:
    return np.asarray(a.astype(np.float64) @ x.astype(np.float64))


MATVEC = row_kernel(
    name="matvec",
    summary="matrix-vector product, y (m) = A (m, n) x (n), float32, row-major",
    parameters=(Parameter("m", 1, 1024), Parameter("n", 1, 1024)),
    # Besides the work: the result, the vector, and the work of whole 16-wide vectors along n.
    complexity={"work": "m*n", "output": "m", "vector": "n", "tiles": "m*ceil(n/16)*16"},
    operands=_operands,
    result=_result,
    reference=_reference,
)
