"""What ``audit`` and ``compare`` print."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.combination import Combination


@dataclass(frozen=True)
class FindingDocument:
    """Errors (``mape``) or choices (``regret``) of predictors on frozen rows, as fractions.

    `state` is within, worse, undecided or no model.
    """

    subject: str
    quantity: str
    state: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    n: int
    noise: float | None
    out_of_range: int
    reason: str
    trained_on: bool


@dataclass(frozen=True)
class AuditDocument:
    """All findings, the rows that failed when they were measured, and the rate of false alarms."""

    findings: tuple[FindingDocument, ...]
    failed_rows: int
    false_alarms: float


@dataclass(frozen=True)
class VerdictDocument:
    """Whether a combination got slower: the ratio of times, second over first, with its interval.

    `state` is slower, faster, unchanged, undecided or broken.
    """

    combination: Combination
    state: str
    ratio: float | None
    low: float | None
    high: float | None
    detectable: float | None
    rows: int
    runs: tuple[int, int]
    reason: str


@dataclass(frozen=True)
class ComparisonDocument:
    """All verdicts, the slowdown that is reported, and the rate of false alarms."""

    verdicts: tuple[VerdictDocument, ...]
    limit: float
    false_alarms: float
    assumed_scatter: float | None
