"""Compiling the C++ variants, once, into a cache of shared libraries."""

from __future__ import annotations

import ctypes
import importlib.metadata
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from perfpred.errors import MeasurementError, VariantUnavailableError
from perfpred.hardware import compiler, isa_level
from perfpred.names import content_key
from perfpred.sandbox.supervised import run_supervised
from perfpred.variants import cache

SOURCES = Path(__file__).parent
COMPILE_LIMIT_S = 300
COMMON_FLAGS = ("-DNDEBUG", "-std=c++17")


def cache_dir() -> Path:
    """Return the folder of built libraries."""
    return cache.cache_folder("native")


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
    of any of them builds anew, and so does a damaged library.

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
    if not cache.is_built(library):
        compile_library([path, *options, *includes, str(SOURCES / source)], library)
    return library


def cached_path(stem: str, sources: list[Path], key: str) -> Path:
    """Return where the library made of `sources` in the way `key` says belongs."""
    content = b"\0".join([*(source.read_bytes() for source in sources), key.encode()])
    return cache_dir() / f"{stem}-{content_key(content)}.so"


def compile_library(command: list[str], library: Path) -> None:
    """Run a compiler's command line, without its output, and put what it made into the cache whole.

    Raises
    ------
    MeasurementError
        If it fails or takes too long, or the folder is not this user's alone.
    """
    cache.require_private(library.parent)
    with cache.work_folder(library.parent) as folder:
        made = folder / library.name
        run_compiler([*command, "-o", str(made)], f"compiling {library.stem}", folder)
        cache.put_in_place(made, library)


def run_compiler(command: list[str], what: str, folder: Path) -> None:
    """Run a compiler whose processes all end with this one, with its temporary files in `folder`.

    Raises
    ------
    MeasurementError
        If it fails or takes too long; the message carries its output.
    """
    try:
        done = run_supervised(command, COMPILE_LIMIT_S, {"TMPDIR": str(folder)})
    except subprocess.TimeoutExpired:
        raise MeasurementError(f"{what} took more than {COMPILE_LIMIT_S} s") from None
    if done.returncode != 0:
        raise MeasurementError(f"{what} failed:\n{done.stderr[-2000:]}")


def load(library: Path) -> ctypes._NamedFuncPointer:
    """Return the entry point every native source defines.

    Its C signature is ``void perfpred_run(const float *const *operands, float *result,
    const int64_t *sizes, int64_t repetitions, int threads)``; sizes are in the kernel's parameter order.
    """
    run = cache.load_library(library).perfpred_run
    run.restype = None
    run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int]
    return run
