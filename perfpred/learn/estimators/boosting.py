"""Gradient-boosted trees on logarithms, fitted by LightGBM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import lightgbm
import numpy as np

from perfpred.errors import InputError
from perfpred.learn.estimators.base import TimeRegressor
from perfpred.learn.fitting.inputs import Expressions, expressions, tree_inputs
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.formula import BoostedTrees

# For hundreds of rows: small trees and leaves, and every tree sees a part of the rows and of the inputs.
# Chosen, with the number of rounds and the use of features, by cross-validation within 250 training rows
# of each matmul dataset: 7.5% mean error, 8.6% without features.
SETTINGS: dict[str, Any] = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_data_in_leaf": 3,
    "min_data_in_bin": 1,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    # A seed determines the model, and nothing is printed.
    "boost_from_average": False,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
ROUNDS = 600


class _Node(NamedTuple):
    feature: int
    threshold: float
    left: int
    right: int
    value: float


class LightGBMRegressor(TimeRegressor):
    """Log time by gradient-boosted trees on the logarithms of parameters and complexities.

    Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns, > 0 on every row.
    features : mapping of str to str or sequence of str, optional
        Further expressions to split on, such as the remainder of a size after whole vectors.
    rounds : int
        Number of trees.
    random_state : int, RandomState or None
        Draws of rows and inputs, and folds.
    """

    def __init__(
        self,
        complexity: Expressions = None,
        features: Expressions = None,
        rounds: int = ROUNDS,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.features = features
        self.rounds = rounds
        self.random_state = random_state

    def _formula(self, rows: Rows, rng: np.random.RandomState) -> BoostedTrees:
        if self.rounds < 1:
            raise InputError(f"rounds >= 1 must hold, but got {self.rounds}")
        return boosted(rows, self.complexity, expressions(self.features, "features"), rng, self.rounds)


def boosted(
    rows: Rows,
    complexity: Expressions,
    features: Sequence[str],
    rng: np.random.RandomState,
    rounds: int = ROUNDS,
) -> BoostedTrees:
    """Return boosted trees fitted to `rows`, splitting on what `tree_inputs` says.

    Parameters
    ----------
    rows : Rows
        Training rows.
    complexity : Expressions
        Named work expressions over the parameters.
    features : sequence of str
        Further expressions.
    rng : np.random.RandomState
    rounds : int
        Number of trees.
    """
    inputs, matrix = tree_inputs(complexity, features, rows)
    log_times = np.log(rows.time_s)
    offset = float(log_times.mean())
    if len(rows) < 2 * SETTINGS["min_data_in_leaf"]:  # no split is possible; LightGBM fails on one row
        return _joined([{"leaf_value": 0.0}], inputs, offset)
    settings = {**SETTINGS, "seed": int(rng.randint(2**31 - 1))}
    data = lightgbm.Dataset(matrix, log_times - offset, params=settings)
    return as_formula(lightgbm.train(settings, data, rounds), inputs, offset)


def as_formula(booster: lightgbm.Booster, inputs: Sequence[str], offset: float = 0.0) -> BoostedTrees:
    """Return the formula of trees fitted to log seconds, less `offset`, on the values of `inputs`."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    return _joined(trees, inputs, offset)


def _joined(trees: Sequence[Mapping[str, Any]], inputs: Sequence[str], offset: float) -> BoostedTrees:
    roots = []
    nodes: list[_Node] = []
    for tree in trees:
        roots.append(len(nodes))
        nodes.extend(_nodes(tree, len(nodes)))
    return BoostedTrees(
        inputs=tuple(inputs),
        roots=np.array(roots),
        feature=np.array([node.feature for node in nodes]),
        threshold=np.array([node.threshold for node in nodes]),
        left=np.array([node.left for node in nodes]),
        right=np.array([node.right for node in nodes]),
        value=np.array([node.value for node in nodes]),
        offset=offset,
    )


def _nodes(node: Mapping[str, Any], own: int) -> Iterator[_Node]:
    """Yield a node, which gets position `own`, and all below it, parents first."""
    if "leaf_value" in node:
        yield _Node(0, 0.0, own, own, node["leaf_value"])
        return
    left = list(_nodes(node["left_child"], own + 1))
    right = own + 1 + len(left)
    yield _Node(node["split_feature"], node["threshold"], own + 1, right, 0.0)
    yield from left
    yield from _nodes(node["right_child"], right)
