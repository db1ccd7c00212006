"""CUDA kernels, compiled here by nvcc: one thread per result, from global or through shared memory.

The two ways are those the paper (arXiv 2003.07497) measures on GPUs. Operands are copied to the device when
a call is bound, so that what is timed is the launch and the computation.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import ClassVar

import numpy as np

from perfpred.hardware import Hardware
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant
from perfpred.variants.native import nvidia


class Cuda(Variant):
    """A CUDA source a kernel, ``<kernel>_<memory>.cu``; `memory` is the kind of memory it works from."""

    # Threads are those of the processor, which only launches.
    kernels: ClassVar = {"matmul": 1, "matvec": 1, "conv2d": 1, "maxpool": 1}
    memory: ClassVar[str]
    device = "gpu"

    def problem(self, kernel: Kernel, hardware: Hardware) -> str | None:
        """Return why it cannot run: also where no CUDA compiler or no GPU is found."""
        found = super().problem(kernel, hardware)
        if found is None and nvidia.nvcc() is None:
            return "needs nvcc (CUDA toolkit)"
        if found is None and nvidia.gpu() is None:
            return "needs an NVIDIA GPU"
        return found

    def library(self, kernel: Kernel, architecture: str) -> Path:
        """Return the library built for a GPU architecture such as ``sm_90``, compiling it if need be."""
        return nvidia.compiled(f"{kernel.name}_{self.memory}.cu", architecture)

    def prepare(self, kernel: Kernel, hardware: Hardware) -> None:
        """Compile."""
        self.library(kernel, self._gpu(kernel, hardware).architecture)

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a call on copies in the GPU's memory; `result` is copied back when it is asked for."""
        device = nvidia.Device(self.library(kernel, self._gpu(kernel, hardware).architecture))
        inputs = [nvidia.DeviceArray(device, operand) for operand in operands]
        # A kernel that writes nothing must not pass on what the memory held before.
        output = nvidia.DeviceArray(device, np.full_like(result, np.nan))
        values = [sizes[name] for name in kernel.parameter_names]
        extents = (ctypes.c_int64 * len(values))(*values)

        def run(repetitions: int) -> None:
            pointers = (ctypes.c_void_p * len(inputs))(*(held.pointer.value for held in inputs))
            device.call("perfpred_run", pointers, output.pointer, extents, ctypes.c_int64(repetitions))

        def latest() -> Array:
            output.fetch(result)
            return result

        return Call(run, latest)

    def versions(self) -> dict[str, str]:
        """Return the versions of the compiler and the GPU's name, and the flags."""
        compiler, device = nvidia.nvcc(), nvidia.gpu()
        return {
            "compiler": compiler[1] if compiler else "none",
            "gpu": f"{device.name} {device.architecture}" if device else "none",
            "flags": " ".join(nvidia.FLAGS),
        }

    def _gpu(self, kernel: Kernel, hardware: Hardware) -> nvidia.Gpu:
        self.require(kernel, hardware)
        found = nvidia.gpu()
        assert found is not None  # `require` has just made sure
        return found


class CudaGlobal(Cuda):
    """Every operand is read from global memory each time it is used."""

    name = "cuda-global"
    summary = "CUDA from global memory, compiled here by nvcc"
    memory = "global"


class CudaShared(Cuda):
    """A block of threads keeps what it uses again in shared memory."""

    name = "cuda-shared"
    summary = "CUDA through tiles in shared memory, compiled here by nvcc"
    memory = "shared"
