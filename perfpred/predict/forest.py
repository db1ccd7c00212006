"""A fitted random forest as a formula: flat arrays instead of objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfpred.predict.checks import Floats, Integers, require, set_floats, set_integers
from perfpred.predict.design import Columns, evaluate, n_rows, parsed


@dataclass(frozen=True, eq=False)
class Forest:
    """The mean, over trees, of the log time of the leaf that a row falls into.

    A row goes left at a node when ``float32(x[feature]) <= threshold``, as it does in scikit-learn.

    Parameters
    ----------
    inputs : tuple of str
        d expressions over encoded columns.
    roots : ndarray of shape (T,), int64
        The node each tree starts at.
    feature, left, right : ndarray of shape (K,), int64
        Input tested at a node, and the nodes to go on with. Children come after their parent; a
        leaf is its own child and its feature is 0.
    threshold, value : ndarray of shape (K,)
        What the input is compared with; log seconds of a leaf.

    Raises
    ------
    InputError
        If an index points outside, or backwards: then a walk down the tree would not end.
    """

    inputs: tuple[str, ...]
    roots: Integers
    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    value: Floats

    def __post_init__(self) -> None:
        for expression in self.inputs:
            parsed(expression)
        nodes = np.shape(self.feature)[:1]
        set_integers(self, "roots", np.shape(self.roots)[:1])
        for name in ("feature", "left", "right"):
            set_integers(self, name, nodes)
        for name in ("threshold", "value"):
            set_floats(self, name, nodes)
        self._check_walks_end(nodes[0] if nodes else 0)

    def _check_walks_end(self, n_nodes: int) -> None:
        require(len(self.roots) > 0, self, "len(roots) > 0", 0)
        for name, count in (
            ("roots", n_nodes),
            ("left", n_nodes),
            ("right", n_nodes),
            ("feature", len(self.inputs)),
        ):
            indices = getattr(self, name)
            # A forest of leaves alone may have no input; its features, all 0, are never looked at.
            inside = (indices >= 0) & (indices < max(count, 1))
            require(bool(inside.all()), self, f"0 <= {name} < {count}", indices[~inside][:1])
        own = np.arange(n_nodes)
        leaf = (self.left == own) & (self.right == own)
        forward = leaf | ((self.left > own) & (self.right > own))
        require(bool(forward.all()), self, "children come after their parent", f"node {own[~forward][:1]}")
        require(bool(leaf.all()) or len(self.inputs) > 0, self, "len(inputs) > 0", 0)

    @property
    def n_parameters(self) -> int:
        """Number of tests (an input and a threshold each) and of leaf values."""
        leaves = int((self.left == np.arange(len(self.left))).sum())
        return 2 * (len(self.left) - leaves) + leaves

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        rows = np.arange(n_rows(columns))[:, None]
        x = _single_precision(self.inputs, columns)
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        while True:
            goes_left = x[rows, self.feature[node]] <= self.threshold[node]
            following = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(following, node):
                return np.asarray(np.exp(self.value[node].mean(axis=1)))
            node = following


def _single_precision(inputs: tuple[str, ...], columns: Columns) -> Floats:
    # scikit-learn's trees see float32; a threshold between two doubles would decide otherwise.
    x = np.zeros((n_rows(columns), max(len(inputs), 1)))
    for index, expression in enumerate(inputs):
        x[:, index] = evaluate(expression, columns).astype(np.float32)
    return x
