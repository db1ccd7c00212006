"""What ``inspect``, ``import`` and ``export`` print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfpred.combination import Combination
from perfpred.schemas.document import OMITTED


@dataclass(frozen=True)
class ColumnDocument:
    """What a column of a CSV is taken for, and why.

    `role` is kernel, variant, hardware, parameter, category, time, run, noise, status, ignored or suspicious.
    """

    name: str
    role: str
    reason: str


@dataclass(frozen=True)
class InspectionDocument:
    """What a CSV holds, what is doubtful about it, and the command that trains on it.

    `repeats` counts ``rows``, ``settings``, ``repeated`` and ``most``; `groups` are columns that always
    change together; `terms` are complexities by name, or those by kernel.
    """

    columns: tuple[ColumnDocument, ...]
    repeats: Mapping[str, int]
    groups: tuple[Mapping[str, Any], ...]
    terms: Mapping[str, Any]
    warnings: tuple[str, ...]
    command: str


@dataclass(frozen=True)
class UnitDocument:
    """The unit of times in a file, how it is known, and whether it was assumed."""

    name: str
    known: str
    assumed: bool


@dataclass(frozen=True)
class RejectionDocument:
    """An entry that cannot become a row of the profile, where it stands, why, and what it holds."""

    place: str
    reason: str
    entry: Any


@dataclass(frozen=True)
class ImportDocument:
    """What was imported from another tool's results; `parameters` counts the values of each.

    `rejected` are entries that cannot become a row, each with its location and reason, `outside_space` those
    that are no configuration of the stated space.
    """

    file: str
    source: str
    format: str
    kernel: str
    variant: str | None
    variants: tuple[str, ...]
    hardware: str
    rows: int
    statuses: Mapping[str, int]
    failure_words: tuple[Mapping[str, Any], ...]
    objective: str
    unit: UnitDocument
    parameters: Mapping[str, int]
    noise: float | None
    remarks: tuple[str, ...]
    rejected: tuple[RejectionDocument, ...]
    outside_space: tuple[RejectionDocument, ...]


@dataclass(frozen=True)
class SpaceDocument:
    """A tuning space that was imported: values by parameter, and conditions between them."""

    file: str
    kernel: str | None
    source: Mapping[str, Any]
    parameters: Mapping[str, tuple[Any, ...]]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class ExportDocument:
    """What was exported to `file`: the `models` in a C header, or the number of `rows` in T4 results."""

    file: str
    to: str
    models: tuple[Combination, ...] | None = field(default=None, metadata=OMITTED)
    rows: int | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True)
class FileDocument:
    """A page or a figure that was written, and its size in bytes."""

    file: str
    bytes: int
