"""OpenBLAS, as NumPy's wheels carry it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from perfpred.hardware import Hardware, isa_level
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant

Compute = Callable[[], Any]


class OpenBlas(Variant):
    """``numpy.matmul`` into a given array; a convolution is a product with the matrix of its patches."""

    name = "openblas"
    summary = "NumPy's matmul over its bundled OpenBLAS; convolutions by im2col"
    kernels: ClassVar = dict.fromkeys(("matmul", "matvec", "conv2d", "conv2d_nchw"), None)
    packages = ("numpy",)

    def problem(self, kernel: Kernel, hardware: Hardware) -> str | None:
        """Return why it cannot run: also where NumPy was built over another BLAS."""
        found = super().problem(kernel, hardware)
        if found is not None:
            return found
        blas = blas_name()
        return None if "openblas" in blas.lower() else f"this NumPy is built over {blas}, not OpenBLAS"

    def environment(self, hardware: Hardware) -> dict[str, str]:
        """Return the variables that choose OpenBLAS's kernels and threads."""
        coretype = isa_level(hardware.isa).openblas_coretype
        return {**super().environment(hardware), "OPENBLAS_CORETYPE": coretype}

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a loop of products into `result`."""
        compute = _COMPUTE[kernel.name](operands, result)

        def run(repetitions: int) -> None:
            for _ in range(repetitions):
                compute()

        return Call(run, lambda: result)

    def versions(self) -> dict[str, str]:
        """Return NumPy's version and its BLAS's."""
        return {**super().versions(), "blas": blas_name()}


def _product(operands: tuple[Array, ...], result: Array) -> Compute:
    left, right = operands
    return lambda: np.matmul(left, right, out=result)


def _conv2d(operands: tuple[Array, ...], result: Array) -> Compute:
    image, weights = operands
    return _im2col(image[None], weights[None, None], result)


def _conv2d_nchw(operands: tuple[Array, ...], result: Array) -> Compute:
    image, weights = operands
    return _im2col(image, weights, result)


def _im2col(image: Array, weights: Array, result: Array) -> Compute:
    """Return a convolution as a copy of all patches and one product; the copy is part of the call."""
    size = weights.shape[2:]
    windows = sliding_window_view(image, size, axis=(1, 2)).transpose(0, 3, 4, 1, 2)
    patches = np.empty(windows.shape, dtype=np.float32)
    matrix = patches.reshape(windows.shape[0] * size[0] * size[1], -1)
    rows = weights.reshape(len(weights), -1)
    product = result.reshape(len(weights), -1)

    def compute() -> None:
        np.copyto(patches, windows)
        np.matmul(rows, matrix, out=product)

    return compute


_COMPUTE: dict[str, Callable[[tuple[Array, ...], Array], Compute]] = {
    "matmul": _product,
    "matvec": _product,
    "conv2d": _conv2d,
    "conv2d_nchw": _conv2d_nchw,
}


def blas_name() -> str:
    """Return the name and version of the BLAS NumPy was built with."""
    config = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"] if isinstance(config, dict) else {}
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
