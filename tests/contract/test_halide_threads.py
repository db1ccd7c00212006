"""The Halide variant with two threads and on plainer ISA levels equals the reference too."""

import numpy as np
import pytest

from perfpred.errors import MeasurementError
from perfpred.hardware import ISA_LEVELS, probe
from perfpred.kernels import KERNELS
from perfpred.variants.halide import library
from perfpred.variants.halide.variant import Halide

MACHINE = probe()
HALIDE = Halide()
SIZES = {
    "matmul": ({"m": 1, "n": 1, "k": 1}, {"m": 113, "n": 161, "k": 33}),
    "matvec": ({"m": 1, "n": 1}, {"m": 131, "n": 77}),
    "conv2d": ({"h": 10, "w": 10, "f": 7}, {"h": 41, "w": 35, "f": 5}, {"h": 10, "w": 90, "f": 7}),
    "maxpool": ({"h": 10, "w": 10, "r": 5}, {"h": 99, "w": 75, "r": 3}),
    "conv2d_nchw": ({"c_in": 1, "c_out": 1, "h": 7, "w": 7}, {"c_in": 9, "c_out": 31, "h": 21, "w": 29}),
    "softmax": ({"m": 1, "n": 1}, {"m": 37, "n": 71}),
}


def place(isa, threads):
    missing = [flag for flag in ISA_LEVELS[isa].cpu_flags if flag not in MACHINE.flags]
    if missing or threads > len(MACHINE.affinity):
        pytest.skip(f"this machine lacks {isa} or {threads} cores")
    return MACHINE.hardware(isa, threads)


def agrees(kernel, hardware, sizes):
    rng = np.random.default_rng(1)
    operands = tuple(rng.uniform(-1, 1, shape).astype(np.float32) for shape in kernel.operands(sizes))
    result = np.full(kernel.result(sizes), np.nan, dtype=np.float32)
    call = HALIDE.bind(kernel, hardware, sizes, operands, result)
    call.run(3)
    return kernel.agrees(sizes, call.result(), operands)


@pytest.mark.parametrize(("isa", "threads"), [(MACHINE.best_isa(), 2), ("sse4.2", 1)])
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=lambda kernel: kernel.name)
def test_equals_the_reference(kernel, isa, threads):
    hardware = place(isa, threads)
    reason = HALIDE.problem(kernel, hardware)
    if reason:
        pytest.skip(reason)
    HALIDE.prepare(kernel, hardware)
    for sizes in SIZES[kernel.name]:
        assert agrees(kernel, hardware, sizes), sizes


def test_an_error_inside_halide_is_an_exception():
    hardware, kernel = place(MACHINE.best_isa(), 1), KERNELS["matvec"]
    if HALIDE.problem(kernel, hardware):
        pytest.skip("no Halide here")
    HALIDE.prepare(kernel, hardware)
    a, x, y = np.ones((4, 4), np.float32), np.ones(4, np.float32), np.ones(4, np.float32)
    call = HALIDE.bind(kernel, hardware, {"m": 4, "n": 400}, (a, x), y)
    with pytest.raises(MeasurementError, match=r"Halide: .*operand0"):
        call.run(1)


def test_a_pipeline_that_cannot_be_compiled_is_an_exception(tmp_path):
    if HALIDE.problem(KERNELS["matmul"], place(MACHINE.best_isa(), 1)):
        pytest.skip("no Halide here")
    with pytest.raises(MeasurementError, match="Halide on matmul for no-such-target failed"):
        library._emit(["matmul", "no-such-target", "nowhere.o", "serial"], tmp_path)


def test_environment_sets_the_threads():
    assert HALIDE.environment(place(MACHINE.best_isa(), 1))["HL_NUM_THREADS"] == "1"
