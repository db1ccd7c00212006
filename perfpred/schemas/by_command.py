"""Which document each command prints with ``--json``."""

from __future__ import annotations

from typing import Any

from perfpred.schemas.auditing import AuditDocument, ComparisonDocument
from perfpred.schemas.files import (
    ExportDocument,
    FileDocument,
    ImportDocument,
    InspectionDocument,
    SpaceDocument,
)
from perfpred.schemas.halide import (
    BenchDocument,
    PipelineDocument,
    RankedDocument,
    ReplayDocument,
    ScheduleDocument,
    ScheduleModelDocument,
    ScheduleProfileDocument,
)
from perfpred.schemas.learning import DemoDocument, EvaluationDocument, TrainedDocument
from perfpred.schemas.measuring import CheckDocument, KernelDocument, ProfileDocument, RecheckDocument
from perfpred.schemas.prediction import MachineSelectionDocument, PredictionDocument
from perfpred.schemas.tuning import BestDocument, SearchDocument

DOCUMENTS: dict[str, Any] = {
    "demo": DemoDocument,
    "doctor": list[CheckDocument],
    "kernels": list[KernelDocument],
    "profile": list[ProfileDocument],
    "profile --check": RecheckDocument,
    "train": list[TrainedDocument],
    "evaluate": list[EvaluationDocument],
    "audit": AuditDocument,
    "compare": ComparisonDocument,
    "predict": PredictionDocument,
    "predict --table": list[PredictionDocument],
    "select": MachineSelectionDocument,
    "select --table": list[MachineSelectionDocument],
    "inspect": InspectionDocument,
    "import": ImportDocument | SpaceDocument,
    "export": ExportDocument,
    "report": FileDocument,
    "plot": FileDocument,
    "search": list[SearchDocument],
    "best": BestDocument,
    "halide list": list[PipelineDocument],
    "halide profile": list[ScheduleProfileDocument],
    "halide train": list[ScheduleModelDocument],
    "halide rank": list[RankedDocument],
    "halide schedule": ScheduleDocument,
    "halide replay": list[ReplayDocument],
    "halide bench": list[BenchDocument],
}
"""By command; a prediction of another quantity than time is a `ValueDocument`."""
