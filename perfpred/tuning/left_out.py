"""What choosing a configuration for a size never run costs: each size in turn is left out and chosen for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from joblib import delayed
from numpy.typing import NDArray

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn import registry
from perfpred.learn.fitting.terms import found_terms
from perfpred.learn.kernel_expressions import complexity_of, features_of
from perfpred.parallel.pool import run
from perfpred.predict.checks import Floats
from perfpred.profile import Profile
from perfpred.profile.cells import Value
from perfpred.progress import Progress

if TYPE_CHECKING:
    from perfpred.learn.estimators.base import TimeRegressor

NEAREST = "nearest"
"""The policy that needs no model: what was fastest at the nearest size."""
MODELS = ("augmented", "ensemble")
POLICIES = (*MODELS, NEAREST)
MAX_LEFT_OUT = 6
"""Sizes left out, the nearest to the query: each costs a fit of every model."""
MAX_ROWS = 2000
"""Rows that a model is fitted to here, drawn at random."""


@dataclass(frozen=True)
class Regret:
    """How much slower than the fastest is what a policy chooses, at sizes it has not seen.

    Attributes
    ----------
    policy : str
        One of `POLICIES`.
    sizes : tuple of dict
        The sizes left out.
    losses : tuple of float
        At each of them; 0.1: its choice takes 10% longer than the fastest measured there.
    """

    policy: str
    sizes: tuple[dict[str, Value], ...]
    losses: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over the sizes."""
        return float(np.mean(self.losses))

    @property
    def worst(self) -> float:
        """The greatest over the sizes."""
        return float(np.max(self.losses))


def distances(sizes: pd.DataFrame, wanted: Mapping[str, Value]) -> Floats:
    """Return how far rows are from a size, shape (n,): octaves of each number, infinite across categories."""
    total = np.zeros(len(sizes))
    for name, value in wanted.items():
        column = sizes[name].to_numpy()
        if isinstance(value, str) or column.dtype.kind not in "if":
            total += np.where(column.astype(str) == str(value), 0.0, np.inf)
        elif value is not None and value > 0 and (column > 0).all():
            total += np.abs(np.log2(column / float(value)))
        else:
            spread = np.ptp(column) or 1.0
            total += np.abs(column - float(value or 0)) / spread
    return total


def nearest_rows(part: Profile, wanted: Mapping[str, Value]) -> NDArray[np.intp]:
    """Return the positions of the rows of the measured size that is nearest to a size."""
    far = distances(part.X, wanted)
    return np.flatnonzero(far == far.min())


def fitted(combination: Combination, part: Profile, model: str) -> TimeRegressor:
    """Return a model of one combination, without intervals."""
    chosen = registry.model(model)
    named, is_to_be_found = complexity_of(combination.kernel, part, None)
    if is_to_be_found:
        named = found_terms(part)
    estimator = chosen.make(named, features_of(combination.kernel, part, chosen), 0)
    return estimator.fit(part.X, part.time_s)


def regrets(
    combination: Combination,
    part: Profile,
    wanted: Mapping[str, Value],
    *,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> list[Regret]:
    """Return the regret of each policy, the smallest first; empty for fewer than three sizes.

    Parameters
    ----------
    combination : Combination
    part : Profile
        Its rows, those with a time.
    wanted : mapping of str to number or text
        The size to choose for. If it lies between measured sizes, so do the sizes that are left out, where
        there are two or more.
    n_jobs : int
        Processes at the same time; -1 for one per processor.
    progress : Progress, optional
        Told how far it is.
    """
    listed = _left_out(part, wanted)
    if not listed:
        return []
    jobs = [delayed(_loss)(combination, part, size, policy) for policy in POLICIES for size in listed]
    losses = run(jobs, len(jobs), n_jobs, progress)
    count = len(listed)
    found = [
        Regret(policy, tuple(listed), tuple(losses[index * count : (index + 1) * count]))
        for index, policy in enumerate(POLICIES)
    ]
    known = [each for each in found if np.isfinite(each.mean)]
    return sorted(known, key=lambda each: each.mean)  # the order of `POLICIES` where equal


def _left_out(part: Profile, wanted: Mapping[str, Value]) -> list[dict[str, Value]]:
    sizes = part.X[list(wanted)].drop_duplicates()
    far = distances(sizes, wanted)
    sizes, far = sizes[np.isfinite(far)], far[np.isfinite(far)]
    if len(sizes) < 3:
        return []
    inner = _inside(sizes, sizes)
    if _inside(pd.DataFrame([dict(wanted)]), sizes)[0] and inner.sum() >= 2:
        sizes, far = sizes[inner], far[inner]
    order = np.argsort(far, kind="stable")[:MAX_LEFT_OUT]
    return [
        {str(name): value for name, value in record.items()}
        for record in sizes.iloc[order].to_dict("records")
    ]


def _inside(sizes: pd.DataFrame, among: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of sizes whether each number lies strictly between the minimum and the maximum of others, (n,)."""
    inside = np.ones(len(sizes), dtype=bool)
    for name in among:
        if among[name].dtype.kind in "if" and among[name].nunique() > 1:
            column = sizes[name].to_numpy(dtype=np.float64)
            inside &= (column > among[name].min()) & (column < among[name].max())
    return inside


def _loss(combination: Combination, part: Profile, size: Mapping[str, Value], policy: str) -> float:
    """Return the regret at one size of a policy that has not seen it; NaN where it cannot choose."""
    is_left_out = distances(part.X, size) == 0
    known, judged = part.take(np.flatnonzero(~is_left_out)), part.take(np.flatnonzero(is_left_out))
    tunables = [name for name in part.parameters if name not in size]
    if policy == NEAREST:
        choice = _fastest_nearby(known, judged, size, tunables)
    else:
        try:
            predicted = fitted(combination, drawn(known), policy).predict(judged.X)
        except InputError:  # too few rows for the model, or a category it never saw
            return float("nan")
        choice = int(np.argmin(predicted))
    return float(judged.time_s[choice] / judged.time_s.min() - 1) if choice >= 0 else float("nan")


def _fastest_nearby(
    known: Profile, judged: Profile, size: Mapping[str, Value], tunables: Sequence[str]
) -> int:
    """Return the row of `judged` whose configuration was fastest at the nearest known size; -1 if none is."""
    rows = nearest_rows(known, size)
    configurations = judged.X[list(tunables)].itertuples(index=False)
    index_of = {tuple(row): index for index, row in enumerate(configurations)}
    nearby = known.take(rows)
    for index in np.argsort(nearby.time_s, kind="stable"):
        found = index_of.get(tuple(nearby.X[list(tunables)].iloc[index]))
        if found is not None:
            return found
    return -1


def drawn(part: Profile, rows: int = MAX_ROWS) -> Profile:
    """Return at most so many rows, at random."""
    if len(part) <= rows:
        return part
    chosen = np.random.default_rng(0).choice(len(part), rows, replace=False)
    return part.take(np.sort(chosen))
