"""Fits to part of the sizes: what a model misses beyond them, or between a column's few values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.learn.intervals.calibration import Errors
from perfpred.predict.checks import Floats
from perfpred.predict.expressions import Columns, evaluate
from perfpred.predict.familiar import Familiar, axis, loosely, products
from perfpred.predict.formula import Formula
from perfpred.predict.ranges import Range

Mask = NDArray[np.bool_]

SMALL, LARGE = 0.6, 0.25
"""Shares of the sizes at which a probe ends: it is fitted to the smaller ones, or to all but the smallest."""
MIN_SIZES = 30
"""Fewer are too few for a part of them to say anything."""
MAX_COLUMNS = 3
"""Maximum number of columns, those that matter most, with probes of their own: each is a further fit."""
MAX_LEVELS = 256
"""Columns of more distinct values are not made of levels."""
LEVEL_FOLDS = 3
"""Parts of a column's inner values, left out in turn."""
RIDGE = 1e-3
"""Penalty of the trend, per row: only keeps columns that are nearly the same from cancelling."""


@dataclass(frozen=True)
class Probe:
    """A fit to part of the sizes, and the sizes that it is judged on.

    Parameters
    ----------
    train, test : ndarray of bool, shape (s,)
    level_of : str or None
        The column of which whole values were left out; None where what was left out lies beyond.
    """

    train: Mask
    test: Mask
    level_of: str | None = None


def levels_of(columns: Columns, n_sizes: int) -> dict[str, tuple[float, ...]]:
    """Return the values, ascending, of numeric columns that take at most half as many as there are sizes.

    Columns of two values, and 0/1 columns of categories among them, say nothing of values between.
    """
    found = {}
    for name, values in columns.items():
        levels = np.unique(values)
        if 3 <= len(levels) <= min(MAX_LEVELS, n_sizes // 2):
            found[name] = tuple(float(level) for level in levels)
    return found


def probes(columns: Columns, log_time: Floats, levels: Sequence[str]) -> list[Probe]:
    """Return the probes for sizes of encoded columns and log times, shape (s,)."""
    if len(log_time) < MIN_SIZES:
        return []
    slopes, trend = _trend(columns, log_time)
    found = [_smaller(trend, SMALL), _larger(trend, LARGE)]
    by_weight = sorted(slopes, key=lambda name: -abs(slopes[name]))[:MAX_COLUMNS]
    for name in by_weight:
        values = columns[name]
        found.append(_smaller(values if slopes[name] > 0 else -values, SMALL))
    for name in [each for each in by_weight if each in levels]:
        found += _between(columns[name], name)
    return [each for each in found if each.train.sum() >= MIN_SIZES // 2 and each.test.any()]


def judged(
    probe: Probe, formula: Formula, columns: Columns, log_time: Floats, groups: NDArray[np.intp] | None
) -> Errors | None:
    """Return the errors of a probe's formula on its test sizes; None where it has no answer for them.

    Parameters
    ----------
    probe : Probe
        What is judged.
    formula : Formula
        The formula that was fitted.
    columns : Columns
        Encoded columns.
    log_time : ndarray of float64
        Shape (n,).
    groups : ndarray of intp, optional
        The group of each row.
    """
    test = {name: values[probe.test] for name, values in columns.items()}
    try:
        predicted = np.log(formula.seconds(test))
    except InputError:
        return None
    residuals = log_time[probe.test] - predicted
    if not np.isfinite(residuals).all():
        return None
    if probe.level_of is not None:
        levels = np.unique(columns[probe.level_of], return_inverse=True)[1].reshape(-1)
        return Errors(residuals, predicted, levels[probe.test])
    members = np.flatnonzero(probe.test) if groups is None else groups[probe.test]
    return Errors(residuals, predicted, members)


def distances(probe: Probe, columns: Columns, expressions: Sequence[str]) -> Floats:
    """Return how far a probe's test sizes lie beyond its training sizes, octaves, shape (m,)."""
    train = {name: values[probe.train] for name, values in columns.items()}
    test = {name: values[probe.test] for name, values in columns.items()}
    found = Familiar.of(train).distances(test)
    for text in (*columns, *expressions):
        seen = Range.of(evaluate(text, train))
        found = np.maximum(found, seen.all_beyond(evaluate(text, test)))
    return found


def edges(columns: Columns, expressions: Sequence[str]) -> Mask:
    """Return the sizes, shape (s,), that are out of the others' range: the least or largest of something.

    When one is left out, it is asked beyond what the model saw, and its error is larger than those in range.
    """
    found = np.zeros(len(next(iter(columns.values()))), dtype=bool)
    for text in dict.fromkeys((*columns, *expressions, *products(columns))):
        values = loosely(text, columns)
        for end in (values.min(), values.max()):
            at = values == end
            if at.sum() == 1:
                found |= at
    return found


def _trend(columns: Columns, log_time: Floats) -> tuple[dict[str, float], Floats]:
    """Return the change of log time over the range of each column, and the log-linear trend, shape (s,)."""
    varying = [name for name, values in columns.items() if np.ptp(values) > 0]
    if not varying:
        return {}, np.zeros(len(log_time))
    x = np.stack([evaluate(axis(name, columns[name]), columns) for name in varying], axis=1)
    spread = np.ptp(x, axis=0)
    z = (x - x.mean(axis=0)) / spread
    gram = z.T @ z + RIDGE * len(z) * np.eye(len(varying))
    slopes = np.linalg.solve(gram, z.T @ (log_time - log_time.mean()))
    numeric = {
        name: float(slope)
        for name, slope in zip(varying, slopes, strict=True)
        if len(np.unique(columns[name])) > 2
    }
    return numeric, z @ slopes


def _smaller(values: Floats, share: float) -> Probe:
    """Fit to the smallest values, test on all larger ones."""
    end = np.quantile(values, share)
    return Probe(values <= end, values > end)


def _larger(values: Floats, share: float) -> Probe:
    start = np.quantile(values, share)
    return Probe(values >= start, values < start)


def _between(values: Floats, name: str) -> list[Probe]:
    """Leave out inner values of a column in turn."""
    inner = np.unique(values)[1:-1]
    parts = [inner[start::LEVEL_FOLDS] for start in range(min(LEVEL_FOLDS, len(inner)))]
    left_out = [np.isin(values, part) for part in parts]
    return [Probe(~each, each, name) for each in left_out]
