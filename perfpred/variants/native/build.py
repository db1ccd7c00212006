"""Compiling the C++ variants, once, into a cache of shared libraries."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import os
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import platformdirs

from perfpred.errors import MeasurementError, VariantUnavailableError
from perfpred.hardware import compiler, isa_level

SOURCES = Path(__file__).parent
COMPILE_LIMIT_S = 300
COMMON_FLAGS = ("-DNDEBUG", "-std=c++17")


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


@dataclass(frozen=True)
class Headers:
    """The headers a source includes: their folder and their version."""

    folder: Path
    version: str

    @classmethod
    @lru_cache
    def of(cls, distribution: str, header: str) -> Headers:
        """Return the headers of a pip package; parameters as of `include_dir`."""
        return cls(include_dir(distribution, header), importlib.metadata.version(distribution))


@lru_cache
def build(source: str, isa: str, flags: tuple[str, ...], headers: Headers | None = None) -> Path:
    """Return the shared library of `source`, compiling it unless the cache has it.

    The cache key is made of the source, the flags, the compiler and the headers' version, so a change
    of any of them builds anew. A library is renamed into place whole.

    Parameters
    ----------
    source : str
        A file of this folder.
    isa : str
        The instruction-set level to compile for.
    flags : tuple of str
        Compiler flags, the optimisation level among them.
    headers : Headers, optional
        The headers it includes beyond the standard library's.

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
    options = [*flags, "-fPIC", "-shared", *isa_level(isa).compiler_flags]
    includes = ["-isystem", str(headers.folder)] if headers else []
    key = repr([version, options, headers.version if headers else ""])
    library = cached_path(f"{Path(source).stem}-{isa}", [SOURCES / source], key)
    if not library.exists():
        compile_library([path, *options, *includes, str(SOURCES / source)], library)
    return library


def cached_path(stem: str, sources: list[Path], key: str) -> Path:
    """Return where the library made of `sources` in the way `key` says belongs."""
    content = b"\0".join([*(source.read_bytes() for source in sources), key.encode()])
    return cache_dir() / f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.so"


def compile_library(command: list[str], library: Path) -> None:
    """Run a compiler's command line, without its output, and rename what it made into place whole."""
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
