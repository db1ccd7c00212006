"""What ``serve`` answers beside predictions and selections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfpred.schemas.prediction import AnyChoice


@dataclass(frozen=True)
class ProblemDocument:
    """Why a request gets no answer: problem details of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


@dataclass(frozen=True)
class ModelDocument:
    """A model, what it was trained on, and the values it may be asked for.

    `ranges` are those of training by parameter, `categories` the values of a parameter that is no number;
    `constants` may be left out of a query. `noise` is a fraction, null where it is unknown.
    """

    kernel: str
    variant: str
    hardware: str
    model: str
    quantity: str
    unit: str
    parameters: tuple[str, ...]
    ranges: Mapping[str, tuple[float, float]]
    categories: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, float | str]
    rows: int
    noise: float | None


@dataclass(frozen=True)
class HardwareDocument:
    """A hardware that models are of.

    `cpu`, `isa` and `threads` are null where the name is one that a user chose; `this_machine` says whether
    the service runs on it, null where that cannot be told.
    """

    hardware: str
    cpu: str | None
    isa: str | None
    threads: int | None
    this_machine: bool | None
    kernels: tuple[str, ...]
    models: int


@dataclass(frozen=True)
class TiedDocument:
    """A choice whose predicted value is within the measuring noise of the chosen one's."""

    variant: str
    hardware: str


@dataclass(frozen=True)
class RowSelectionDocument:
    """The choice for a row of a batch, what ties with it, and why."""

    best: AnyChoice
    ties: tuple[TiedDocument, ...]
    reason: str
    this_machine: bool | None


@dataclass(frozen=True)
class AliveDocument:
    """The service runs."""

    status: str


@dataclass(frozen=True)
class ReadyDocument:
    """Whether the service answers queries, and with which models.

    `problem` says why files that were changed are not used: the models loaded before them answer.
    """

    status: str
    models: int
    loaded_at: str
    problem: str | None
