"""Boost uBLAS, compiled here from the headers of the pip package cmeel-boost."""

from __future__ import annotations

from typing import ClassVar

from perfpred.variants.native.base import NativeVariant


class Ublas(NativeVariant):
    """The fastest of uBLAS's ways to write each kernel; it has no threads."""

    name = "ublas"
    summary = "Boost uBLAS's products and ranges, C++ compiled here"
    kernels: ClassVar = {"matmul": 1, "matmul_int32": 1, "matvec": 1, "conv2d": 1}
    packages = ("cmeel-boost",)
    header = "boost/numeric/ublas/matrix.hpp"
