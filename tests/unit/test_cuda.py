"""The CUDA variants: they say what they lack, and their sources compile where nvcc exists."""

import ctypes

import pytest

from perfpred.hardware import probe
from perfpred.kernels import KERNELS
from perfpred.variants import variant
from perfpred.variants.native import nvidia

PLACE = probe().hardware(probe().best_isa(), 1)
CUDA = [variant("cuda-global"), variant("cuda-shared")]
GPU = nvidia.Gpu("a GPU", "sm_90")


@pytest.mark.parametrize(
    ("compiler", "gpu", "reason"),
    [
        (None, None, "needs nvcc (CUDA toolkit)"),
        (None, GPU, "needs nvcc (CUDA toolkit)"),
        (("nvcc", "13"), None, "needs an NVIDIA GPU"),
        (("nvcc", "13"), GPU, None),
    ],
)
def test_it_says_what_is_missing(monkeypatch, compiler, gpu, reason):
    monkeypatch.setattr(nvidia, "nvcc", lambda: compiler)
    monkeypatch.setattr(nvidia, "gpu", lambda: gpu)
    assert [each.problem(KERNELS["matmul"], PLACE) for each in CUDA] == [reason, reason]


@pytest.mark.skipif(nvidia.nvcc() is None, reason="needs nvcc (CUDA toolkit)")
@pytest.mark.parametrize("each", CUDA, ids=lambda item: item.name)
def test_every_source_compiles(monkeypatch, tmp_path, each):
    monkeypatch.setattr("perfpred.variants.native.build.cache_dir", lambda: tmp_path)
    for name in each.kernels:
        library = each.library(KERNELS[name], "sm_90")
        assert ctypes.CDLL(str(library)).perfpred_run
