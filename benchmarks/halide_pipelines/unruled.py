"""Drawing what the rules about miscompiled schedules refuse, to see whether they are right.

The sandbox compiles whatever it is given: rules are asked before, where schedules are drawn and chosen.
"""

from __future__ import annotations

import importlib

DRAWING = (
    "perfpred.halide.measure.generate",
    "perfpred.halide.space.loop_nests",
    "perfpred.halide.space.rules",
)


def draw_without_rules() -> None:
    """Have this process draw schedules as if no rule about miscompiled ones were known."""
    for name in DRAWING:
        module = importlib.import_module(name)
        if hasattr(module, "miscompiled"):
            module.miscompiled = lambda candidate, graph: None  # type: ignore[attr-defined]
