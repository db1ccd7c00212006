"""The measuring process: binds sizes, checks results, times calls; one JSON line in, one out.

It runs apart from the campaign so that it can be limited and killed, and so that the libraries under
measurement find their environment set before they are loaded.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.hardware import Hardware
from perfpred.kernels import Kernel, kernel
from perfpred.kernels.base import Array, Sizes
from perfpred.measure.monitor import Monitor
from perfpred.measure.timing import time_call
from perfpred.sandbox.limits import limit_process
from perfpred.sandbox.serving import Answer, serve_standard_streams
from perfpred.variants import variant
from perfpred.variants.user_definitions import load_definitions

ALIGNMENT_BYTES = 64
PAGE_BYTES = 4096


class Pool:
    """One long-lived buffer an operand, of which a row gets a part that begins anywhere in the first page.

    Parameters
    ----------
    kernel_ : Kernel
    seed : int
        Of the values, which are the same in every process; the places differ.
    """

    def __init__(self, kernel_: Kernel, seed: int = 0) -> None:
        self._kernel, self._rng = kernel_, np.random.default_rng(seed)
        self._places = random.Random()
        self._buffers: list[Array] = []

    def views(self, shapes: tuple[tuple[int, ...], ...]) -> tuple[Array, ...]:
        """Return arrays of these shapes, filled with the kernel's random values, aligned to a cache line.

        How far apart two operands lie modulo a page decides whether loads wait for stores that only seem
        to be to the same address, so a row has another distance every time.
        """
        return tuple(self._view(index, shape) for index, shape in enumerate(shapes))

    def _view(self, index: int, shape: tuple[int, ...]) -> Array:
        size = int(np.prod(shape))
        while len(self._buffers) <= index:
            self._buffers.append(self._aligned(1))
        item = self._buffers[index].itemsize
        start = self._places.randrange(0, PAGE_BYTES, ALIGNMENT_BYTES) // item
        if self._buffers[index].size < start + size:
            self._buffers[index] = self._aligned(size + PAGE_BYTES // item)
        return self._buffers[index][start : start + size].reshape(shape)

    def _aligned(self, size: int) -> Array:
        values = self._kernel.random(size, self._rng)
        raw = np.empty(size + ALIGNMENT_BYTES // values.itemsize, dtype=values.dtype)
        offset = (-raw.ctypes.data % ALIGNMENT_BYTES) // values.itemsize
        view = raw[offset : offset + size]
        view[:] = values
        return view


class Worker:
    """Answers requests for one kernel, variant and hardware."""

    def __init__(self, kernel_: Kernel, variant_name: str, hardware: Hardware) -> None:
        self._kernel, self._hardware = kernel_, hardware
        self._variant = variant(variant_name)
        self._pool, self._results = Pool(kernel_), Pool(kernel_, seed=1)
        self._monitor = Monitor()

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the timing of ``request["sizes"]``, after checking its result if asked to."""
        sizes = {name: int(value) for name, value in request["sizes"].items()}
        operands = self._pool.views(self._kernel.operands(sizes))
        (result,) = self._results.views((self._kernel.result(sizes),))
        call = self._variant.bind(self._kernel, self._hardware, sizes, operands, result)
        if request.get("check"):
            wrong = self._wrong(sizes, call.run, call.result, operands, result)
            if wrong is not None:
                return {"status": "wrong_result", "message": wrong}
        monitor_s = self._monitor.time_s()
        return {"status": "ok", "time_s": time_call(call.run, time.perf_counter), "monitor_s": monitor_s}

    def _wrong(
        self, sizes: Sizes, run: Any, get: Any, operands: tuple[Array, ...], result: Array
    ) -> str | None:
        result.fill(self._kernel.never)  # a variant that writes nothing must not pass on an older result
        run(1)
        return self._kernel.difference(sizes, get(), operands)


def start(setup: Mapping[str, Any]) -> Answer:
    """Return what answers requests for the kernel, variant and hardware of a setup."""
    for path in setup["files"]:  # this is the process that may crash or hang
        load_definitions(Path(path), try_first=False)
    worker = Worker(kernel(setup["kernel"]), setup["variant"], Hardware(**setup["hardware"]))
    return worker.answer


def main() -> None:
    """Run as ``python -m perfpred.measure.worker MEMORY_BYTES PROCESSOR...``."""
    limit_process(int(sys.argv[1]), [int(text) for text in sys.argv[2:]])
    serve_standard_streams(start)


if __name__ == "__main__":
    main()
