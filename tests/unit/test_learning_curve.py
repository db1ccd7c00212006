"""The learning-curve benchmark: what is fitted, what is left out, and the plot."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import perfpred as pp

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("learning_curve")


def test_a_model_that_cannot_be_fitted_is_left_out_with_its_reason(benchmark, csv):
    results, left_out = benchmark.learning_curve(
        pp.read_profile(csv), ["linear-c", "augmented"], [1, 50], repeats=2, n_jobs=1
    )
    assert set(zip(results["model"], results["train_size"], strict=True)) == {
        ("linear-c", 50),
        ("augmented", 50),
    }
    assert [(each["model"], each["train_size"]) for each in left_out] == [("linear-c", 1), ("augmented", 1)]
    assert "at least 2 rows" in left_out[0]["reason"]
    points = benchmark.curves(results, "mape")
    expected = results[results["model"] == "linear-c"].groupby("repeat")["mape"].mean() * 100
    assert points.loc["linear-c", 50].to_list() == pytest.approx([expected.mean(), expected.std(ddof=0)])
    assert benchmark.noise_floor(results) == pytest.approx(1.0)


def test_the_plot_is_a_png(benchmark, csv, tmp_path):
    pytest.importorskip("matplotlib")
    results, _ = benchmark.learning_curve(pp.read_profile(csv), ["linear-c"], [25, 50], repeats=2, n_jobs=1)
    benchmark.plot(results, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
