"""What to time next, decided from the measurements so far of all combinations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from perfpred.adaptive.committee import Committee
from perfpred.adaptive.sampling import expected_error, first_batch, next_batch
from perfpred.adaptive.stopping import CurvePoint, StoppingRule
from perfpred.combination import Combination
from perfpred.errors import InputError, MeasurementError
from perfpred.kernels import kernel
from perfpred.learn import registry
from perfpred.learn.estimators.augmented import AugmentedRegressor
from perfpred.learn.estimators.base import TimeRegressor
from perfpred.learn.source_models import source_models_of
from perfpred.measure.plan import Plan
from perfpred.measure.results import Outcome
from perfpred.predict.bank import Bank
from perfpred.predict.formula import Formula

MIN_ROWS = 10
"""A combination with fewer sizes that were timed has no say in what is timed next."""
LEARNER = "related"
"""The model that is trained on what was sampled, if there are source models."""
KNOWN = (2, 3)
"""Source models that each net of a member knows; members of more nets chose no better sizes."""


@dataclass(frozen=True)
class Batches:
    """How a sampling goes on: sizes of its first stage, and of each later one."""

    first: int = 30
    later: int = 20

    def __post_init__(self) -> None:
        if self.first < 1 or self.later < 1:
            raise InputError(
                f"batches of at least 1 must hold, but got first={self.first}, later={self.later}"
            )


class Sampler:
    """Chooses sizes for a plan of one kernel, whose sizes are the candidates.

    Parameters
    ----------
    plan : Plan
        Of one part.
    rule : StoppingRule
    batches : Batches, optional
    estimator : callable, optional
        Seed to an unfitted model; by default ``augmented`` with the kernel's expressions, or nets that know
        those of `transfer_from`. Many are fitted, so it had better be cheap.
    transfer_from : Bank, optional
        Source models, of other combinations of the kernel: the model to come will know them too, so what
        they know need not be measured again.

    Raises
    ------
    InputError
        If there are fewer candidates than the rule's most rows, or that is less than the first batch; or
        nothing in `transfer_from` can be used for a combination.
    """

    def __init__(
        self,
        plan: Plan,
        rule: StoppingRule,
        batches: Batches | None = None,
        estimator: Callable[[int], TimeRegressor] | None = None,
        transfer_from: Bank | None = None,
    ) -> None:
        [part] = plan.parts
        self.plan, self.rule, self.batches = plan, rule, batches or Batches()
        if not self.batches.first <= rule.max_rows <= len(part.sizes):
            raise InputError(
                f"an adaptive campaign starts with {self.batches.first} sizes and chooses from "
                f"{len(part.sizes)}, so the most it may time must be in between, but got {rule.max_rows}"
            )
        self.candidates = pd.DataFrame(part.sizes)
        self.n_subjects = len(part.subjects)
        keys = [Combination(part.kernel, each.variant, each.hardware.id) for each in part.subjects]
        names, learner = [str(name) for name in self.candidates], registry.model(LEARNER)
        sources = [source_models_of(key, names, learner, transfer_from) for key in keys]
        self.source_names = sorted({name for known in sources for name in known})
        """Whose models are known, of one combination or another."""
        self._estimators = [estimator or member(part.kernel, known) for known in sources]

    def first(self) -> tuple[int, ...]:
        """Return the candidates of the first stage."""
        return tuple(first_batch(self.candidates, self.batches.first))

    def next(self, committees: Sequence[Committee], tried: Sequence[int]) -> tuple[int, ...]:
        """Return the candidates of the next stage; the rule must not have ended the sampling."""
        count = min(self.batches.later, self.rule.max_rows - len(tried))
        return tuple(next_batch(self.candidates, committees, tried, count))

    def committees(self, numbers: Sequence[int], outcomes: Sequence[Outcome]) -> list[Committee]:
        """Fit a committee to each combination that has rows enough.

        Parameters
        ----------
        numbers : sequence of int
            The candidates timed so far.
        outcomes : sequence of Outcome
            One per combination and candidate, combination by combination.

        Raises
        ------
        MeasurementError
            If no combination has.
        """
        table = np.array([_time_s(each) for each in outcomes]).reshape(self.n_subjects, len(numbers))
        found = []
        for times_s, estimator in zip(table, self._estimators, strict=True):
            timed = np.isfinite(times_s)
            if timed.sum() >= MIN_ROWS:
                positions = np.asarray(numbers, dtype=np.intp)[timed]
                model = estimator(self.plan.seed)
                found.append(Committee.fit(model, self.candidates, positions, times_s[timed]))
        if not found:
            raise MeasurementError(
                f"no combination has {MIN_ROWS} sizes that could be timed, of {len(numbers)} tried, "
                "so there is nothing to choose further sizes by"
            )
        return found

    def curve_point(
        self, committees: Sequence[Committee], n_timed: int, outcomes: Sequence[Outcome]
    ) -> CurvePoint:
        """Return the expected error, and the noise, as means over combinations."""
        error = float(np.mean([expected_error(self.candidates, committee) for committee in committees]))
        noises = [each.estimate.noise for each in outcomes if each.estimate is not None]
        return CurvePoint(n_timed, error, float(np.mean(noises)))


def describe(curve: Sequence[CurvePoint], reason: str, sampler: Sampler) -> dict[str, object]:
    """Return what a profile's metadata says of how its sizes were chosen."""
    rule = sampler.rule
    return {
        "method": "space-filling first, then half at random among slower sizes and half where a committee "
        "of nets promises most",
        "like": sampler.source_names,
        "candidates": len(sampler.candidates),
        "first_batch": sampler.batches.first,
        "batch": sampler.batches.later,
        "max_rows": rule.max_rows,
        "tolerance": rule.tolerance,
        "patience": rule.patience,
        "near_noise": rule.near_noise,
        "stopped_because": reason,
        "curve": [_rounded(point) for point in curve],
    }


def _rounded(point: CurvePoint) -> Mapping[str, float]:
    return {"sizes": point.rows, "expected_error": round(point.error, 5), "noise": round(point.noise, 5)}


def _time_s(outcome: Outcome) -> float:
    return float("nan") if outcome.estimate is None else outcome.estimate.time_s


def member(name: str, source_models: Mapping[str, Formula]) -> Callable[[int], TimeRegressor]:
    """Return how a seed becomes an unfitted model of a kernel, whose nets a committee is made of."""
    known = kernel(name)

    def make(seed: int) -> TimeRegressor:
        complexity = dict(known.complexity)
        if source_models:
            made = registry.model(LEARNER).make(complexity, known.candidates, seed, source_models)
            nets: TimeRegressor = made.set_params(known=KNOWN, process=False)
            return nets
        features = dict(known.features)
        return AugmentedRegressor(complexity, features, independent_folds=True, random_state=seed)

    return make
