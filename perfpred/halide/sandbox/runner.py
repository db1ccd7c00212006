"""The timing process: loads compiled candidates, checks their output once, times calls; line in, line out.

It holds neither Halide nor the pipeline's Python: compiled code, example inputs, and the reference schedule
whose output is the right one. Whatever a candidate does to this process ends this process alone.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from perfpred.halide.sandbox.compare import agree
from perfpred.halide.sandbox.pulse import PULSE_HEIGHT, PULSE_WIDTH, Pulse
from perfpred.measure.limits import limit_process
from perfpred.measure.timing import TimingOptions, time_call
from perfpred.variants.cache import load_library
from perfpred.variants.halide.library import Buffer, Dimension

ENTRY = "perfpred_pipeline_argv"
CODES = {"i": 0, "u": 1, "b": 1, "f": 2}
SCALARS = {
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
    "bool": ctypes.c_bool,
    **{f"int{bits}": getattr(ctypes, f"c_int{bits}") for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": getattr(ctypes, f"c_uint{bits}") for bits in (8, 16, 32, 64)},
    "uint1": ctypes.c_bool,
}
TIMING = TimingOptions(sample_s=100e-6, total_s=2e-3)
"""Longer than for other kernels: threads are awakened in every call, which now and then takes long."""
Array = NDArray[Any]


class CallError(Exception):
    """A compiled pipeline returned an error."""


class Case:
    """The operands at one size, and the right output once it is known."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        folder = Path(setup["folder"])
        shape = tuple(setup["output"]["extents"][::-1])
        self.output = np.empty(shape, dtype=setup["output"]["type"])
        self.right: Array | None = None
        self._keep: list[Any] = []
        for argument in setup["arguments"]:
            if argument["kind"] == "image":
                image = np.ascontiguousarray(np.load(folder / argument["file"]))
                self._keep += [image, _buffer(image)]
            else:
                self._keep.append(SCALARS[argument["type"]](_scalar(argument)))
        self._keep += [self.output, _buffer(self.output)]
        pointees = [each for each in self._keep if not isinstance(each, np.ndarray)]
        self.pointers = (ctypes.c_void_p * len(pointees))(*(ctypes.addressof(each) for each in pointees))

    def poison(self) -> None:
        """Fill the output with what no pipeline writes, so that one that writes nothing is found out."""
        self.output.view(np.uint8)[...] = 0xCB


class Runner:
    """Answers requests for one pipeline on one target."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self._errors: list[str] = []
        runtime = load_library(Path(setup["runtime"]), ctypes.RTLD_GLOBAL)
        handler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)
        self._handler = handler(lambda _, text: self._errors.append(text.decode(errors="replace").strip()))
        runtime.halide_set_error_handler(self._handler)
        self._setup, self._pulse = setup, _pulse(setup)
        self._cases: dict[str, Case] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the timing of a library at a size, after checking its output if asked to."""
        case, entry = self._case(request["size"]), _entry(request["library"])
        if request.get("check"):
            problem = self._problem(case, entry, request["size"])
            if problem is not None:
                del self._cases[request["size"]]  # what is wrong may have written to the operands as well
                return {"status": "wrong_result", "message": problem}

        def run(repetitions: int) -> None:
            for _ in range(repetitions):
                self._call(entry, case)

        time_s, pulse_s = self._pulse.in_calm(
            lambda: time_call(run, time.perf_counter, TIMING), TIMING.long_s
        )
        return {"status": "ok", "time_s": time_s, "monitor_s": pulse_s}

    def _case(self, size: str) -> Case:
        if size not in self._cases:
            self._cases[size] = Case(self._setup["sizes"][size])
        return self._cases[size]

    def _problem(self, case: Case, entry: Any, size: str) -> str | None:
        """Return how a library's output differs from the right one, None if it does not."""
        if case.right is None:
            case.poison()
            self._call(_entry(self._setup["sizes"][size]["reference"]), case)
            case.right = case.output.copy()
        case.poison()
        self._call(entry, case)
        return agree(case.output, case.right, exact=bool(self._setup["exact"]))

    def _call(self, entry: Any, case: Case) -> None:
        self._errors.clear()
        code = entry(case.pointers)
        if code:
            raise CallError(self._errors[0] if self._errors else f"error {code}")


def _pulse(setup: Mapping[str, Any]) -> Pulse:
    output = np.zeros((int(setup["threads"]), PULSE_HEIGHT, PULSE_WIDTH), dtype=np.float32)
    buffer = _buffer(output)
    pointers, entry = (ctypes.c_void_p * 1)(ctypes.addressof(buffer)), _entry(setup["pulse"])

    def beat(_keep: Any = (output, buffer)) -> None:
        entry(pointers)

    return Pulse(beat, time.perf_counter, time.sleep, setup["fastest_pulse_s"] or math.inf)


@cache
def _entry(path: str) -> Any:
    return getattr(load_library(Path(path)), ENTRY)


def _scalar(argument: Mapping[str, Any]) -> Any:
    return float(argument["value"]) if argument["type"].startswith("float") else int(argument["value"])


def _buffer(array: Array) -> Buffer:
    axes = list(zip(array.shape, array.strides, strict=True))[::-1]
    dimensions = (Dimension * max(1, len(axes)))(
        *(Dimension(0, extent, stride // array.itemsize, 0) for extent, stride in axes)
    )
    code, bits = CODES[array.dtype.kind], 1 if array.dtype.kind == "b" else array.itemsize * 8
    return Buffer(0, None, array.ctypes.data, 0, code, bits, 1, len(axes), dimensions, None)


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answer the requests of a stream until it ends; its first line says what is measured."""
    runner = Runner(json.loads(requests.readline()))
    print(json.dumps({"status": "ready"}), file=replies, flush=True)
    for line in requests:
        try:
            reply = runner.answer(json.loads(line))
        except MemoryError:
            reply = {"status": "runtime_error", "message": "out of memory"}
        except CallError as error:
            reply = {"status": "runtime_error", "message": str(error)[:500]}
        except Exception as error:  # a library that cannot be loaded, above all
            reply = {"status": "runtime_error", "message": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(reply), file=replies, flush=True)


def main() -> None:
    """Run as ``python -m perfpred.halide.sandbox.runner MEMORY_BYTES PROCESSOR...``."""
    limit_process(int(sys.argv[1]), [int(text) for text in sys.argv[2:]])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, replies)


if __name__ == "__main__":
    main()
