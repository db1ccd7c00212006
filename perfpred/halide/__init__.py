"""Halide schedules by prediction: pipelines, the schedules they could have, what each costs to run.

Names are loaded on first use, so importing the package does not import Halide. A pipeline's `Graph` is
plain data: schedules are drawn, checked and described without Halide, and tried in processes of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfpred.lazy_names import lazy_names

if TYPE_CHECKING:
    from perfpred.halide.choose.autoschedule import autoschedule
    from perfpred.halide.cost.features import FEATURES, encode
    from perfpred.halide.cost.machine import Target
    from perfpred.halide.graph.model import Graph
    from perfpred.halide.measure.profiling import ProfileJob, profile_pipeline
    from perfpred.halide.measure.schedules_file import read_schedules
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.schedule.candidate import Candidate, Directive
    from perfpred.halide.schedule.document import Schedule, StaleScheduleError, load_schedule
    from perfpred.halide.schedule.emit import to_cpp, to_python
    from perfpred.halide.space.loop_nests import LoopNestSpace
    from perfpred.halide.space.template import FourKnobs

_HOMES = {
    "FEATURES": "cost.features",
    "Candidate": "schedule.candidate",
    "Directive": "schedule.candidate",
    "FourKnobs": "space.template",
    "Graph": "graph.model",
    "ProfileJob": "measure.profiling",
    "LoopNestSpace": "space.loop_nests",
    "Schedule": "schedule.document",
    "PipelineRef": "pipeline.ref",
    "StaleScheduleError": "schedule.document",
    "Target": "cost.machine",
    "autoschedule": "choose.autoschedule",
    "encode": "cost.features",
    "load_schedule": "schedule.document",
    "profile_pipeline": "measure.profiling",
    "read_schedules": "measure.schedules_file",
    "to_cpp": "schedule.emit",
    "to_python": "schedule.emit",
}

__all__ = [
    "FEATURES",
    "Candidate",
    "Directive",
    "FourKnobs",
    "Graph",
    "LoopNestSpace",
    "PipelineRef",
    "ProfileJob",
    "Schedule",
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


_RENAMED = {"Order": "ProfileJob", "OwnSpace": "LoopNestSpace", "Source": "PipelineRef"}
__getattr__ = lazy_names(
    __name__, {name: f"perfpred.halide.{home}" for name, home in _HOMES.items()}, _RENAMED
)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
