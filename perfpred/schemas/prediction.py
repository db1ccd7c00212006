"""What ``predict`` and ``select`` print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeAlias

from perfpred.predict.prediction import Prediction
from perfpred.predict.quantity import TIME
from perfpred.predict.selection import Choice, LeftOut, Selection


@dataclass(frozen=True)
class PredictionDocument:
    """A predicted time with its 90% interval, in seconds.

    `this_machine` says whether the model is of this machine, null where that cannot be told.
    """

    time_s: float
    low_s: float
    high_s: float
    in_range: bool
    reason: str
    this_machine: bool | None

    @classmethod
    def of(cls, prediction: Prediction, this_machine: bool | None) -> PredictionDocument | ValueDocument:
        """Return the document of a prediction; of another quantity than time, one that names it."""
        found = (prediction.value, prediction.low, prediction.high)
        rest = (prediction.in_range, prediction.reason, this_machine)
        if prediction.predicts == TIME:
            return cls(*found, *rest)
        return ValueDocument(prediction.quantity, prediction.unit, *found, *rest)


@dataclass(frozen=True)
class ValueDocument:
    """A predicted value of another quantity than time, with its 90% interval, in `unit`."""

    quantity: str
    unit: str
    value: float
    low: float
    high: float
    in_range: bool
    reason: str
    this_machine: bool | None


@dataclass(frozen=True)
class ChoiceDocument:
    """An entry of a ranking: a variant on a hardware with its predicted time, in seconds."""

    kernel: str
    variant: str
    hardware: str
    time_s: float
    low_s: float
    high_s: float
    in_range: bool

    @classmethod
    def of(cls, choice: Choice) -> ChoiceDocument | ValueChoiceDocument:
        """Return the document of a choice; of another quantity than time, one that names it."""
        names = (choice.kernel, choice.variant, choice.hardware)
        found = (choice.value, choice.low, choice.high)
        if choice.predicts == TIME:
            return cls(*names, *found, choice.in_range)
        return ValueChoiceDocument(*names, choice.quantity, choice.unit, *found, choice.in_range)


@dataclass(frozen=True)
class ValueChoiceDocument:
    """An entry of a ranking by another quantity than time, in `unit`."""

    kernel: str
    variant: str
    hardware: str
    quantity: str
    unit: str
    value: float
    low: float
    high: float
    in_range: bool


AnyChoice: TypeAlias = ChoiceDocument | ValueChoiceDocument


@dataclass(frozen=True)
class SelectionDocument:
    """A ranking, the best of it, what ties with that, why, and what could not be ranked."""

    best: AnyChoice
    ranking: tuple[AnyChoice, ...]
    ties: tuple[AnyChoice, ...]
    reason: str
    left_out: tuple[LeftOut, ...]

    @classmethod
    def of(cls, selection: Selection, **more: bool | None) -> Self:
        """Return the document of a selection; `more` are the fields that a subclass adds."""
        ranking, ties = (tuple(map(ChoiceDocument.of, each)) for each in (selection.ranking, selection.ties))
        best = ChoiceDocument.of(selection.best)
        return cls(best, ranking, ties, selection.reason, selection.left_out, **more)


@dataclass(frozen=True)
class MachineSelectionDocument(SelectionDocument):
    """A selection that also says whether a model is of this machine, null where that cannot be told."""

    this_machine: bool | None
