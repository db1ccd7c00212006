"""A few damaged and hostile schedule files, and files of measured schedules."""

import importlib
from pathlib import Path

import pytest

pytest.importorskip("halide")  # before a script of that name is on the path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(("name", "kind"), [("schedules", "Schedules"), ("halide_models", "HalideModels")])
def test_damaged_files_are_refused_or_read_rightly(name, kind, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    applying = importlib.import_module("fuzzing.applying")
    monkeypatch.setattr(applying, "compiler", lambda: None)  # C++ is compiled where it is emitted
    made = getattr(importlib.import_module(f"fuzzing.{name}"), kind)()
    outcome = importlib.import_module("fuzzing.kinds").hunt(made, range(40), tmp_path, limit_s=60.0)
    assert outcome.failures == []
    assert {"accepted", "refused"} <= outcome.counts.keys()
