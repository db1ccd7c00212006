"""Compiling the pipelines, once, into the cache of shared libraries, and calling them."""

from __future__ import annotations

import ctypes
import importlib.metadata
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from perfpred.errors import VariantUnavailableError
from perfpred.hardware import compiler, isa_level
from perfpred.kernels.base import Array
from perfpred.variants import cache
from perfpred.variants.halide.abi import buffer_of
from perfpred.variants.native import build

SOURCES = Path(__file__).parent


def target(isa: str) -> str:
    """Return Halide's target of an ISA level."""
    return isa_level(isa).halide_target


@lru_cache
def library(kernel: str, isa: str, parallel: bool) -> Path:
    """Return the shared library of a kernel, compiling it unless the cache has it.

    The cache key is made of the sources, the target, Halide's version and the compiler, so a change of
    any of them builds anew.

    Raises
    ------
    VariantUnavailableError
        If there is no C++ compiler.
    MeasurementError
        If Halide or the compiler fails; the message carries its output.
    """
    found = compiler()
    if found is None:
        raise VariantUnavailableError("no C++ compiler: install g++ (Debian package g++)")
    path, version = found
    mode = "parallel" if parallel else "serial"
    sources = [SOURCES / name for name in ("pipelines.py", "emit.py", "run.cpp")]
    key = repr([kernel, target(isa), mode, importlib.metadata.version("halide"), version])
    built = build.cached_path(f"{kernel}_halide-{isa}-{mode}", sources, key)
    if not cache.is_built(built):
        _build(path, kernel, isa, mode, built)
    return built


def _build(compiler_path: str, kernel: str, isa: str, mode: str, built: Path) -> None:
    include = build.include_dir("halide", "HalideRuntime.h")
    cache.require_private(built.parent)
    with cache.work_folder(built.parent) as folder:
        emitted = str(folder / "kernel.o")
        _emit([kernel, target(isa), emitted, mode], folder)
        command = [compiler_path, "-O2", "-fPIC", "-shared", "-isystem", str(include)]
        sources = [str(SOURCES / "run.cpp"), emitted]
        build.compile_library([*command, *sources, "-lpthread", "-ldl", "-lm"], built)


def _emit(arguments: Sequence[str], folder: Path) -> None:
    """Run Halide in a process of its own: it may abort, or never end."""
    command = [sys.executable, "-m", "perfpred.variants.halide.emit", *arguments]
    build.run_compiler(command, f"Halide on {arguments[0]} for {arguments[1]}", folder)


@lru_cache
def load(path: Path) -> ctypes.CDLL:
    """Return a library with the signatures of its functions set."""
    loaded = cache.load_library(path)
    loaded.perfpred_run.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int]
    loaded.perfpred_message.restype = ctypes.c_char_p
    return loaded


def arguments(operands: Sequence[Array], sizes: Sequence[int], result: Array) -> tuple[Any, list[Any]]:
    """Return the pointers a compiled pipeline takes, and what must outlive them."""
    pointees: list[Any] = [buffer_of(operand) for operand in operands]
    pointees += [ctypes.c_int32(size) for size in sizes]
    pointees.append(buffer_of(result))
    pointers = (ctypes.c_void_p * len(pointees))(*(ctypes.addressof(pointee) for pointee in pointees))
    return pointers, pointees
