"""Kernels: what is computed. One file per kernel, and one line here to register it."""

from __future__ import annotations

from perfpred.kernels.base import Kernel, Parameter
from perfpred.kernels.conv2d import CONV2D
from perfpred.kernels.conv2d_nchw import CONV2D_NCHW
from perfpred.kernels.matmul import MATMUL, MATMUL_INT32
from perfpred.kernels.matvec import MATVEC
from perfpred.kernels.maxpool import MAXPOOL
from perfpred.kernels.softmax import SOFTMAX
from perfpred.registry import Registry

__all__ = ["KERNELS", "Kernel", "Parameter", "kernel"]

KERNELS: Registry[Kernel] = Registry(
    "kernel",
    (MATMUL, MATVEC, CONV2D, MAXPOOL, CONV2D_NCHW, SOFTMAX, MATMUL_INT32),
    group="perfpred.kernels",
)


def kernel(name: str) -> Kernel:
    """Return the kernel called `name`; raises `UnknownNameError` with the nearest name."""
    return KERNELS.named(name)
