"""The base of variants written in C++, plainly or over a header-only library."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from perfpred.hardware import Hardware, compiler, isa_level
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant
from perfpred.variants.native import build

SCALARS: Mapping[str, tuple[str, ...]] = {"float32": (), "int32": ("-DPERFPRED_SCALAR=std::int32_t",)}
"""What tells a source the type of its numbers, by dtype; float is what it takes by itself."""


class NativeVariant(Variant):
    """A C++ source a kernel, ``<kernel>_<name>.cpp``, over the headers of one pip package or of none.

    Attributes
    ----------
    header : str
        A header of the package, relative to its include folder; unused where `packages` is empty.
    optimisation : str
        The compiler's optimisation level.
    flags : tuple of str
        Compiler flags beyond the common ones.
    """

    header: ClassVar[str] = ""
    optimisation: ClassVar[str] = "-O3"
    flags: ClassVar[tuple[str, ...]] = ()

    def problem(self, kernel: Kernel, hardware: Hardware) -> str | None:
        """Return why it cannot run: also where no C++ compiler is found."""
        found = super().problem(kernel, hardware)
        if found is None and compiler() is None:
            return "needs a C++ compiler: install g++ (Debian package g++)"
        return found

    def library(self, kernel: Kernel, hardware: Hardware) -> Path:
        """Return the built library, compiling it if the cache lacks it."""
        headers = build.Headers.of(self.packages[0], self.header) if self.packages else None
        source = f"{kernel.family}_{self.name}.cpp"
        return build.build(source, hardware.isa, (*self._options(), *SCALARS[kernel.dtype]), headers)

    def _options(self) -> tuple[str, ...]:
        return (self.optimisation, *build.COMMON_FLAGS, *self.flags)

    def prepare(self, kernel: Kernel, hardware: Hardware) -> None:
        """Compile."""
        self.library(kernel, hardware)

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a call whose repetitions run inside the library."""
        entry = build.load(self.library(kernel, hardware))
        pointers = (ctypes.c_void_p * len(operands))(*(operand.ctypes.data for operand in operands))
        values = [sizes[name] for name in kernel.parameter_names]
        extents = (ctypes.c_int64 * len(values))(*values)

        def run(repetitions: int) -> None:
            entry(pointers, result.ctypes.data, extents, repetitions, hardware.threads)

        return Call(run, lambda: result)

    def versions(self) -> dict[str, str]:
        """Return the versions of the headers and the compiler, and the flags."""
        found = compiler()
        options = " ".join(self._options())
        return {**super().versions(), "compiler": found[1] if found else "none", "flags": options}


def compiler_flags(isa: str) -> str:
    """Return the flags of an ISA level as one string, for metadata."""
    return " ".join(isa_level(isa).compiler_flags)
