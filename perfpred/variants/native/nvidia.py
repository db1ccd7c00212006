"""NVIDIA's side of a native variant: its compiler, its GPU, and arrays in the GPU's memory."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import weakref
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from perfpred.errors import MeasurementError, VariantUnavailableError
from perfpred.kernels.base import Array
from perfpred.variants import cache
from perfpred.variants.native import build

SOURCES = build.SOURCES / "cuda"
FLAGS = ("-O3", "-std=c++17")
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR of cuda.h


@dataclass(frozen=True)
class Gpu:
    """A GPU: its name, and its architecture as nvcc calls it, such as ``sm_90``."""

    name: str
    architecture: str


@lru_cache(maxsize=1)
def nvcc() -> tuple[str, str] | None:
    """Return the path and version line of the CUDA compiler, or None where there is none."""
    path = shutil.which("nvcc")
    if path is None:
        return None
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20)
    lines = [line for line in done.stdout.splitlines() if "release" in line]
    return path, (lines or ["unknown"])[0]


@lru_cache(maxsize=1)
def gpu() -> Gpu | None:
    """Return the first GPU the CUDA driver shows, or None where there is no driver or no GPU."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    if driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), 0):
        return None
    driver.cuDeviceGetName(name, len(name), device)
    major, minor = (_attribute(driver, which, device) for which in (_MAJOR, _MINOR))
    return Gpu(name.value.decode(), f"sm_{major}{minor}")


def _attribute(driver: ctypes.CDLL, which: int, device: ctypes.c_int) -> int:
    value = ctypes.c_int()
    driver.cuDeviceGetAttribute(ctypes.byref(value), which, device)
    return value.value


def compiled(source: str, architecture: str) -> Path:
    """Return the shared library of a CUDA source, compiling it unless the cache has it.

    Raises
    ------
    VariantUnavailableError
        If there is no nvcc.
    MeasurementError
        If it fails; the message carries its output.
    """
    found = nvcc()
    if found is None:
        raise VariantUnavailableError("needs nvcc (CUDA toolkit)")
    path, version = found
    options = [*FLAGS, f"-arch={architecture}", "-Xcompiler", "-fPIC", "-shared"]
    sources = [SOURCES / source, SOURCES / "bound.cuh"]
    library = build.cached_path(f"{Path(source).stem}-{architecture}", sources, repr([version, options]))
    if not cache.is_built(library):
        build.compile_library([path, *options, str(SOURCES / source)], library)
    return library


class Device:
    """The entry points of a library made of a CUDA source, checked for errors."""

    def __init__(self, library: Path) -> None:
        self._library = cache.load_library(library)

    def call(self, name: str, *arguments: Any) -> None:
        """Call an entry point; raises `MeasurementError` with CUDA's message if it fails."""
        entry = getattr(self._library, name)
        entry.restype = ctypes.c_char_p
        message = entry(*arguments)
        if message is not None:
            raise MeasurementError(f"{name}: CUDA says {message.decode()}")


class DeviceArray:
    """A copy of a float32 array in the GPU's memory, released when this object is."""

    def __init__(self, device: Device, array: Array) -> None:
        self._device = device
        self.pointer = ctypes.c_void_p()
        self._elements = ctypes.c_int64(array.size)
        device.call("perfpred_allocate", ctypes.byref(self.pointer), self._elements)
        # At the end of the process CUDA gives everything back itself, and may already be gone.
        weakref.finalize(self, device.call, "perfpred_release", self.pointer).atexit = False
        device.call("perfpred_store", self.pointer, ctypes.c_void_p(array.ctypes.data), self._elements)

    def fetch(self, array: Array) -> None:
        """Copy it into a contiguous `array` of the same size."""
        self._device.call("perfpred_fetch", ctypes.c_void_p(array.ctypes.data), self.pointer, self._elements)
