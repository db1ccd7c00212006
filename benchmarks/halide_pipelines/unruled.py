"""Drawing and compiling what the rules about miscompiled schedules refuse, to see whether they are right."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

DRAWING = ("perfpred.halide.gather", "perfpred.halide.space.own", "perfpred.halide.space.rules")
COMPILING = "halide_pipelines.unruled_compiling"
"""What the processes that compile import: they then apply whatever they are given."""
BENCHMARKS = Path(__file__).parent.parent


def without_rules() -> list[str]:
    """Have this process draw schedules as if no rule about miscompiled ones were known.

    Returns
    -------
    list of str
        What the processes of a workshop that is made after this are to preload.
    """
    for name in DRAWING:
        module = importlib.import_module(name)
        if hasattr(module, "miscompiled"):
            module.miscompiled = lambda candidate, graph: None  # type: ignore[attr-defined]
    path = filter(None, (str(BENCHMARKS), os.environ.get("PYTHONPATH", "")))
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    return [COMPILING]
