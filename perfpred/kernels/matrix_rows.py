"""What kernels share that take each row of a matrix (m, n) to one result or one row of results."""

from __future__ import annotations

from functools import partial

from perfpred.kernels.base import Kernel
from perfpred.kernels.domain import at_least_one
from perfpred.kernels.features import remainders

row_kernel = partial(
    Kernel,
    features=remainders("n"),
    extents=("m", "n"),
    domain=at_least_one("m", "n"),
    reduction=lambda sizes: sizes["n"],
)
"""A `Kernel` whose rows lie along n, which it sums over."""
