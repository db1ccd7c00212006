"""Halide, with schedules written by hand, compiled here ahead of time by the pip package halide."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from perfpred.errors import MeasurementError
from perfpred.hardware import Hardware, compiler
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant
from perfpred.variants.halide import library


class Halide(Variant):
    """One Halide pipeline per kernel, run by Halide's own thread pool."""

    name = "halide"
    summary = "Halide pipelines with schedules by hand, compiled here"
    kernels: ClassVar = dict.fromkeys(
        ("matmul", "matvec", "conv2d", "maxpool", "conv2d_nchw", "softmax"), None
    )
    packages = ("halide",)

    def problem(self, kernel: Kernel, hardware: Hardware) -> str | None:
        """Return why it cannot run: also where no C++ compiler is found to link with."""
        found = super().problem(kernel, hardware)
        if found is None and compiler() is None:
            return "needs a C++ compiler: install g++ (Debian package g++)"
        return found

    def environment(self, hardware: Hardware) -> dict[str, str]:
        """Return the variable that sets the threads of Halide's pool."""
        return {**super().environment(hardware), "HL_NUM_THREADS": str(hardware.threads)}

    def library(self, kernel: Kernel, hardware: Hardware) -> Path:
        """Return the built library, compiling it if the cache lacks it."""
        return library.library(kernel.name, hardware.isa, hardware.threads > 1)

    def prepare(self, kernel: Kernel, hardware: Hardware) -> None:
        """Compile."""
        self.library(kernel, hardware)

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a call whose repetitions run inside the library."""
        loaded = library.load(self.library(kernel, hardware))
        values = [sizes[name] for name in kernel.parameter_names]
        pointers, pointees = library.arguments(operands, values, result)

        def run(repetitions: int) -> None:
            # naming the pointees keeps what the pointers point at alive
            if pointees and loaded.perfpred_run(pointers, repetitions, hardware.threads):
                raise MeasurementError(f"Halide: {loaded.perfpred_message().decode(errors='replace')}")

        return Call(run, lambda: result)

    def versions(self) -> dict[str, str]:
        """Return the version of Halide and of the compiler that links."""
        found = compiler()
        return {**super().versions(), "compiler": found[1] if found else "none"}
