"""Dense matrix product, row-major: C (m, n) = A (m, k) B (k, n), in float32 and in int32."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfpred.kernels.base import Array, Kernel, Parameter, Shape, Sizes
from perfpred.kernels.domain import at_least_one
from perfpred.kernels.features import remainders


def _operands(sizes: Sizes) -> tuple[Shape, ...]:
    return (sizes["m"], sizes["k"]), (sizes["k"], sizes["n"])


def _result(sizes: Sizes) -> Shape:
    return sizes["m"], sizes["n"]


def _reference(sizes: Sizes, a: Array, b: Array) -> NDArray[np.float64]:
    return np.asarray(a.astype(np.float64) @ b.astype(np.float64))


MATMUL = Kernel(
    name="matmul",
    summary="dense matrix product, C (m, n) = A (m, k) B (k, n), float32, row-major",
    parameters=(Parameter("m", 1, 1024), Parameter("n", 1, 1024), Parameter("k", 1, 1024)),
    # Besides the work: the traffic of each matrix, and the work of whole 16-wide vectors along n.
    complexity={
        "work": "m*n*k",
        "output": "m*n",
        "left": "m*k",
        "right": "n*k",
        "tiles": "m*ceil(n/16)*16*k",
    },
    # n is the contiguous dimension of B and C: what is left of it after whole vectors costs extra.
    features=remainders("n"),
    extents=("m", "n", "k"),
    domain=at_least_one("m", "n", "k"),
    operands=_operands,
    result=_result,
    reference=_reference,
    reduction=lambda sizes: sizes["k"],
)

MATMUL_INT32 = replace(
    MATMUL,
    name="matmul_int32",
    summary="dense matrix product, C (m, n) = A (m, k) B (k, n), int32, row-major",
    dtype="int32",
)
