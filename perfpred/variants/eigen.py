"""Eigen, compiled here from the headers of the pip package cmeel-eigen."""

from __future__ import annotations

from typing import ClassVar

from perfpred.variants.native.base import NativeVariant


class Eigen(NativeVariant):
    """Eigen's expressions; its general matrix product, and what is made of it, has OpenMP threads."""

    name = "eigen"
    summary = "Eigen's products and array expressions, C++ compiled here"
    kernels: ClassVar = {
        "matmul": None,
        "matmul_int32": None,
        "matvec": 1,
        "conv2d": 1,
        "maxpool": 1,
        "conv2d_nchw": None,
        "softmax": 1,
    }
    packages = ("cmeel-eigen",)
    header = "Eigen/Core"
    flags = ("-fopenmp",)
