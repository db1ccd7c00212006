"""The model for tuning spaces: a Gaussian process and trees on products of parameters, as each earns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import nnls
from sklearn.ensemble import ExtraTreesRegressor
from threadpoolctl import threadpool_limits

from perfpred.learn.estimators import forest
from perfpred.learn.estimators.base import Masks, TimeRegressor
from perfpred.learn.fitting.inputs import (
    Expressions,
    expressions,
    fitted_inputs,
    logarithmic,
    positive_complexities,
    tree_inputs,
)
from perfpred.learn.fitting.process import Process
from perfpred.learn.fitting.products import products
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.blend import Blend, Member
from perfpred.predict.checks import Floats
from perfpred.predict.design import design_matrix
from perfpred.predict.formula import Forest, GaussianProcess

MAX_PROCESS_ROWS = 1000
"""A process takes time by the cube of its rows; of more rows it sees so many, drawn at random."""
TREES, INPUTS_SHARE = 200, 0.6
"""Of the extremely randomised trees: their number, and the share of the inputs that a split chooses from."""
ROUNDS = 600
"""Of boosting; as many as the model of boosted trees alone has."""
EQUAL = 0.3
"""Weight of the prior that members are equally good, in units of their mean squared error."""
FOLDS = 5
"""Parts left out in turn to weigh the members, where the caller leaves out none."""


class EnsembleRegressor(TimeRegressor):
    """Log time by a weighted mean of a Gaussian process, boosted trees and extremely randomised trees.

    Every member sees the parameters, complexities, features and the products of `products`. The weights are
    those of the least squared out-of-fold error, drawn a little towards equal ones. Boosted trees take part
    where the package lightgbm is installed.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns, > 0 on every row.
    features : mapping of str to str or sequence of str, optional
        Further expressions.
    use_products : bool
        Whether products of the parameters are made up.
    n_trees : int
        Extremely randomised ones.
    n_rounds : int
        Boosted trees, one per round.
    random_state : int, RandomState or None
        Draws of rows and inputs, and folds.
    """

    def __init__(
        self,
        complexity: Expressions = None,
        features: Expressions = None,
        use_products: bool = True,
        n_trees: int = TREES,
        n_rounds: int = ROUNDS,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.features = features
        self.use_products = use_products
        self.n_trees = n_trees
        self.n_rounds = n_rounds
        self.random_state = random_state

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> list[Blend]:
        made_up = products(rows.columns) if self.use_products else {}
        wanted = (*expressions(self.features, "features"), *made_up)
        with threadpool_limits(limits=1, user_api="blas"):
            whole = self._members(rows, wanted, rng)
            folds = masks[1 : 1 + self._fold_count]
            inner = folds if len(folds) or len(rows) < FOLDS else _folds(len(rows), rng)
            parts = [self._members(rows.take(mask), wanted, rng) for mask in inner]
            probes = [self._members(rows.take(mask), wanted, rng) for mask in masks[1 + self._fold_count :]]
        weights = _weights(rows, inner, parts, len(whole))
        fitted = (whole, *parts[: self._fold_count], *probes)
        return [Blend(members, weights) for members in fitted]

    def _members(self, rows: Rows, wanted: Sequence[str], rng: np.random.RandomState) -> tuple[Member, ...]:
        trees = partial(_trees, n_trees=self.n_trees)
        boosted = (partial(each, rounds=self.n_rounds) for each in _boosted_if_installed())
        makers: list[Callable[..., Member]] = [_process, trees, *boosted]
        return tuple(maker(rows, self.complexity, wanted, rng) for maker in makers)


def _process(
    rows: Rows, complexity: Expressions, wanted: Sequence[str], rng: np.random.RandomState
) -> GaussianProcess:
    if len(rows) > MAX_PROCESS_ROWS:
        few = np.zeros(len(rows), dtype=bool)
        few[rng.choice(len(rows), MAX_PROCESS_ROWS, replace=False)] = True
        rows = rows.take(few)
    own = [logarithmic(name, values) for name, values in rows.columns.items()]
    inputs = fitted_inputs(
        (*own, *(f"log2({text})" for text in positive_complexities(complexity, rows)), *wanted), rows
    )
    x, y = design_matrix(inputs, rows.columns), np.log(rows.time_s)
    middle, scale = float(y.mean()), float(y.std())
    if not inputs or scale == 0:
        nothing = np.ones(len(inputs)), np.zeros((0, len(inputs))), np.zeros(0)
        return GaussianProcess(("1",), np.array([middle]), inputs, *nothing)
    process = Process.fit(x, (y - middle) / scale)
    weights = scale * np.exp(process.scales.log_signal) * process.weights
    lengths = np.exp(-process.scales.log_inverse_length)
    return GaussianProcess(("1",), np.array([middle]), inputs, lengths, x, weights)


def _trees(
    rows: Rows, complexity: Expressions, wanted: Sequence[str], rng: np.random.RandomState, n_trees: int
) -> Forest:
    inputs, matrix = tree_inputs(complexity, wanted, rows)
    trees = ExtraTreesRegressor(n_trees, max_features=INPUTS_SHARE, random_state=rng)
    return forest.as_formula(trees.fit(matrix, np.log(rows.time_s)), inputs)


def _boosted_if_installed() -> list[Callable[..., Member]]:
    try:
        from perfpred.learn.estimators.boosting import boosted
    except ModuleNotFoundError as error:
        if error.name != "lightgbm":
            raise
        return []
    return [boosted]


def _folds(n: int, rng: np.random.RandomState) -> Masks:
    fold = rng.permutation(n) % FOLDS
    return np.stack([fold != part for part in range(FOLDS)])


def _weights(rows: Rows, masks: Masks, partial: Sequence[Sequence[Member]], n_members: int) -> Floats:
    """Return the weights of members, of sum 1, from those fitted to parts of the rows; equal without."""
    if not partial:
        return np.full(n_members, 1 / n_members)
    log_s = np.empty((n_members, len(rows)))
    for mask, members in zip(masks, partial, strict=True):
        columns: Mapping[str, Floats] = rows.take(~mask).columns
        log_s[:, ~mask] = [np.log(member.seconds(columns)) for member in members]
    errors = log_s - np.log(rows.time_s)
    # Least squares of the weighted errors under sum 1, the sum held by a heavy row.
    prior = np.sqrt(EQUAL * np.mean(errors**2) * len(rows)) * np.eye(n_members)
    heavy = 1e3 * np.abs(errors).max() + 1e-9
    matrix = np.vstack([errors.T, prior, np.full((1, n_members), heavy)])
    target = np.concatenate([np.zeros(len(rows)), prior.diagonal() / n_members, [heavy]])
    found, _ = nnls(matrix, target)
    return np.asarray(found / found.sum())
