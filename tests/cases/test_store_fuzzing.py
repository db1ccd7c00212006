"""A few of the mutated models that benchmarks/fuzzing makes by the thousand."""

import importlib
from pathlib import Path

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")


def test_mutated_models_are_refused_or_answer(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    kind = importlib.import_module("fuzzing.model_files").ModelFiles()
    outcome = importlib.import_module("fuzzing.kinds").hunt(kind, range(150), tmp_path)
    assert [failure.error for failure in outcome.failures] == []
    assert min(outcome.counts["refused"], outcome.counts["accepted"]) > 10
