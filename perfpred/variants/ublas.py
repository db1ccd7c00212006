"""Boost uBLAS, compiled here from the headers of the pip package cmeel-boost."""

from __future__ import annotations

from typing import ClassVar

from perfpred.variants.native.base import NativeVariant


class Ublas(NativeVariant):
    """uBLAS's ``axpy_prod``; it has no threads."""

    name = "ublas"
    summary = "Boost uBLAS's axpy_prod, C++ compiled here"
    kernels: ClassVar = {"matmul": 1}
    packages = ("cmeel-boost",)
    header = "boost/numeric/ublas/matrix.hpp"
