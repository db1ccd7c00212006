"""Instruction-set levels, and all that compilers, libraries and schedulers need to know of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfpred.errors import UnknownNameError


@dataclass(frozen=True)
class Isa:
    """An instruction-set level and how compilers and libraries are asked for it.

    Parameters
    ----------
    name : str
        The level as users name it, such as ``avx2``.
    cpu_flags : tuple of str
        What ``/proc/cpuinfo`` must list for the level to run.
    compiler_flags : tuple of str
        GCC and Clang flags.
    vector_bytes : int
        The width of a vector register.
    openblas_coretype, onednn_max_isa : str
        Values of ``OPENBLAS_CORETYPE`` and ``ONEDNN_MAX_CPU_ISA``.
    halide_target : str
        What Halide calls the level on 64-bit Linux.
    """

    name: str
    cpu_flags: tuple[str, ...]
    compiler_flags: tuple[str, ...]
    vector_bytes: int
    openblas_coretype: str
    onednn_max_isa: str
    halide_target: str


SSE42 = Isa(
    name="sse4.2",
    cpu_flags=("sse4_2",),
    compiler_flags=("-msse4.2",),
    vector_bytes=16,
    openblas_coretype="Nehalem",
    onednn_max_isa="SSE41",
    halide_target="x86-64-linux-sse41",
)
AVX2 = Isa(
    name="avx2",
    cpu_flags=("avx2", "fma"),
    compiler_flags=("-mavx2", "-mfma"),
    vector_bytes=32,
    openblas_coretype="Haswell",
    onednn_max_isa="AVX2",
    halide_target="x86-64-linux-sse41-avx-f16c-fma-avx2",
)
AVX512 = Isa(
    name="avx512",
    cpu_flags=("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"),
    compiler_flags=(
        *("-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512cd"),
        "-mprefer-vector-width=512",
    ),
    vector_bytes=64,
    openblas_coretype="SkylakeX",
    onednn_max_isa="AVX512_CORE",
    halide_target="x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake",
)
ISA_LEVELS: Mapping[str, Isa] = {level.name: level for level in (SSE42, AVX2, AVX512)}
"""From the plainest to the widest level."""


def isa_level(name: str) -> Isa:
    """Return the level called `name`; raises `UnknownNameError` with the nearest name."""
    try:
        return ISA_LEVELS[name]
    except KeyError:
        raise UnknownNameError("ISA level", name, ISA_LEVELS) from None


def vector_registers(vector_bytes: int) -> int:
    """Return how many vector registers of a width there are: AVX-512 doubled both."""
    return 32 if vector_bytes >= AVX512.vector_bytes else 16
