"""Kernels: what is computed. One file a kernel, and one line here to register it."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.errors import UnknownNameError
from perfpred.kernels.base import Kernel, Parameter
from perfpred.kernels.matmul import MATMUL

__all__ = ["KERNELS", "Kernel", "Parameter", "kernel"]

KERNELS: Mapping[str, Kernel] = {known.name: known for known in (MATMUL,)}


def kernel(name: str) -> Kernel:
    """Return the kernel called `name`; raises `UnknownNameError` with the nearest name."""
    try:
        return KERNELS[name]
    except KeyError:
        raise UnknownNameError("kernel", name, KERNELS) from None
