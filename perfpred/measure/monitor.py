"""The drift monitor: a fixed small computation whose time tells how fast the machine is at the moment."""

from __future__ import annotations

import time

import numpy as np

SIDE = 64
"""A 64 x 64 x 64 product, a few microseconds, always on one thread."""


class Monitor:
    """Holds the monitor's operands."""

    def __init__(self) -> None:
        side = np.full((SIDE, SIDE), 0.5, dtype=np.float32)
        self._a, self._b, self._c = side, side.copy(), np.empty_like(side)

    def time_s(self) -> float:
        """Return the least of three timings after a warm-up."""
        self._timed()
        return min(self._timed() for _ in range(3))

    def _timed(self) -> float:
        start = time.perf_counter()
        np.matmul(self._a, self._b, out=self._c)
        return time.perf_counter() - start
