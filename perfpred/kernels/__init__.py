"""Kernels: what is computed. One file a kernel, and one line here to register it."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.errors import UnknownNameError
from perfpred.kernels.base import Kernel, Parameter
from perfpred.kernels.conv2d import CONV2D
from perfpred.kernels.conv2d_nchw import CONV2D_NCHW
from perfpred.kernels.matmul import MATMUL, MATMUL_INT32
from perfpred.kernels.matvec import MATVEC
from perfpred.kernels.maxpool import MAXPOOL
from perfpred.kernels.softmax import SOFTMAX

__all__ = ["KERNELS", "Kernel", "Parameter", "kernel"]

KERNELS: Mapping[str, Kernel] = {
    known.name: known for known in (MATMUL, MATVEC, CONV2D, MAXPOOL, CONV2D_NCHW, SOFTMAX, MATMUL_INT32)
}


def kernel(name: str) -> Kernel:
    """Return the kernel called `name`; raises `UnknownNameError` with the nearest name."""
    try:
        return KERNELS[name]
    except KeyError:
        raise UnknownNameError("kernel", name, KERNELS) from None
