"""Plain C++ loops: what a compiler alone makes of a kernel as one would write it down."""

from __future__ import annotations

from typing import ClassVar

from perfpred.variants.native.base import NativeVariant


class Naive(NativeVariant):
    """Nested loops at the usual optimisation level; needs nothing but a compiler."""

    name = "naive"
    summary = "plain C++ loops, compiled here with -O2"
    kernels: ClassVar = dict.fromkeys(
        ("matmul", "matmul_int32", "matvec", "conv2d", "maxpool", "conv2d_nchw", "softmax"), 1
    )
    optimisation = "-O2"
