"""What a compiled pipeline is called with: inputs and outputs as Halide's buffers, between guarded bytes.

Everything lies in memory of its own, aligned, with `GUARD_BYTES` before and after it that hold a pattern:
what writes outside an output, or between its rows, is found out by `Operands.overrun`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from perfpred.errors import MeasurementError
from perfpred.variants.halide.abi import buffer_at

Array = NDArray[Any]
ALIGNMENT, GUARD_BYTES = 128, 4096
PATTERN = 0xCB
"""The byte that outputs and guards are filled with: no pipeline writes it everywhere."""


class Area:
    """One buffer: an array in memory of its own, and Halide's description of it.

    Parameters
    ----------
    kind : str
        NumPy's name of the type; ``bool`` is Halide's ``UInt(1)``.
    dims : sequence of (min, extent, stride)
        In Halide's order, strides in elements.

    Attributes
    ----------
    array : ndarray
        Its values, Halide's dimension 0 last.
    buffer : Buffer
        Points into `array`'s memory.
    """

    def __init__(self, kind: str, dims: Sequence[Sequence[int]]) -> None:
        dtype = np.dtype(kind)
        below = sum(min(0, (extent - 1) * stride) for _, extent, stride in dims)
        above = sum(max(0, (extent - 1) * stride) for _, extent, stride in dims)
        size = (above - below + 1) * dtype.itemsize
        whole = np.empty(size + 2 * GUARD_BYTES + ALIGNMENT, np.uint8)
        start = GUARD_BYTES + -(whole.ctypes.data + GUARD_BYTES - below * dtype.itemsize) % ALIGNMENT
        self._bytes = whole[start - GUARD_BYTES : start + size + GUARD_BYTES]
        self._bytes[...] = PATTERN
        self._layout = (
            dtype,
            GUARD_BYTES - below * dtype.itemsize,
            tuple(int(extent) for _, extent, _ in dims)[::-1],
            tuple(int(stride) * dtype.itemsize for _, _, stride in dims)[::-1],
        )
        self.array = _view(self._bytes, *self._layout)
        self.buffer = buffer_at(self.array.ctypes.data, dtype, dims)

    def poison(self) -> None:
        """Fill it with what no pipeline writes, so that one that writes nothing is found out."""
        self._bytes[...] = PATTERN

    def is_overrun(self) -> bool:
        """Whether something was written around the array, or between its rows."""
        outside = self._bytes.copy()
        words = _view(outside, np.dtype(f"u{self.array.itemsize}"), *self._layout[1:])
        words[...] = int.from_bytes(bytes([PATTERN]) * words.itemsize, "little")
        return bool((outside != PATTERN).any())


class Operands:
    """The operands at one size: examples as inputs, and outputs to be written.

    Parameters
    ----------
    setup : mapping
        ``folder`` of the examples' files, ``arguments`` and ``outputs`` as `Description` has them.

    Attributes
    ----------
    inputs : list of ndarray
        Input images in the order of the arguments; what is written to them is what the pipeline reads.
    outputs : list of ndarray
        One for each output buffer, Halide's dimension 0 last.
    pointers : ctypes array
        What the compiled function is called with.
    """

    def __init__(self, setup: Mapping[str, Any]) -> None:
        folder = Path(setup["folder"])
        pointees: list[Any] = []
        images: list[Area] = []
        for argument in setup["arguments"]:
            if argument["kind"] == "image":
                images.append(_image(argument, folder))
                pointees.append(images[-1].buffer)
            else:
                pointees.append(_scalar(argument))
        self._areas = [Area(each["type"], each["dims"]) for each in setup["outputs"]]
        pointees += [each.buffer for each in self._areas]
        self._keep = [images, pointees]
        self.inputs = [each.array for each in images]
        self.outputs = [each.array for each in self._areas]
        self.pointers = (ctypes.c_void_p * len(pointees))(*(ctypes.addressof(each) for each in pointees))

    def poison(self) -> None:
        """Fill the outputs with what no pipeline writes."""
        for each in self._areas:
            each.poison()

    def overrun(self) -> str | None:
        """Return which output was written outside of its bounds since `poison`, None if none was."""
        for index, each in enumerate(self._areas):
            if each.is_overrun():
                which = f" {index}" if len(self._areas) > 1 else ""
                return f"writes outside the bounds of output{which}"
        return None


def _view(
    memory: Array, dtype: np.dtype[Any], start: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> Array:
    """Return an array in some bytes, its first element at byte `start`, its strides in bytes."""
    return as_strided(memory[start:][: dtype.itemsize].view(dtype), shape, strides)


def _image(argument: Mapping[str, Any], folder: Path) -> Area:
    made = Area(argument["type"], argument["dims"])
    example = np.load(folder / argument["file"])
    if example.shape != made.array.shape or example.dtype != made.array.dtype:
        raise MeasurementError(
            f"{argument['file']} must hold {made.array.dtype} of shape {made.array.shape}, "
            f"but holds {example.dtype} of shape {example.shape}"
        )
    made.array[...] = example
    return made


def _scalar(argument: Mapping[str, Any]) -> Any:
    """Return a parameter's value in memory that ctypes knows the address of."""
    value = np.array([argument["value"]], dtype=argument["type"]).tobytes()
    return (ctypes.c_char * 8).from_buffer_copy(value.ljust(8, b"\0"))
