"""Eigen, compiled here from the headers of the pip package cmeel-eigen."""

from __future__ import annotations

from typing import ClassVar

from perfpred.variants.native.base import NativeVariant


class Eigen(NativeVariant):
    """Eigen's general matrix product, with OpenMP threads."""

    name = "eigen"
    summary = "Eigen's matrix product, C++ compiled here"
    kernels: ClassVar = {"matmul": None}
    packages = ("cmeel-eigen",)
    header = "Eigen/Core"
    flags = ("-fopenmp",)
