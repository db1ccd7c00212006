"""Halide schedules by prediction: pipelines, the schedules they could have, what each costs to run.

Names are loaded on first use, so importing the package does not import Halide. A pipeline's `Graph` is
plain data: schedules are drawn, checked and described without Halide, and tried in processes of their own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfpred.halide.candidate import Candidate, Directive
    from perfpred.halide.choosing.autoschedule import autoschedule
    from perfpred.halide.emit import to_cpp, to_python
    from perfpred.halide.features.compute import FEATURES, encode
    from perfpred.halide.features.machine import Target
    from perfpred.halide.graph.model import Graph
    from perfpred.halide.profiling import Order, profile_pipeline, read_schedules
    from perfpred.halide.schedule import Schedule, StaleScheduleError, load_schedule
    from perfpred.halide.source import Source
    from perfpred.halide.space.own import OwnSpace
    from perfpred.halide.space.template import FourKnobs

_HOMES = {
    "FEATURES": "features.compute",
    "Candidate": "candidate",
    "Directive": "candidate",
    "FourKnobs": "space.template",
    "Graph": "graph.model",
    "Order": "profiling",
    "OwnSpace": "space.own",
    "Schedule": "schedule",
    "Source": "source",
    "StaleScheduleError": "schedule",
    "Target": "features.machine",
    "autoschedule": "choosing.autoschedule",
    "encode": "features.compute",
    "load_schedule": "schedule",
    "profile_pipeline": "profiling",
    "read_schedules": "profiling",
    "to_cpp": "emit",
    "to_python": "emit",
}

__all__ = [
    "FEATURES",
    "Candidate",
    "Directive",
    "FourKnobs",
    "Graph",
    "Order",
    "OwnSpace",
    "Schedule",
    "Source",
    "StaleScheduleError",
    "Target",
    "autoschedule",
    "encode",
    "load_schedule",
    "profile_pipeline",
    "read_schedules",
    "to_cpp",
    "to_python",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"perfpred.halide.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'perfpred.halide' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
