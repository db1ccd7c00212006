"""What ``search`` and ``best`` print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from perfpred.schemas.document import OMITTED

Values: TypeAlias = Mapping[str, float | str]
"""Values by parameter."""


@dataclass(frozen=True, kw_only=True)
class SearchDocument:
    """What a replayed search had found after `budget` evaluations; `ratio` is over the optimum, at least 1.

    `fixed` is there where parameters were held, `expected_gain` null where none was estimated.
    """

    kernel: str
    variant: str
    hardware: str
    fixed: Values | None = field(default=None, metadata=OMITTED)
    strategy: str
    budget: int
    repeat: int
    evaluations: int
    best_time_s: float | None
    optimum_s: float
    ratio: float | None
    expected_gain: float | None
    file: str


@dataclass(frozen=True)
class ConfigurationDocument:
    """A configuration with its expected time and the ends of its 90% interval, in seconds."""

    variant: str
    parameters: Values
    expected: float
    low: float
    high: float
    in_range: bool
    reason: str


@dataclass(frozen=True)
class SizeRegretDocument:
    """What choosing in a `way` cost at sizes left out, as fractions of the fastest time."""

    way: str
    mean: float
    worst: float
    sizes: tuple[Any, ...]


@dataclass(frozen=True)
class BestDocument:
    """The configuration for a size never run (`fixed`), the next ones, and what such choices cost."""

    kernel: str
    hardware: str
    fixed: Values
    best: ConfigurationDocument
    alternatives: tuple[ConfigurationDocument, ...]
    regret: SizeRegretDocument | None
