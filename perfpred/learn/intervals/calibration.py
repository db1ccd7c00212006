"""From errors on rows left out to intervals that hold on what is asked next.

Widths follow the predicted time, as errors do: short calls jitter. Rows of one group count as one, since
their errors are alike. How fast intervals grow beyond what training saw is measured, too, by models fitted
to the small sizes alone, and so is what they miss between the values of a column that has few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from perfpred.predict.checks import Floats
from perfpred.predict.interval import GROWTH, WIDEST, Interval

COVERAGE = 0.9
NO_WIDER = 1.25
"""A factor of width that is less is chance: what lies between the values of a column is like the rest."""
FEW = 60
"""Groups below which a quantile of their errors may be too small by chance."""
MAX_KNOTS = 12
ROWS_PER_KNOT = 20
"""Groups, at least, for each knot of the width."""
NEIGHBOURS = 25
"""Groups whose errors say how wide the interval is at a knot."""
PRIOR_WEIGHT = 1.0
"""How many of them the usual error counts for, in its logarithm: widths differ by factors."""
OUTLIER = 6.0
"""An error counts at most so many times the median nearby when widths are compared."""
SMALLEST = 1e-6
"""Log seconds: an error of zero is rounding."""
PROBED = 0.95
"""Share of the rows of a probe that the growing interval holds."""
CAUTION = 1.25
"""Growth is so many times what probes show: they are few, and what is asked lies farther out than they do."""


@dataclass(frozen=True)
class Errors:
    """What models fitted without some rows say of these.

    Parameters
    ----------
    log_residuals : ndarray of shape (n,)
        Log of measured over predicted time.
    log_predicted : ndarray of shape (n,)
        Log seconds.
    groups : ndarray of int, shape (n,)
        Rows of one group were left out together.
    distances : ndarray of shape (n,), optional
        Octaves from what the model saw.
    """

    log_residuals: Floats
    log_predicted: Floats
    groups: NDArray[np.intp]
    distances: Floats | None = None

    @property
    def weights(self) -> Floats:
        """Return weights of rows, 1 in all for each group, shape (n,)."""
        _, places, counts = np.unique(self.groups, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / counts[places])


def together(errors: Sequence[Errors]) -> Errors:
    """Return the errors of several probes as one."""
    return Errors(
        np.concatenate([each.log_residuals for each in errors]),
        np.concatenate([each.log_predicted for each in errors]),
        np.concatenate([each.groups for each in errors]),
    )


def calibrated(errors: Errors, noise: Floats | None = None) -> Interval:
    """Return the 90% interval from errors of rows left out: normalised conformal prediction.

    Errors are divided by their usual size at that predicted time, smoothed over rows nearby; quantiles of
    the ratios, one for each side, have the finite-sample correction, with groups in place of rows (Lei et
    al., "Distribution-free predictive inference for regression", 2018; Barber et al., "Predictive inference
    with the jackknife+", 2021).

    Parameters
    ----------
    errors : Errors
    noise : ndarray of shape (n,), optional
        Relative repeatability of the rows, NaN where unknown: what the width follows where errors are few.
    """
    knots, scales, own = _scales(errors, noise)
    weights = errors.weights
    tail = (1 - COVERAGE) / 2
    ratios = errors.log_residuals / own
    high = _upper(ratios, weights, 1 - tail)
    low = _upper(-ratios, weights, 1 - tail)
    return _bounded(-low, high, knots, scales)


def grown(interval: Interval, probes: Sequence[Errors], least: float = 0.0) -> Interval:
    """Return the interval with the growth that held `PROBED` of the rows beyond what probes had seen.

    Each probe counts the same: the rows of one are off together. With none, the growth is one that suits
    most laws. `least` is the smallest growth that is believed.
    """
    rates, weights = [], []
    for probe in probes:
        if probe.distances is None:
            continue
        far = probe.distances > 0
        if far.any():
            over = _exceeding(interval, probe)[far]
            rates.append(over / probe.distances[far])
            weights.append(np.full(int(far.sum()), 1.0 / far.sum()))
    if not rates:
        return interval
    rate = _quantile(np.concatenate(rates), np.concatenate(weights), PROBED)
    return replace(interval, growth=float(np.clip(CAUTION * rate, least, WIDEST)))


def level_factor(interval: Interval, probe: Errors) -> float:
    """Return by how much wider the interval must be where a whole value of a column was left out."""
    knots, scales = interval.knots, interval.scales
    scale = np.interp(probe.log_predicted, knots, scales) if knots else np.ones(len(probe.log_predicted))
    ends = np.where(probe.log_residuals < 0, -interval.log_low, interval.log_high) * scale
    ratios = np.abs(probe.log_residuals) / np.maximum(ends, SMALLEST)
    found = _upper(ratios, probe.weights, COVERAGE)
    return float(min(found, 1e5)) if found > NO_WIDER else 1.0


def _exceeding(interval: Interval, errors: Errors) -> Floats:
    """Return by how much each error leaves its interval, >= 0, log seconds, shape (n,)."""
    zero, one = np.zeros(len(errors.log_predicted)), np.ones(len(errors.log_predicted))
    low, high = interval.all_logs(np.exp(errors.log_predicted), zero, one)
    residuals = errors.log_residuals
    return np.maximum(np.maximum(residuals - high, low - residuals), 0.0)


def _scales(errors: Errors, noise: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Return knots (K,), scales (K,), and at each row, shape (n,), the scale without its own group."""
    sizes = np.maximum(np.abs(errors.log_residuals), SMALLEST)
    weights = errors.weights
    groups = float(weights.sum())
    prior = _prior(sizes, weights, noise)
    count = int(np.clip(groups // ROWS_PER_KNOT, 1, MAX_KNOTS))
    if count < 3:
        usual = max(float(np.average(sizes, weights=weights)), SMALLEST)
        return np.zeros(0), np.zeros(0), np.full(len(sizes), usual) / usual
    order = np.argsort(errors.log_predicted, kind="stable")
    ranks = np.empty(len(order), dtype=np.float64)
    ranks[order] = np.cumsum(weights[order]) - weights[order] / 2
    places = (np.arange(count) + 0.5) * groups / count
    width = max(NEIGHBOURS, groups / count)
    kernel = np.maximum(1 - np.abs(places[:, None] - ranks) / width, 0.0) * weights
    knots = np.interp(places, ranks[order], errors.log_predicted[order])
    keep = np.concatenate([[True], np.diff(knots) > 1e-9])
    knots, kernel = knots[keep], kernel[keep]
    at_knots = np.interp(knots, errors.log_predicted[order], prior[order])
    capped = np.stack([np.minimum(sizes, OUTLIER * _quantile(sizes, each, 0.5)) for each in kernel])
    sums, totals = np.einsum("kn,kn->k", kernel, capped), kernel.sum(axis=1)
    scales = _shrunk(sums, totals, at_knots)
    if len(knots) == 1:
        return knots, scales, np.full(len(sizes), scales[0])
    members = np.unique(errors.groups, return_inverse=True)[1]
    lost, gone = np.zeros((2, len(knots), int(members.max()) + 1))
    for knot in range(len(knots)):
        np.add.at(lost[knot], members, kernel[knot] * capped[knot])
        np.add.at(gone[knot], members, kernel[knot])
    without = _shrunk(sums[:, None] - lost, totals[:, None] - gone, at_knots[:, None])
    return knots, scales, _at(errors.log_predicted, knots, without, members)


def _shrunk(sums: Floats, totals: Floats, prior: Floats) -> Floats:
    """Return mean errors drawn to what is usual, by factors."""
    means = np.maximum(sums, SMALLEST * 1e-3) / np.maximum(totals, 1e-9)
    logs = totals * np.log(np.maximum(means, SMALLEST)) + PRIOR_WEIGHT * np.log(prior)
    return np.asarray(np.exp(logs / (totals + PRIOR_WEIGHT)))


def _at(log_predicted: Floats, knots: Floats, values: Floats, columns: NDArray[np.intp]) -> Floats:
    """Interpolate values at knots, shape (K, groups), each row in its own column, shape (n,)."""
    right = np.clip(np.searchsorted(knots, log_predicted), 1, len(knots) - 1)
    share = np.clip((log_predicted - knots[right - 1]) / (knots[right] - knots[right - 1]), 0, 1)
    return np.asarray((1 - share) * values[right - 1, columns] + share * values[right, columns])


def _prior(sizes: Floats, weights: Floats, noise: Floats | None) -> Floats:
    """Return the usual error at each row, shape (n,): in proportion to its noise, where that is known."""
    usual = max(float(np.average(sizes, weights=weights)), SMALLEST)
    if noise is None or not np.isfinite(noise).all() or not noise.max() > 0:
        return np.full(len(sizes), usual)
    shape = np.maximum(noise, 0.2 * noise.mean())
    return np.asarray(usual * shape / np.average(shape, weights=weights))


def _upper(values: Floats, weights: Floats, level: float) -> float:
    """Return the conformal quantile of weighted values, shape (n,), at least 0.

    Of few groups, a quantile may be too small by chance, or there is none: it is at least that of Student's
    prediction interval around 0.
    """
    groups = float(weights.sum())
    wanted = level * (groups + 1) / groups
    largest = float(values.max())
    found = largest if wanted >= 1 else _quantile(values, weights, wanted)
    if groups < FEW:
        deviation = float(np.sqrt(np.average(values**2, weights=weights)))
        freedom = max(groups - 1, 1.0)
        found = max(found, float(student.ppf(level, freedom)) * deviation * float(np.sqrt(1 + 1 / groups)))
    return max(found, 0.0)


def _quantile(values: Floats, weights: Floats, level: float) -> float:
    """Return the least value with at least the share `level` of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[min(int(np.searchsorted(reached, level - 1e-12)), len(values) - 1)]])


def _bounded(low: float, high: float, knots: Floats, scales: Floats) -> Interval:
    """Return the interval with numbers in the bounds that a stored one has."""
    scales = np.maximum(scales, SMALLEST)
    largest = float(scales.max()) if len(scales) else 1.0
    most = WIDEST / max(largest, 1.0)
    return Interval(
        max(low, -most),
        min(high, most),
        tuple(float(knot) for knot in knots),
        tuple(float(scale) for scale in scales),
        GROWTH,
    )
