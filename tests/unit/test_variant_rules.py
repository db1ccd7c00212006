"""What variants need and say, before anything is compiled: reasons, versions, environments."""

import ctypes
import subprocess

import numpy as np
import pytest

from perfpred.errors import InputError, MeasurementError, VariantUnavailableError
from perfpred.hardware import Hardware
from perfpred.kernels import kernel
from perfpred.variants import VARIANTS, openblas, variant, variants_of
from perfpred.variants.base import Call, Variant
from perfpred.variants.function import implements
from perfpred.variants.native import base as native_base
from perfpred.variants.native import build, nvidia

PLACE = Hardware("test-cpu-6-85", "avx2", 2)
ALONE = Hardware("test-cpu-6-85", "avx2", 1)
MATMUL = kernel("matmul")


class Idle(Variant):
    """Takes no time, and needs what is not there."""

    name = "idle"
    summary = "nothing"
    kernels = {"matmul": 1, "matvec": None}  # noqa: RUF012
    packages = ("no-such-package-a", "numpy", "no-such-package-b")

    def bind(self, kernel, hardware, sizes, operands, result):
        return Call(lambda repetitions: None, lambda: result)


@pytest.mark.parametrize(
    ("name", "hardware", "reason"),
    [
        ("softmax", PLACE, "does not implement softmax"),
        ("matmul", PLACE, "runs matmul on at most 1 thread(s), but 2 were asked for"),
        *(
            (
                name,
                place,
                "needs no-such-package-a, no-such-package-b: pip install no-such-package-a no-such-package-b",
            )
            for name, place in (("matmul", ALONE), ("matvec", PLACE))
        ),
    ],
)
def test_a_variant_says_why_it_cannot_run(name, hardware, reason):
    assert Idle().problem(kernel(name), hardware) == reason
    with pytest.raises(VariantUnavailableError) as error:
        Idle().require(kernel(name), hardware)
    assert str(error.value) == f"variant idle cannot run on {hardware.id}: {reason}"


def test_every_variant_is_among_those_of_its_kernels():
    for each in VARIANTS.values():
        for name in each.kernels:
            assert each in variants_of(name)
    assert variants_of("nothing") == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openblas", {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "OPENBLAS_CORETYPE": "Haswell"}),
        ("onednn", {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "ONEDNN_MAX_CPU_ISA": "AVX2"}),
        ("naive", {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}),
    ],
)
def test_environments_hold_threads_and_levels(name, expected):
    assert variant(name).environment(PLACE) == expected


@pytest.mark.parametrize(
    ("config", "name", "reason"),
    [
        (
            {"Build Dependencies": {"blas": {"name": "mkl", "version": "2025"}}},
            "mkl 2025",
            "this NumPy is built over mkl 2025, not OpenBLAS",
        ),
        ({"Build Dependencies": {"blas": {}}}, "unknown", "this NumPy is built over unknown, not OpenBLAS"),
        (None, "unknown", "this NumPy is built over unknown, not OpenBLAS"),
        ({"Build Dependencies": {"blas": {"name": "scipy-openblas"}}}, "scipy-openblas", None),
    ],
)
def test_openblas_is_told_from_other_libraries(monkeypatch, config, name, reason):
    monkeypatch.setattr(np, "show_config", lambda mode: config)
    assert openblas.blas_name() == name
    assert variant("openblas").problem(MATMUL, PLACE) == reason
    assert variant("openblas").versions() == {"numpy": np.__version__, "blas": name}


def test_openblas_does_not_implement_what_it_does_not(monkeypatch):
    assert variant("openblas").problem(kernel("softmax"), PLACE) == "does not implement softmax"


def test_native_variants_need_a_compiler(monkeypatch):
    monkeypatch.setattr(native_base, "compiler", lambda: None)
    monkeypatch.setattr(build, "compiler", lambda: None)
    reason = "needs a C++ compiler: install g++ (Debian package g++)"
    assert variant("naive").problem(MATMUL, ALONE) == reason
    assert variant("naive").versions()["compiler"] == "none"
    build.build.cache_clear()
    with pytest.raises(VariantUnavailableError, match="no C\\+\\+ compiler: install g\\+\\+"):
        build.build("matmul_naive.cpp", "avx2", ())


def test_a_package_without_the_header_says_so():
    with pytest.raises(VariantUnavailableError, match="package numpy does not hold the header Eigen/Core"):
        build.include_dir("numpy", "Eigen/Core")


def test_a_compiler_that_never_ends_is_said(monkeypatch, tmp_path):
    def late(command, limit_s, environment):
        assert environment == {"TMPDIR": str(tmp_path)}
        raise subprocess.TimeoutExpired(command, limit_s)

    monkeypatch.setattr(build, "run_supervised", late)
    with pytest.raises(MeasurementError, match="compiling x took more than 300 s"):
        build.run_compiler(["cc"], "compiling x", tmp_path)


def test_a_compiler_that_fails_is_quoted_at_its_end(monkeypatch, tmp_path):
    complaint = "a" * 3000 + "error: no"
    monkeypatch.setattr(build, "run_supervised", lambda *_: subprocess.CompletedProcess([], 1, "", complaint))
    with pytest.raises(MeasurementError) as error:
        build.run_compiler(["cc"], "compiling x", tmp_path)
    assert str(error.value) == f"compiling x failed:\n{complaint[-2000:]}"


@implements("matmul")
def plain(sizes, operands, result):
    """Multiply.

    More of it.
    """
    return lambda: np.matmul(*operands, out=result)


@implements(MATMUL, threads=None, name="wide")
def undescribed(sizes, operands, result):
    return 3


def test_a_function_becomes_a_variant_with_its_name_and_first_line():
    assert (plain.name, plain.summary, plain.kernels) == ("plain", "Multiply.", {"matmul": 1})
    assert (undescribed.name, undescribed.summary) == ("wide", "a function of a user's")
    assert undescribed.kernels == {"matmul": None}
    operands = (np.eye(2, dtype=np.float32), np.full((2, 2), 3, dtype=np.float32))
    call = plain.bind(MATMUL, ALONE, {"m": 2, "n": 2, "k": 2}, operands, np.zeros((2, 2), np.float32))
    call.run(2)
    assert (call.result() == 3).all()


def test_a_function_that_binds_nothing_is_refused():
    with pytest.raises(InputError, match=r"wide must return a function of no arguments .* but returned int"):
        undescribed.bind(MATMUL, ALONE, {}, (), np.zeros(1))


@pytest.fixture
def fresh():
    """No CUDA compiler or GPU is remembered, before and after."""
    nvidia.nvcc.cache_clear()
    nvidia.gpu.cache_clear()
    yield
    nvidia.nvcc.cache_clear()
    nvidia.gpu.cache_clear()


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("nvcc\nCuda compilation tools, release 12.4, V12\n", "Cuda compilation tools, release 12.4, V12"),
        ("", "unknown"),
    ],
)
def test_the_cuda_compiler_is_known_by_its_release(monkeypatch, fresh, said, version):
    monkeypatch.setattr("shutil.which", lambda name: "/bin/nvcc")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, said, ""))
    assert nvidia.nvcc() == ("/bin/nvcc", version)
    assert variant("cuda-global").versions()["compiler"] == version


def test_without_the_cuda_compiler_nothing_is_built(monkeypatch, fresh):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(VariantUnavailableError, match="needs nvcc"):
        nvidia.compiled("matmul_global.cu", "sm_90")


class Driver:
    """Answers as the CUDA driver does."""

    def __init__(self, broken=""):
        self.broken = broken

    def cuInit(self, _):  # noqa: N802
        return int(self.broken == "driver")

    def cuDeviceGet(self, _device, _number):  # noqa: N802
        return int(self.broken == "device")

    def cuDeviceGetName(self, name, _length, _device):  # noqa: N802
        name.value = b"a GPU"

    def cuDeviceGetAttribute(self, value, which, _device):  # noqa: N802
        value._obj.value = {75: 9, 76: 0}[which]


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        (lambda: Driver(), nvidia.Gpu("a GPU", "sm_90")),
        (lambda: Driver("driver"), None),
        (lambda: Driver("device"), None),
        (None, None),
    ],
    ids=["a GPU", "no driver to talk to", "no device", "no library"],
)
def test_the_first_gpu_is_asked_of_the_driver(monkeypatch, fresh, driver, expected):
    def library(name):
        if driver is None:
            raise OSError(name)
        return driver()

    monkeypatch.setattr(ctypes, "CDLL", library)
    assert nvidia.gpu() == expected
    shown = variant("cuda-shared").versions()["gpu"]
    assert shown == ("none" if expected is None else "a GPU sm_90")


class Library:
    """A library made of a CUDA source, whose device is this process's memory."""

    def __init__(self, message=None):
        self.called, self.message = [], message

    def __getattr__(self, name):
        def entry(*arguments):
            self.called.append(name)
            return self.message

        return entry


def test_arrays_are_stored_fetched_and_released(monkeypatch, tmp_path):
    library = Library()
    monkeypatch.setattr(nvidia.cache, "load_library", lambda path: library)
    device = nvidia.Device(tmp_path)
    array = nvidia.DeviceArray(device, np.zeros(3, np.float32))
    array.fetch(np.zeros(3, np.float32))
    del array
    assert library.called == ["perfpred_allocate", "perfpred_store", "perfpred_fetch", "perfpred_release"]


def test_what_cuda_says_is_the_error(monkeypatch, tmp_path):
    monkeypatch.setattr(nvidia.cache, "load_library", lambda path: Library(b"out of memory"))
    with pytest.raises(MeasurementError, match="perfpred_run: CUDA says out of memory"):
        nvidia.Device(tmp_path).call("perfpred_run")


def test_a_gpu_kernel_is_bound_to_copies_of_its_operands(monkeypatch, tmp_path):
    library = Library()
    monkeypatch.setattr(nvidia.cache, "load_library", lambda path: library)
    monkeypatch.setattr(nvidia, "nvcc", lambda: ("nvcc", "13"))
    monkeypatch.setattr(nvidia, "gpu", lambda: nvidia.Gpu("a GPU", "sm_90"))
    asked = []
    monkeypatch.setattr(nvidia, "compiled", lambda source, arch: asked.append((source, arch)) or tmp_path)
    cuda = variant("cuda-shared")
    cuda.prepare(MATMUL, ALONE)
    operands = tuple(np.zeros((2, 2), np.float32) for _ in range(2))
    call = cuda.bind(MATMUL, ALONE, {"m": 2, "n": 2, "k": 2}, operands, np.zeros((2, 2), np.float32))
    call.run(5)
    assert call.result().shape == (2, 2)
    assert asked == [("matmul_shared.cu", "sm_90")] * 2
    assert library.called.count("perfpred_run") == 1
