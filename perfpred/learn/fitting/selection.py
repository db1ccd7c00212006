"""Choosing which features a correction gets, by what it does not explain of rows it was not fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from perfpred.learn.fitting.posynomial import PosynomialModel, hidden_units
from perfpred.learn.fitting.solver import solve
from perfpred.predict.checks import Floats

ROUNDS = 5
"""Maximum number of features: each costs as many parameters as there are hidden units."""
PATIENCE = 2
"""Rounds without a better error, then none follows."""
N_FOLDS = 5
"""Parts left out in turn."""
ITERATIONS = 40
"""Of a fold's fit: residuals are to show what is missing, not to be the last word."""
LARGEST_ERROR = 1.0
"""A relative error counts at most this much, so that one far row does not choose the features."""
RIDGE = 1.0
"""Penalty on the coefficients of a feature and its products, all standardised, against chance."""
OUTLIER = 3.75
"""Residuals are clipped at this many median absolute ones before features compete for them."""
MIN_ROWS = 3
"""Rows in which a feature must differ from its most frequent value to be learned from."""


@dataclass(frozen=True)
class Problem:
    """Rows to explain.

    Parameters
    ----------
    log_terms : ndarray of shape (N, J)
        Centred logarithms of the terms.
    log_times : ndarray of shape (N,)
        Centred.
    inputs : ndarray of shape (N, d)
        Standardised inputs that the correction has anyway.
    n_parameters : int
        How many the correction may have.
    margin : float
        How far the correction of a row that is left out may leave its range in training.
    """

    log_terms: Floats
    log_times: Floats
    inputs: Floats
    n_parameters: int
    margin: float


def select(
    problem: Problem,
    candidates: Floats,
    rng: np.random.RandomState,
    groups: NDArray[np.intp] | None = None,
) -> list[int]:
    """Return the columns of `candidates`, shape (N, C), that help to predict rows that are left out.

    Rows of one group, numbered from 0 in `groups`, shape (N,), are left out together.

    Features are added one by one: the one, with its products with the inputs, that explains most of the
    out-of-fold residuals. What is kept is the set with the least out-of-fold error, which may be none.

    Parameters
    ----------
    problem : Problem
        Fits and scores a set of terms.
    candidates : ndarray of float64
    rng : np.random.RandomState
    groups : ndarray of intp, optional
        The group of each row.
    """
    usable = _usable(candidates)
    members = len(problem.log_times) if groups is None else int(groups.max()) + 1
    fold = rng.permutation(members) % N_FOLDS
    if groups is not None:
        fold = fold[groups]
    chosen: list[int] = []
    best, best_error, since = list(chosen), np.inf, 0
    for _ in range(ROUNDS + 1):
        residuals = _out_of_fold(problem, candidates[:, chosen], fold, rng)
        error = float(np.minimum(np.abs(np.expm1(-residuals)), LARGEST_ERROR).mean())
        since += 1
        if error < best_error:
            best, best_error, since = list(chosen), error, 0
        left = [column for column in usable if column not in chosen]
        if since >= PATIENCE or not left or not _units(problem, len(chosen) + 1):
            break
        chosen.append(left[_most_explaining(residuals, candidates[:, left], problem.inputs)])
    return sorted(best)


def _usable(candidates: Floats) -> list[int]:
    """Return the columns that vary in enough rows, the first of those that are the same."""
    distinct: dict[bytes, int] = {}
    for column, values in enumerate(candidates.T):
        _, counts = np.unique(values, return_counts=True)
        if len(values) - counts.max() >= MIN_ROWS:
            distinct.setdefault(np.round(values, 9).tobytes(), column)
    return list(distinct.values())


def _out_of_fold(
    problem: Problem, features: Floats, fold: NDArray[np.intp], rng: np.random.RandomState
) -> Floats:
    """Return log time minus its prediction by a net fitted without the row's fold, shape (N,)."""
    inputs = np.column_stack([problem.inputs, features])
    model = PosynomialModel(problem.log_terms, inputs, _units(problem, features.shape[1]), linear=False)
    inside = torch.from_numpy(fold != np.arange(N_FOLDS)[:, None])
    targets = torch.from_numpy(problem.log_times)
    start = model.start(N_FOLDS, rng)
    theta = solve(model, targets, inside.to(torch.float64), start, iterations=ITERATIONS).theta
    trend = model.trend(theta)
    correction = model.values_and_jacobian(theta)[0] - trend
    low = correction.where(inside, torch.inf).amin(1, keepdim=True) - problem.margin
    high = correction.where(inside, -torch.inf).amax(1, keepdim=True) + problem.margin
    residuals = targets - trend - correction.clamp(low, high)
    return np.asarray(residuals.numpy()[fold, np.arange(len(fold))])


def _units(problem: Problem, n_features: int) -> int:
    return hidden_units(problem.n_parameters, problem.inputs.shape[1] + n_features)


def _most_explaining(residuals: Floats, candidates: Floats, inputs: Floats) -> int:
    """Return the column whose ridge fit, with its products with the inputs, leaves the least unexplained.

    Each row is predicted without itself (the leave-one-out residuals of a linear smoother).
    """
    bound = OUTLIER * np.median(np.abs(residuals))
    clipped = np.clip(residuals, -bound, bound)
    clipped = clipped - clipped.mean()
    rows, count = candidates.shape
    fixed = np.broadcast_to(np.column_stack([np.ones(rows), inputs]), (count, rows, 1 + inputs.shape[1]))
    own = candidates.T[:, :, None]
    design = np.concatenate([fixed, own, own * inputs], axis=2)
    gram = design.transpose(0, 2, 1) @ design + RIDGE * np.eye(design.shape[2])
    solved = np.linalg.solve(gram, design.transpose(0, 2, 1))
    fitted = (design @ (solved @ clipped)[..., None])[..., 0]
    leverage = np.einsum("cnp,cpn->cn", design, solved)
    left_out = (clipped - fitted) / np.maximum(1 - leverage, 0.2)
    return int(np.abs(left_out).mean(axis=1).argmin())
