"""Compiling the C++ variants, once, into a cache of shared libraries."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import os
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import platformdirs

from perfpred.errors import MeasurementError, VariantUnavailableError
from perfpred.hardware import compiler, isa_level

SOURCES = Path(__file__).parent
COMPILE_LIMIT_S = 300


def cache_dir() -> Path:
    """Return the folder of built libraries."""
    return Path(platformdirs.user_cache_dir("perfpred")) / "native"


@lru_cache
def include_dir(distribution: str, header: str) -> Path:
    """Return the include folder of a header-only pip package.

    Parameters
    ----------
    distribution : str
        The package, such as ``cmeel-eigen``.
    header : str
        A header it installs, relative to the include folder, such as ``Eigen/Core``.
    """
    for file in importlib.metadata.files(distribution) or ():
        if file.as_posix().endswith("/" + header):
            path = Path(str(file.locate())).resolve()
            return Path(path.as_posix().removesuffix("/" + header))
    raise VariantUnavailableError(f"package {distribution} does not hold the header {header}")


def build(source: str, isa: str, flags: tuple[str, ...], include: Path, headers_version: str) -> Path:
    """Return the shared library of `source`, compiling it unless the cache has it.

    The cache key is made of the source, the flags, the compiler and the headers' version, so a change
    of any of them builds anew. A library is renamed into place whole.

    Raises
    ------
    VariantUnavailableError
        If there is no C++ compiler.
    MeasurementError
        If the compiler fails; the message carries its output.
    """
    found = compiler()
    if found is None:
        raise VariantUnavailableError("no C++ compiler: install g++ (Debian package g++)")
    path, version = found
    text = (SOURCES / source).read_bytes()
    options = ["-O3", "-DNDEBUG", "-std=c++17", "-fPIC", "-shared", *isa_level(isa).compiler_flags, *flags]
    key = hashlib.sha256(b"\0".join([text, repr([version, options, headers_version]).encode()])).hexdigest()
    library = cache_dir() / f"{Path(source).stem}-{isa}-{key[:16]}.so"
    if not library.exists():
        _compile([path, *options, "-isystem", str(include), str(SOURCES / source)], library)
    return library


def _compile(command: list[str], library: Path) -> None:
    library.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=library.parent, suffix=".so.tmp")
    os.close(handle)
    try:
        done = subprocess.run(
            [*command, "-o", temporary], capture_output=True, text=True, check=False, timeout=COMPILE_LIMIT_S
        )
        if done.returncode != 0:
            raise MeasurementError(f"compiling {library.stem} failed:\n{done.stderr[-2000:]}")
        Path(temporary).replace(library)
    finally:
        Path(temporary).unlink(missing_ok=True)


def load(library: Path) -> ctypes._NamedFuncPointer:
    """Return the entry point every native source defines.

    Its C signature is ``void perfpred_run(const float *const *operands, float *result,
    const int64_t *sizes, int64_t repetitions, int threads)``; sizes are in the kernel's parameter order.
    """
    run = ctypes.CDLL(str(library)).perfpred_run
    run.restype = None
    run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int]
    return run
