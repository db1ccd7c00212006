"""Fitted trees as formulas: flat arrays instead of objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from perfpred.predict.checks import (
    MAX_LOG,
    Floats,
    Integers,
    length_of,
    require,
    require_log,
    set_floats,
    set_integers,
    set_logs,
)
from perfpred.predict.expressions import Columns, evaluate, n_rows, parsed

_BLOCK = 1 << 20
"""Nodes looked at together, rows times trees: a batch of any size needs tens of MB, no more."""

_MAX_DEPTH = 10_000
"""Each level is a step for every row; fitted trees have some tens of levels."""


@dataclass(frozen=True, eq=False)
class Trees(ABC):
    """Regression trees that together give log seconds; how their leaves combine is the subclass's.

    A row goes left at a node when ``x[feature] <= threshold``.

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

    precision: ClassVar[type] = np.float64
    """Inputs are rounded to it before they are compared, as they were in training."""

    def __post_init__(self) -> None:
        for expression in self.inputs:
            parsed(expression)
        nodes = length_of(self, "feature")
        set_integers(self, "roots", length_of(self, "roots"))
        for name in ("feature", "left", "right"):
            set_integers(self, name, nodes)
        set_floats(self, "threshold", nodes)
        set_logs(self, "value", nodes)
        self._check_walks_end(nodes[0])

    def _check_walks_end(self, n_nodes: int) -> None:
        require(len(self.roots) > 0, self, "len(roots) > 0", 0)
        for name, count in (
            ("roots", n_nodes),
            ("left", n_nodes),
            ("right", n_nodes),
            ("feature", len(self.inputs)),
        ):
            indices = getattr(self, name)
            # Trees of leaves alone may have no input; their features, all 0, are never looked at.
            inside = (indices >= 0) & (indices < max(count, 1))
            require(bool(inside.all()), self, f"0 <= {name} < {count}", indices[~inside][:1])
        own = np.arange(n_nodes)
        leaf = (self.left == own) & (self.right == own)
        forward = leaf | ((self.left > own) & (self.right > own))
        require(bool(forward.all()), self, "children come after their parent", f"node {own[~forward][:1]}")
        require(bool(leaf.all()) or len(self.inputs) > 0, self, "len(inputs) > 0", 0)
        level, depth = np.unique(self.roots), 0
        while len(level := level[~leaf[level]]):
            depth += 1
            require(depth <= _MAX_DEPTH, self, f"depth <= {_MAX_DEPTH:,}", depth)
            level = np.unique(np.concatenate([self.left[level], self.right[level]]))

    @property
    def n_parameters(self) -> int:
        """Number of tests (an input and a threshold each) and of leaf values."""
        leaves = int((self.left == np.arange(len(self.left))).sum())
        return 2 * (len(self.left) - leaves) + leaves

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        x = self._x(columns)
        log_s = np.empty(len(x))
        step = max(1, _BLOCK // len(self.roots))
        for start in range(0, len(x), step):
            block = slice(start, start + step)
            log_s[block] = self._combined(self.value[self._leaves(x[block])])
        return np.asarray(np.exp(log_s))

    @abstractmethod
    def _combined(self, values: Floats) -> Floats:
        """Return log seconds, shape (n,), of the values of the leaves that rows fall into, (n, T)."""

    def _leaves(self, x: Floats) -> Integers:
        """Return the leaf of each row of `x`, shape (n, d), in each tree, shape (n, T)."""
        rows = np.arange(len(x))[:, None]
        node = np.tile(self.roots, (len(x), 1))
        while True:
            goes_left = x[rows, self.feature[node]] <= self.threshold[node]
            following = np.where(goes_left, self.left[node], self.right[node])
            if np.array_equal(following, node):
                return node
            node = following

    def _x(self, columns: Columns) -> Floats:
        x = np.zeros((n_rows(columns), max(len(self.inputs), 1)))
        for index, expression in enumerate(self.inputs):
            x[:, index] = evaluate(expression, columns).astype(self.precision)
        return x


@dataclass(frozen=True, eq=False)
class Forest(Trees):
    """The mean, over trees, of the log time of the leaf that a row falls into.

    A row goes left at a node when ``float32(x[feature]) <= threshold``, as it does in scikit-learn. The
    parameters are those of `Trees`.
    """

    # scikit-learn's trees see float32; a threshold between two doubles would decide otherwise.
    precision: ClassVar[type] = np.float32

    def _combined(self, values: Floats) -> Floats:
        return np.asarray(values.mean(axis=1))


@dataclass(frozen=True, eq=False)
class BoostedTrees(Trees):
    """An offset plus the sum, over trees, of the log time of the leaf that a row falls into.

    Parameters
    ----------
    inputs, roots, feature, threshold, left, right, value
        As in `Trees`; a row goes left as it does in LightGBM.
    offset : float
        In log seconds.
    """

    offset: float

    def __post_init__(self) -> None:
        super().__post_init__()
        require_log(self, "offset", maximum=MAX_LOG)

    @property
    def n_parameters(self) -> int:
        """Number of tests (an input and a threshold each), of leaf values, and the offset."""
        return super().n_parameters + 1

    def _combined(self, values: Floats) -> Floats:
        return np.asarray(self.offset + values.sum(axis=1))
