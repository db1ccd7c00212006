"""Which sizes to measure next: those that promise to lower the expected error the most.

What is not known of log time is described by a Gaussian process: its covariance is the committee's, for what
the nets disagree about, plus a smooth part for what all of them miss, as large as the residuals nearby. A
measurement lowers the standard deviation at every size it is correlated with, and sizes are picked greedily
by how much the mean over all candidates falls (Cohn, "Neural network exploration using optimal experiment
design", 1996). A second pick beside a first promises little, so a batch is diverse. The error of several
combinations is their mean, so their gains add up.

Every other candidate of a batch is drawn at random, among the slower ones: what the nets miss altogether,
they do not disagree about, and a model fitted to hard sizes alone is worse at the usual ones. Fast sizes are
the hard ones, of which there are enough without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.adaptive.committee import Committee
from perfpred.errors import InputError
from perfpred.predict.checks import Floats

Mask = NDArray[np.bool_]

SHIFT = 3.0
"""From 1 to 2 is a smaller step than from 100 to 200: sizes are compared as ``log(size + SHIFT)``."""
LENGTH = 0.5
"""How far, in standard deviations of a log size, one residual speaks for another."""
MAX_STD = 1.5
"""In log seconds; one net that fails altogether must not decide alone."""
SMOOTH_SHARE = 0.5
"""Share of the squared error that is smooth, so that a measurement nearby lowers it."""
NOISE_SHARE = 1.0
"""The variance of a measurement, as a share of the squared error: where errors are large, so is their part
that no measurement lowers."""
NUGGET = 0.3
"""Share of the smooth part's variance that stays at a measured size."""
PRIOR_WEIGHT = 4.0
"""How many residuals the usual error counts for, where residuals nearby say how large errors are."""
MIN_NOISE = 0.01
"""Minimum standard deviation of the log of a measurement: 1%, so that no measurement counts as exact."""
USUAL_QUANTILE, OUTLIER_QUANTILE = 0.9, 0.97
"""Errors above the first count as that in the usual error; squares above the second as that: few rows of a
net that fails altogether must not decide for all."""
SLOWER = 0.7
"""Share of the candidates, the slowest as predicted, of which some are drawn at random."""


def first_batch(candidates: pd.DataFrame, count: int) -> list[int]:
    """Return `count` candidates that fill the space of log sizes; nothing has been measured yet.

    Half of them stand for as many candidates as they can; the other half are each the candidate farthest
    from all before, which are corners and small sizes.

    Parameters
    ----------
    candidates : DataFrame, shape (N, parameters)
        Distinct sizes, numbers >= 0.
    count : int

    Raises
    ------
    InputError
        Unless ``1 <= count <= N``.
    """
    if not 1 <= count <= len(candidates):
        raise InputError(f"1 <= count <= {len(candidates)} (candidates) must hold, but got count={count}")
    points = _points(candidates)
    free = np.ones(len(points), dtype=bool)
    noise = np.full(len(points), MIN_NOISE)
    chosen = _greedy([_similarity(points, points)], [noise], free, (count + 1) // 2)
    nearest = np.min([((points - points[each]) ** 2).sum(axis=1) for each in chosen], axis=0)
    while len(chosen) < count:
        farthest = int(nearest.argmax())
        chosen.append(farthest)
        nearest = np.minimum(nearest, ((points - points[farthest]) ** 2).sum(axis=1))
    return chosen


def next_batch(
    candidates: pd.DataFrame, committees: Sequence[Committee], tried: Sequence[int], count: int
) -> list[int]:
    """Return the `count` candidates to measure next, for all combinations that share the candidates.

    Parameters
    ----------
    candidates : DataFrame, shape (N, parameters)
        Distinct sizes, distributed as those whose times will be asked for.
    committees : sequence of Committee
        One per combination, at least one.
    tried : sequence of int
        Positions of the candidates measured so far, or tried in vain: they are not chosen again.
    count : int
        At least 1; fewer candidates are returned if fewer are left.

    Returns
    -------
    list of int
        Positions, those drawn at random first, then the most promising. The same arguments give the same
        list.

    Raises
    ------
    InputError
        If `count` is less than 1, or there is no committee.
    """
    if count < 1 or not committees:
        raise InputError(
            f"count >= 1 and at least 1 committee must hold, but got count={count}, {len(committees)}"
        )
    points = _points(candidates)
    free = np.ones(len(points), dtype=bool)
    free[list(tried)] = False
    count = min(count, int(free.sum()))
    rng = np.random.default_rng(len(tried))
    urn = np.flatnonzero(free & _is_slower(committees))
    drawn = [int(each) for each in rng.choice(urn, min(count // 2, len(urn)), replace=False)]
    free[drawn] = False
    squares = [_squared_error(points, committee) for committee in committees]
    pairs = list(zip(committees, squares, strict=True))
    covariances = [_covariance(points, committee, square) for committee, square in pairs]
    noises = [NOISE_SHARE * square + MIN_NOISE**2 for square in squares]
    unknown: Sequence[Floats] = covariances
    for each in drawn:
        unknown = _measured(unknown, each, noises)
    return drawn + _greedy(unknown, noises, free, count - len(drawn))


def expected_error(candidates: pd.DataFrame, committee: Committee) -> float:
    """Return the mean relative error to expect over all candidates.

    The measured sizes are no fair sample of them, hard ones are preferred; so each candidate takes the
    out-of-fold errors near to it, and the mean is over candidates.

    Parameters
    ----------
    candidates : DataFrame, shape (N, parameters)
    committee : Committee
    """
    points = _points(candidates)
    return float(_nearby(points, committee, np.abs(np.expm1(-committee.log_residuals))).mean())


def _is_slower(committees: Sequence[Committee]) -> Mask:
    """Return which candidates are not among the fastest as predicted, on average over combinations."""
    log_times = np.mean([committee.log_predictions.mean(axis=0) for committee in committees], axis=0)
    return np.asarray(log_times >= np.quantile(log_times, 1 - SLOWER))


def _points(candidates: pd.DataFrame) -> Floats:
    """Return standardised log sizes, shape (N, parameters)."""
    points = np.log(candidates.to_numpy(dtype=np.float64) + SHIFT)
    std = points.std(axis=0)
    return np.asarray((points - points.mean(axis=0)) / np.where(std > 0, std, 1.0))


def _similarity(left: Floats, right: Floats) -> Floats:
    """Return the Gaussian kernel of points (N, p) and (M, p), shape (N, M)."""
    squares = ((left[:, None, :] - right[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * squares / LENGTH**2))


def _nearby(points: Floats, committee: Committee, values: Floats) -> Floats:
    """Smooth values of the measured rows (M,) over all points, drawn to their mean; shape (N,)."""
    weights = _similarity(points, points[committee.measured])
    usual = np.minimum(values, np.quantile(values, USUAL_QUANTILE)).mean()
    return np.asarray((weights @ values + PRIOR_WEIGHT * usual) / (weights.sum(axis=1) + PRIOR_WEIGHT))


def _squared_error(points: Floats, committee: Committee) -> Floats:
    """Return the squared log error near each point, shape (N,)."""
    squares = committee.log_residuals**2
    return _nearby(points, committee, np.minimum(squares, np.quantile(squares, OUTLIER_QUANTILE)))


def _covariance(points: Floats, committee: Committee, squared_error: Floats) -> Floats:
    """Return what is not known of log time after the measurements, shape (N, N)."""
    deviations = np.clip(committee.deviations, -MAX_STD, MAX_STD)
    disagreement = deviations.T @ deviations / len(deviations)
    similar = _similarity(points, points)
    seen = similar[:, committee.measured]
    known = seen[committee.measured] + NUGGET * np.eye(len(committee.measured))
    missed = similar - seen @ np.linalg.solve(known, seen.T)
    amplitude = np.sqrt(SMOOTH_SHARE * squared_error)
    return np.asarray(disagreement + missed * amplitude[:, None] * amplitude)


def _greedy(covariances: Sequence[Floats], noises: Sequence[Floats], free: Mask, count: int) -> list[int]:
    """Pick `count` of the `free` candidates by how much each lowers the mean standard deviation."""
    unknown = covariances
    free = free.copy()
    chosen: list[int] = []
    for _ in range(count):
        gain = np.sum([_gain(c, noise) for c, noise in zip(unknown, noises, strict=True)], axis=0)
        best = int(np.where(free, gain, -np.inf).argmax())
        chosen.append(best)
        free[best] = False
        unknown = _measured(unknown, best, noises)
    return chosen


def _measured(covariances: Sequence[Floats], position: int, noises: Sequence[Floats]) -> list[Floats]:
    """Return the covariances once a candidate is measured, each of shape (N, N)."""
    return [
        covariance
        - np.outer(covariance[:, position], covariance[:, position])
        / (covariance[position, position] + noise[position])
        for covariance, noise in zip(covariances, noises, strict=True)
    ]


def _gain(covariance: Floats, noise: Floats) -> Floats:
    """Return by how much measuring each candidate lowers the sum of standard deviations, shape (N,)."""
    variance = np.maximum(np.diag(covariance), 0.0)
    left = variance[:, None] - covariance**2 / (variance + noise)
    return np.asarray((np.sqrt(variance)[:, None] - np.sqrt(np.maximum(left, 0.0))).sum(axis=0))
