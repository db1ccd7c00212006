"""Predictions beside measurements, per combination: what every figure and sentence of a report stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn.rows.sizes import Sizes
from perfpred.predict.bank import Bank
from perfpred.predict.predictor import Predictor
from perfpred.profile.table import Profile

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Judged:
    """One combination's measured sizes and what its predictor says of them.

    Parameters
    ----------
    combination : Combination
    X : DataFrame of shape (n, parameters)
    time_s, predicted_s, low_s, high_s : ndarray of shape (n,)
    in_range : ndarray of bool, shape (n,)
    noise : float
        Mean relative noise of the rows, NaN where nothing tells.
    seen : bool
        Whether these are the very rows that the predictor was trained on, which flatters it.
    failed : dict of str to int
        Rows without a time, by status.
    unanswered : str
        Why the predictor answers none of the rows; empty where it does.
    """

    combination: Combination
    X: pd.DataFrame
    time_s: Floats
    predicted_s: Floats
    low_s: Floats
    high_s: Floats
    in_range: NDArray[np.bool_]
    noise: float
    seen: bool
    failed: dict[str, int]
    unanswered: str = ""

    @property
    def name(self) -> str:
        """Kernel, variant and hardware, with spaces between."""
        return f"{self.combination.kernel} {self.combination.variant} {self.combination.hardware}"

    @cached_property
    def errors(self) -> Floats:
        """Relative errors, shape (n,): +0.1 is predicted 10% too long."""
        found: Floats = self.predicted_s / self.time_s - 1
        return found

    @property
    def mape(self) -> float:
        """Mean absolute relative error."""
        return float(np.abs(self.errors).mean()) if len(self.errors) else float("nan")

    @property
    def bias(self) -> float:
        """Median relative error: its sign says whether predictions are too long or too short throughout."""
        return float(np.median(self.errors)) if len(self.errors) else float("nan")

    @property
    def coverage(self) -> float:
        """Share of the measured times that lie within their 90% intervals."""
        inside = (self.time_s >= self.low_s) & (self.time_s <= self.high_s)
        return float(inside.mean()) if len(inside) else float("nan")


def judged_all(profile: Profile, bank: Bank) -> list[Judged]:
    """Return all combinations of the profile, most troubled first; those without a predictor are left out.

    Raises
    ------
    InputError
        If no predictor is of any combination of the profile.
    """
    found = list(_each(profile, bank))
    if not found:
        raise InputError("no model is of a combination of the files: train on them first (perfpred train)")
    return sorted(found, key=trouble, reverse=True)


def without_model(profile: Profile, bank: Bank) -> list[Combination]:
    """Return the combinations that have rows and no predictor."""
    known = set(bank.combinations)
    return [key for key, _ in profile.combinations() if key not in known]


def trouble(judged: Judged) -> float:
    """Return how much attention a combination needs: its error over what its noise explains.

    Examples
    --------
    >>> import pandas as pd
    >>> one = np.ones(1)
    >>> X = pd.DataFrame({"n": one})
    >>> key = Combination("k", "v", "h")
    >>> good = Judged(key, X, one, one * 1.01, one, one, one > 0, 0.02, False, {})
    >>> trouble(good)
    0.5
    """
    if not len(judged.errors):
        return float("inf")
    floor = max(judged.noise if np.isfinite(judged.noise) else 0.0, 0.01)
    return round(judged.mape / floor, 9) + 10 * max(0.0, 0.85 - judged.coverage) * (not judged.seen)


def _each(profile: Profile, bank: Bank) -> Iterator[Judged]:
    known = set(bank.combinations)
    for key, rows in profile.combinations():
        if key in known:
            predictor = bank.reader(key.kernel, key.variant, key.hardware).predictor
            yield _judged(key, rows, predictor)


def _judged(key: Combination, rows: Profile, predictor: Predictor) -> Judged:
    ok = rows.ok
    status = rows.table["status"]
    failed = {str(name): int(count) for name, count in status[status != "ok"].value_counts().items()}
    seen = len(ok) > 0 and ok.data_hash == predictor.training.data_sha256
    noise = ok.noise_floor if len(ok) else float("nan")
    empty = np.empty(0)
    nothing = Judged(key, ok.X.head(0), empty, empty, empty, empty, np.empty(0, bool), noise, seen, failed)
    if not len(ok):
        return nothing
    sizes = Sizes.of(ok)
    X = sizes.X.reset_index(drop=True)
    try:
        answers = predictor.answers(X)
    except InputError as error:
        return replace(nothing, unanswered=str(error))
    return Judged(
        key,
        X,
        np.asarray(sizes.time_s, dtype=np.float64),
        answers.value,
        answers.low,
        answers.high,
        answers.in_range,
        noise,
        seen,
        failed,
    )
