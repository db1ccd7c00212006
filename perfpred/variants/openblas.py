"""OpenBLAS, as NumPy's wheels carry it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from perfpred.hardware import Hardware, isa_level
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant


class OpenBlas(Variant):
    """``numpy.matmul`` into a given array."""

    name = "openblas"
    summary = "NumPy's matmul over its bundled OpenBLAS"
    kernels: ClassVar = {"matmul": None}
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
        a, b = operands
        matmul = np.matmul

        def run(repetitions: int) -> None:
            for _ in range(repetitions):
                matmul(a, b, out=result)

        return Call(run, lambda: result)

    def versions(self) -> dict[str, str]:
        """Return NumPy's version and its BLAS's."""
        return {**super().versions(), "blas": blas_name()}


def blas_name() -> str:
    """Return the name and version of the BLAS NumPy was built with."""
    config = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"] if isinstance(config, dict) else {}
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
