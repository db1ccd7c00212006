"""What compiled Halide code takes: buffers as its C runtime declares them, and the codes of its types.

From ``halide_type_code_t``, ``halide_dimension_t``, ``halide_buffer_t`` in ``HalideRuntime.h`` (Halide 21).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from perfpred.kernels.base import Array

INT, UINT, FLOAT, BFLOAT = 0, 1, 2, 3
"""Codes of Halide's types; a boolean is an unsigned integer of one bit."""
_CODES = {"i": INT, "u": UINT, "b": UINT, "f": FLOAT}
"""By NumPy's kind."""


class Dimension(ctypes.Structure):
    """``halide_dimension_t``; the stride is in elements."""

    _fields_: ClassVar = [(name, ctypes.c_int32) for name in ("min", "extent", "stride", "flags")]


class Buffer(ctypes.Structure):
    """``halide_buffer_t``."""

    _fields_: ClassVar = [
        ("device", ctypes.c_uint64),
        ("device_interface", ctypes.c_void_p),
        ("host", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("type_code", ctypes.c_uint8),
        ("type_bits", ctypes.c_uint8),
        ("type_lanes", ctypes.c_uint16),
        ("dimensions", ctypes.c_int32),
        ("dim", ctypes.POINTER(Dimension)),
        ("padding", ctypes.c_void_p),
    ]


def type_of(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return the code and the bits of Halide's type for a NumPy type.

    Examples
    --------
    >>> type_of(np.dtype("float32")), type_of(np.dtype("bool"))
    ((2, 32), (1, 1))
    """
    return _CODES[dtype.kind], 1 if dtype.kind == "b" else dtype.itemsize * 8


def buffer_at(address: int, dtype: np.dtype[Any], dims: Sequence[Sequence[int]]) -> Buffer:
    """Return a buffer that describes memory, which it does not keep alive.

    Parameters
    ----------
    address : int
        Of the element at the minimum of every dimension.
    dtype : numpy.dtype
    dims : sequence of (min, extent, stride)
        In Halide's order, the contiguous dimension first; strides in elements.
    """
    described = (Dimension * max(1, len(dims)))(*(Dimension(*map(int, dim), 0) for dim in dims))
    return Buffer(0, None, address, 0, *type_of(dtype), 1, len(dims), described, None)


def buffer_of(array: Array) -> Buffer:
    """Return a buffer that describes an array, its last dimension first; it does not keep the array alive."""
    axes = zip(array.shape, array.strides, strict=True)
    dims = [(0, extent, stride // array.itemsize) for extent, stride in axes]
    return buffer_at(array.ctypes.data, array.dtype, dims[::-1])
