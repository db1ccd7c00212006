"""Example inputs, the same at every call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def floats(*shape: int) -> Array:
    """Return float32 values between 0 and 1."""
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def uint16s(*shape: int) -> Array:
    """Return 16-bit values."""
    return np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)
