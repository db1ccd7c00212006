"""A few damaged and hostile files of each kind that `perfpred import` and searches read."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KINDS = {
    "kernel_tuner": "KernelTunerCaches",
    "t4": "T4Files",
    "t1": "T1Spaces",
    "traces": "Traces",
    "benchmark_json": "BenchmarkJson",
}


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_are_refused_or_read_rightly(name, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    kind = getattr(importlib.import_module(f"fuzzing.{name}"), KINDS[name])()
    outcome = importlib.import_module("fuzzing.kinds").hunt(kind, range(40), tmp_path)
    assert outcome.failures == []
    assert {"accepted", "refused"} <= outcome.counts.keys()
