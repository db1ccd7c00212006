"""Drawing and compiling what the rules about miscompiled schedules refuse, to see whether they are right."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from perfpred.halide.sandbox.workshop import Workshop
from perfpred.sandbox.child import Command

DRAWING = ("perfpred.halide.gather", "perfpred.halide.space.own", "perfpred.halide.space.rules")
BENCHMARKS = Path(__file__).parent.parent


def draw_without_rules() -> None:
    """Have this process draw schedules as if no rule about miscompiled ones were known."""
    for name in DRAWING:
        module = importlib.import_module(name)
        if hasattr(module, "miscompiled"):
            module.miscompiled = lambda candidate, graph: None  # type: ignore[attr-defined]


def compile_without_rules(workshop: Workshop) -> None:
    """Have a workshop's processes, none of which was asked anything yet, apply whatever they are given."""
    path = os.pathsep.join(filter(None, (str(BENCHMARKS), os.environ.get("PYTHONPATH", ""))))
    arguments = ["-m", "halide_pipelines.unruled"]
    for child in workshop._children:
        child._command = Command("the sandbox without rules", arguments, environment={"PYTHONPATH": path})


def main() -> None:
    """Serve as the sandbox does, without rules: ``python -m halide_pipelines.unruled``."""
    from perfpred.halide import apply
    from perfpred.halide.sandbox import nursery

    apply.has_windows = lambda candidate: False
    nursery.main()


if __name__ == "__main__":
    main()
