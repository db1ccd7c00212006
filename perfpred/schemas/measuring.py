"""What ``kernels``, ``profile`` and ``doctor`` print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfpred.schemas.document import OMITTED


@dataclass(frozen=True)
class ParameterDocument:
    """A parameter of a kernel: the sizes it is measured at, from `low` to `high` in steps."""

    name: str
    low: int
    high: int
    step: int


@dataclass(frozen=True)
class VariantDocument:
    """A variant of a kernel, and whether it can run here; `reason` says why not."""

    variant: str
    summary: str
    available: bool
    reason: str | None


@dataclass(frozen=True)
class KernelDocument:
    """A kernel with its complexity (expressions by name) and its variants."""

    kernel: str
    summary: str
    dtype: str
    parameters: tuple[ParameterDocument, ...]
    complexity: Mapping[str, str]
    variants: tuple[VariantDocument, ...]


@dataclass(frozen=True)
class ProfileDocument:
    """The rows of one combination in a profile CSV; `noise` is a fraction, null where it is unknown.

    `stopped_because` is there for an adaptive campaign.
    """

    file: str
    kernel: str
    variant: str
    hardware: str
    rows: int
    rows_ok: int
    noise: float | None
    stopped_because: str | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True)
class RecheckDocument:
    """What measuring some rows again has shown; `shift`, `scatter` and `noise` are fractions."""

    rows: int
    shift: float | None
    scatter: float | None
    noise: float | None
    valid: bool
    reason: str


@dataclass(frozen=True)
class CheckDocument:
    """A line of a diagnosis; `state` is ok, missing, warning or broken."""

    name: str
    state: str
    detail: str
    advice: str
