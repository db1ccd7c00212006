"""The kinds of inputs by name; each is imported where it is judged, so that none needs what others do."""

from __future__ import annotations

import importlib
import importlib.util

from fuzzing.kinds import Kind

FILES = {
    "csv": "csv_files:CsvFiles",
    "columns": "columns:Columns",
    "model": "model_files:ModelFiles",
    "journal": "journals:Journals",
    "campaign": "campaigns:Campaigns",
    "kernel_tuner": "kernel_tuner:KernelTunerCaches",
    "t4": "t4:T4Files",
    "t1": "t1:T1Spaces",
    "benchmark_json": "benchmark_json:BenchmarkJson",
    "traces": "traces:Traces",
    "schedules": "schedules:Schedules",
    "halide_models": "halide_models:HalideModels",
}
COMMANDS = {
    f"command_{verb}": f"commands:{verb.title().replace('_', '')}"
    for verb in ("train", "evaluate", "inspect", "predict", "select", "export", "import", "search", "best")
} | {"command_halide_rank": "halide_commands:HalideRank"}
KINDS = {**FILES, **COMMANDS}
NEEDS_HALIDE = ("schedules", "halide_models", "command_halide_rank")


def usable() -> list[str]:
    """Return the names of all kinds whose packages are installed."""
    has_halide = importlib.util.find_spec("halide") is not None
    return [name for name in KINDS if has_halide or name not in NEEDS_HALIDE]


def kind(name: str) -> Kind:
    """Return a kind by its name."""
    module, _, attribute = KINDS[name].partition(":")
    found: Kind = getattr(importlib.import_module(f"fuzzing.{module}"), attribute)()
    return found
