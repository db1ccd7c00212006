"""What the ``halide`` commands print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Directives: TypeAlias = tuple[tuple[Any, ...], ...]
"""Each begins with the Func, its stage and the name of the directive; what that takes follows."""


@dataclass(frozen=True)
class PipelineDocument:
    """A pipeline of the suite; sizes are ``WIDTHxHEIGHT``."""

    pipeline: str
    what: str
    default_size: str
    sizes: tuple[str, ...]


@dataclass(frozen=True)
class ScheduleProfileDocument:
    """The best schedule of a generator at a size, among those measured; `noise` is a fraction."""

    file: str
    size: str
    source: str
    schedules: int
    best_schedule: str
    best_time_s: float
    noise: float | None


@dataclass(frozen=True)
class ScheduleModelDocument:
    """What was learned of a pipeline's schedules, in the file `model`.

    `spearman` is the rank correlation on schedules left out, null where there are too few.
    """

    pipeline: str
    hardware: str
    schedules: int
    spearman: float | None
    model: str


@dataclass(frozen=True)
class RankedDocument:
    """An entry of a ranking of schedules; `deviation` is that of the logarithm of the time."""

    schedule: str
    source: str
    expected_s: float
    deviation: float
    measured: bool
    in_range: bool
    directives: Directives


@dataclass(frozen=True)
class OtherScheduleDocument:
    """A schedule that was considered beside the chosen one."""

    source: str
    expected_s: float | None
    directives: Directives


@dataclass(frozen=True)
class FuncDocument:
    """How a Func of a schedule is found in a pipeline: its position, arguments and reduction variables."""

    index: int
    args: tuple[str, ...]
    rvars: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ScheduleDocument:
    """A schedule that was chosen, why, and how much faster it is than the fastest autoscheduler's.

    From `format` on it is what `file` holds, unless code was emitted.
    """

    file: str
    reason: str
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    in_quiet: bool
    decided: bool
    format: int
    pipeline: str
    algorithm: str
    target: str
    sizes: tuple[tuple[int, int], ...]
    source: str
    expected_s: float | None
    others: tuple[OtherScheduleDocument, ...]
    directives: Directives
    funcs: Mapping[str, FuncDocument]


@dataclass(frozen=True)
class SpeedupDocument:
    """How many times as fast as the fastest autoscheduler's, and the interval that holds it; null if unknown.

    `in_quiet` says that it was timed without contention, `decided` that the interval excludes 1.
    """

    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    in_quiet: bool
    decided: bool


@dataclass(frozen=True)
class ReplayDocument:
    """A stored schedule, or an autoscheduler's, timed in the same rounds after its output was compared."""

    pipeline: str
    size: str
    hardware: str
    source: str
    schedule: str
    status: str
    time_s: float | None
    noise: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    in_quiet: bool
    decided: bool
    effort: str
    expected_s: float | None
    message: str
    checks: Mapping[str, Any]
    compared: str


@dataclass(frozen=True)
class BenchDocument:
    """A schedule chosen with `budget` runs, or an autoscheduler's (budget null), beside the fastest of these.

    `regret` is its time over that of the fastest schedule known, at least 1.
    """

    pipeline: str
    size: str
    hardware: str
    baseline: str
    baseline_s: float
    fastest_s: float
    spearman: float | None
    effort: str
    budget: int | None
    strategy: str
    source: str
    reason: str
    time_s: float | None
    noise: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    in_quiet: bool
    decided: bool
    regret: float | None
