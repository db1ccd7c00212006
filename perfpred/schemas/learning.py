"""What ``train``, ``evaluate`` and ``demo`` print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfpred.schemas.prediction import SelectionDocument


@dataclass(frozen=True)
class TrainedDocument:
    """A predictor that was trained and written to `file`.

    `interval90` holds the ends of the 90% interval relative to a time of medium length. `noise` is a
    fraction, null where it is unknown, and `complexity_found` says that the complexity was found in the rows.
    """

    kernel: str
    variant: str
    hardware: str
    model: str
    rows: int
    sizes: int
    judged_on: str
    n_parameters: int
    interval90: tuple[float, float]
    noise: float | None
    complexity: Mapping[str, str]
    complexity_found: bool
    file: str


@dataclass(frozen=True)
class RegretDocument:
    """What choices among variants (on the hardware `among`), or among hardware, cost on `n` new sizes.

    `mean` and `p90` are times of the chosen over that of the best, `within_2_percent` a fraction of sizes.
    """

    kernel: str
    among: str
    policy: str
    n: int
    mean: float | None
    p90: float | None
    within_2_percent: float | None


@dataclass(frozen=True)
class ErrorsDocument:
    """Errors of a model on rows it has not seen, as fractions (0.03 = 3%); null where there is no value."""

    kernel: str
    variant: str
    hardware: str
    model: str
    train_size: int
    repeat: int
    judged_on: str
    n_test: int
    mape: float | None
    mape_slowest70: float | None
    median_ape: float | None
    p90_ape: float | None
    spearman: float | None
    coverage90: float | None
    within_3x: float | None
    worst_factor: float | None
    worst_factor_in_range: float | None
    n_parameters: int
    fit_s: float
    noise: float | None


@dataclass(frozen=True)
class EvaluationDocument(ErrorsDocument):
    """Errors of a model, and what choices by such models cost."""

    regret: tuple[RegretDocument, ...]


@dataclass(frozen=True)
class SizesDocument:
    """A selection at some sizes."""

    sizes: Mapping[str, float | str]
    selection: SelectionDocument


@dataclass(frozen=True)
class DemoDocument:
    """What the demo shows: errors on unseen rows, and selections."""

    errors: tuple[ErrorsDocument, ...]
    selections: tuple[SizesDocument, ...]
