"""A random forest on logarithms: the strong model of any size among the small ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from perfpred.learn.estimators.base import TimeRegressor
from perfpred.learn.fitting.inputs import Expressions, tree_inputs
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.formula import Forest


class ForestRegressor(TimeRegressor):
    """Log time by a random forest on the logarithms of parameters and complexities.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns.
    n_estimators : int
        Number of trees.
    random_state : int, RandomState or None
        Draws of rows and inputs, and folds.
    """

    def __init__(
        self, complexity: Expressions = None, n_estimators: int = 100, random_state: Any = 0
    ) -> None:
        self.complexity = complexity
        self.n_estimators = n_estimators
        self.random_state = random_state

    def _formula(self, rows: Rows, rng: np.random.RandomState) -> Forest:
        inputs, matrix = tree_inputs(self.complexity, None, rows)
        forest = RandomForestRegressor(self.n_estimators, random_state=rng)
        return as_formula(forest.fit(matrix, np.log(rows.time_s)), inputs)


def as_formula(forest: RandomForestRegressor, inputs: Sequence[str]) -> Forest:
    """Return the formula of a forest fitted to log seconds on the values of `inputs`, in that order."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    roots = np.cumsum([0] + [tree.node_count for tree in trees[:-1]])
    own = np.arange(sum(tree.node_count for tree in trees))

    def joined(name: str) -> Any:
        return np.concatenate([getattr(tree, name) for tree in trees])

    leaf = joined("children_left") < 0
    offset = np.repeat(roots, [tree.node_count for tree in trees])
    return Forest(
        inputs=tuple(inputs),
        roots=roots,
        feature=np.where(leaf, 0, joined("feature")),
        threshold=np.where(leaf, 0.0, joined("threshold")),
        left=np.where(leaf, own, joined("children_left") + offset),
        right=np.where(leaf, own, joined("children_right") + offset),
        value=joined("value")[:, 0, 0],
    )
