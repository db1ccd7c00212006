"""A few damaged and hostile journals and campaign files."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KINDS = {"journals": "Journals", "campaigns": "Campaigns"}


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_are_refused_or_read_rightly(name, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    kind = getattr(importlib.import_module(f"fuzzing.{name}"), KINDS[name])()
    outcome = importlib.import_module("fuzzing.kinds").hunt(kind, range(150), tmp_path)
    assert outcome.failures == []
    assert {"accepted", "refused"} <= outcome.counts.keys()
