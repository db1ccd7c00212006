"""Loads the small pipelines of ``tests/data/cases/halide-*``."""

import importlib.util
from pathlib import Path

CASES = Path(__file__).parents[1] / "data" / "cases"


def load(name):
    """Return the module of a case, a new one each time."""
    spec = importlib.util.spec_from_file_location(
        "case_" + name.replace("-", "_"), CASES / f"halide-{name}" / "pipe.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
