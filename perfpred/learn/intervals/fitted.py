"""An estimator fitted to the sizes of a combination, and the interval that its errors elsewhere give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.learn.estimators.base import TimeRegressor
from perfpred.learn.intervals.calibration import Errors, calibrated, grown, level_factor, together
from perfpred.learn.intervals.probes import distances, edges, judged, levels_of, probes
from perfpred.learn.rows.covering import covering
from perfpred.learn.rows.encoded_columns import require_few_columns
from perfpred.learn.rows.sizes import Sizes
from perfpred.predict.checks import Floats
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import Columns
from perfpred.predict.interval import GROWTH, Interval
from perfpred.profile import Profile

MIN_INNER = 60
"""Groups of sizes that are at no edge, below which those at an edge size the interval, too."""
MAX_HELD_OUT = 4000
"""Rows that a model was not fitted to, for want of use, size its interval: so many at most."""


@dataclass(frozen=True)
class TrainingData:
    """The rows of a combination, their sizes, and those sizes that a model is fitted to.

    Parameters
    ----------
    rows : Profile
        Status ok.
    whole : Sizes
        All sizes of the rows.
    chosen : ndarray of int, shape (s,)
        Those that are fitted, ascending.
    encoding : Encoding
    """

    rows: Profile
    whole: Sizes
    chosen: NDArray[np.intp]
    encoding: Encoding

    @classmethod
    def of(cls, rows: Profile, max_sizes: int | None, random_state: int) -> TrainingData:
        """Return the data, with at most `max_sizes` sizes to fit."""
        whole = Sizes.of(rows)
        require_few_columns(whole.columns)
        encoding = Encoding.of(whole.columns)
        chosen = np.arange(len(whole))
        if max_sizes is not None and len(whole) > max_sizes:
            encoded = encoding.encode(whole.columns)
            chosen = covering(encoded, max_sizes, np.random.default_rng(random_state))
        return cls(rows, whole, chosen, encoding)

    @cached_property
    def sizes(self) -> Sizes:
        """The sizes that are fitted."""
        return self.whole if len(self.chosen) == len(self.whole) else self.whole.take(self.chosen)

    @cached_property
    def encoded(self) -> Columns:
        """Their encoded columns, each of shape (s,)."""
        return self.encoding.encode(self.sizes.columns)

    @cached_property
    def everything(self) -> Columns:
        """The encoded columns of all sizes."""
        return self.encoding.encode(self.whole.columns)

    @cached_property
    def levels(self) -> Mapping[str, tuple[float, ...]]:
        """The values of columns that take few, over all sizes."""
        return levels_of(self.everything, len(self.whole))

    def fitted_rows(self) -> NDArray[np.intp]:
        """Return the rows of the sizes that are fitted."""
        return np.flatnonzero(np.isin(self.whole.of_row, self.chosen))

    def held_out(self) -> NDArray[np.intp]:
        """Return rows that are not fitted; none where rows are in groups, all of which are fitted in part."""
        if len(self.chosen) == len(self.whole) or self.whole.groups is not None:
            return np.zeros(0, dtype=np.intp)
        left = np.flatnonzero(~np.isin(self.whole.of_row, self.chosen))
        return np.sort(np.random.default_rng(0).permutation(left)[:MAX_HELD_OUT])


def fitted_interval(estimator: TimeRegressor, data: TrainingData, complexities: Sequence[str]) -> Interval:
    """Fit an estimator, and return the 90% interval of its predictions.

    Parameters
    ----------
    estimator : TimeRegressor
        Fitted in place.
    data : TrainingData
    complexities : sequence of str
        Expressions that the estimator was given.
    """
    sizes, log_time = data.sizes, np.log(data.sizes.time_s)
    wanted = probes(data.encoded, log_time, list(data.levels))
    estimator.fit_with_residuals(
        sizes.X, sizes.time_s, groups=sizes.groups, probes=[probe.train for probe in wanted]
    )
    errors, noise = _errors(estimator, data, edges(data.encoded, complexities))
    found = calibrated(errors, noise)
    beyond: list[Errors] = []
    between: dict[str, list[Errors]] = {}
    for probe, formula in zip(wanted, estimator.probe_formulas_, strict=True):
        missed = judged(probe, formula, data.encoded, log_time, sizes.groups)
        if missed is None:
            continue
        if probe.level_of is None:
            beyond.append(replace(missed, distances=distances(probe, data.encoded, complexities)))
        else:
            between.setdefault(probe.level_of, []).append(missed)
    factors = {name: level_factor(found, together(each)) for name, each in between.items()}
    # Times that no size explains may all be overhead, and beyond it time rises as fast as the size does.
    least = 0.0 if complexities else GROWTH
    return replace(grown(found, beyond, least), levels=factors)


def _errors(
    estimator: TimeRegressor, data: TrainingData, at_edge: NDArray[np.bool_]
) -> tuple[Errors, Floats]:
    """Return the errors on rows left out, of the folds or for want of use, and the noise of these rows.

    Sizes at an edge, of shape (s,), are passed over if enough others are left: beyond an edge intervals grow.
    """
    rows, sizes = data.rows, data.sizes
    fitted = data.fitted_rows()
    log_predicted = (np.log(sizes.time_s) - estimator.oof_log_residuals_)[sizes.of_row]
    residuals = np.log(rows.time_s[fitted]) - log_predicted
    groups = sizes.group_of_row
    inner = ~at_edge[sizes.of_row]
    if len(np.unique(groups[inner])) >= MIN_INNER:
        fitted, groups = fitted[inner], groups[inner]
        log_predicted, residuals = log_predicted[inner], residuals[inner]
    noise = rows.table["noise"].to_numpy(dtype=np.float64)
    left = data.held_out()
    if not len(left):
        return Errors(residuals, log_predicted, groups), noise[fitted]
    columns = data.encoding.encode({name: np.asarray(rows.X[name])[left] for name in rows.parameters})
    try:
        beside = np.log(estimator.formula_.seconds(columns))
    except InputError:  # a complexity that is not > 0 there: they say nothing
        return Errors(residuals, log_predicted, groups), noise[fitted]
    missed = np.log(rows.time_s[left]) - beside
    others = groups.max() + 1 + data.whole.of_row[left]
    return (
        Errors(
            np.concatenate([residuals, missed]),
            np.concatenate([log_predicted, beside]),
            np.concatenate([groups, others]),
        ),
        np.concatenate([noise[fitted], noise[left]]),
    )
