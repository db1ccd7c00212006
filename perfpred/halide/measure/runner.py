"""The timing process: loads compiled candidates, checks their outputs, times calls; line in, line out.

It holds neither Halide nor the pipeline's Python: compiled code, example inputs, and the reference schedule
whose output is the right one. Whatever a candidate does to this process ends this process alone.
"""

from __future__ import annotations

import ctypes
import math
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from perfpred.halide.measure.checking.compare import Tolerance
from perfpred.halide.measure.checking.operands import Area, Operands
from perfpred.halide.measure.checking.verdict import CallError, Case, Entries
from perfpred.halide.measure.contention.probe import PROBE_HEIGHT, PROBE_WIDTH, ContentionProbe
from perfpred.measure.timing import TimingOptions, time_call
from perfpred.sandbox.limits import limit_process
from perfpred.sandbox.serving import MESSAGE_CHARS, Answer, serve_standard_streams
from perfpred.variants.cache import load_library

ENTRY = "perfpred_pipeline_argv"
TIMING = TimingOptions(sample_s=100e-6, total_s=2e-3)
"""Longer than for other kernels: threads are awakened in every call, which now and then takes long."""


class Runner:
    """Answers requests for one pipeline on one target."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self._errors: list[str] = []
        runtime = load_library(Path(setup["runtime"]), ctypes.RTLD_GLOBAL)
        handler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)
        self._handler = handler(lambda _, text: self._errors.append(text.decode(errors="replace").strip()))
        runtime.halide_set_error_handler(self._handler)
        self._setup, self._probe = setup, _probe(setup)
        self._cases: dict[str, Case] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the timing of a library at a size, after checking its output if asked to.

        Its output is also checked at the first of the sizes ``beside`` that it takes; those that it does not
        take are ``refused``, the one that it does is ``passed``. A request that is ``about`` a size is
        answered with what is checked there.
        """
        if "about" in request:
            case = self._case(request["about"])
            return {"status": "ok", "data": list(case.data.values()), "warnings": case.warnings()}
        size, entry = request["size"], _entry(request["library"])
        refused: list[str] = []
        passed: list[str] = []
        if request.get("check"):
            beside = request.get("beside", ())
            problem = self._beside(entry, beside, passed, refused) or self._problem(entry, size)
            if problem is not None:
                return {"status": "wrong_result", "message": problem}
        case = self._case(size)
        case.restore()

        def run(repetitions: int) -> None:
            for _ in range(repetitions):
                self._call(entry, case.operands)

        time_s, probe_s = self._probe.when_quiet(
            lambda: time_call(run, time.perf_counter, TIMING), TIMING.long_s
        )
        return {"status": "ok", "time_s": time_s, "monitor_s": probe_s, "passed": passed, "refused": refused}

    def _case(self, size: str) -> Case:
        if size not in self._cases:
            setup = self._setup["sizes"][size]
            entries = Entries(_entry(setup["reference"]), [_entry(each) for each in setup["others"]])
            tolerances = [Tolerance(**each) for each in setup["rounding"]]
            self._cases[size] = Case(setup, tolerances, entries, self._call)
        return self._cases[size]

    def _beside(self, entry: Any, sizes: Sequence[str], passed: list[str], refused: list[str]) -> str | None:
        for size in sizes:
            try:
                problem = self._problem(entry, size)
            except CallError:  # too small for its tiles
                refused.append(size)
                continue
            passed.append(size)
            return problem
        return None

    def _problem(self, entry: Any, size: str) -> str | None:
        """Return how a library's outputs differ from the right ones at a size, None if they do not."""
        problem = self._case(size).problem(entry)
        if problem is None:
            return None
        del self._cases[size]  # what is wrong may have written anywhere
        return f"{problem} at {size}"

    def _call(self, entry: Any, operands: Operands) -> None:
        self._errors.clear()
        code = entry(operands.pointers)
        if code:
            raise CallError(self._errors[0] if self._errors else f"error {code}")


def _probe(setup: Mapping[str, Any]) -> ContentionProbe:
    row = PROBE_WIDTH * PROBE_HEIGHT
    dims = [(0, PROBE_WIDTH, 1), (0, PROBE_HEIGHT, PROBE_WIDTH), (0, int(setup["threads"]), row)]
    output = Area("float32", dims)
    pointers, entry = (ctypes.c_void_p * 1)(ctypes.addressof(output.buffer)), _entry(setup["probe"])

    def run(_keep: Area = output) -> None:
        entry(pointers)

    return ContentionProbe(run, time.perf_counter, time.sleep, setup["fastest_probe_s"] or math.inf)


@cache
def _entry(path: str) -> Any:
    return getattr(load_library(Path(path)), ENTRY)


def start(setup: Mapping[str, Any]) -> Answer:
    """Return what answers requests for the pipeline of a setup."""
    runner = Runner(setup)

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return runner.answer(request)
        except CallError as error:
            return {"status": "runtime_error", "message": str(error)[:MESSAGE_CHARS]}

    return answer


def main() -> None:
    """Run as ``python -m perfpred.halide.measure.runner MEMORY_BYTES PROCESSOR...``."""
    limit_process(int(sys.argv[1]), [int(text) for text in sys.argv[2:]])
    serve_standard_streams(start)


if __name__ == "__main__":
    main()
