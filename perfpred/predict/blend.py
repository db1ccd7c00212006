"""Several formulas together: their weighted mean in log time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from perfpred.predict.checks import Floats, require, set_floats
from perfpred.predict.expressions import Columns
from perfpred.predict.forest import BoostedTrees, Forest
from perfpred.predict.gaussian_process import GaussianProcess

MAX_MEMBERS = 100
Member: TypeAlias = Forest | BoostedTrees | GaussianProcess


@dataclass(frozen=True, eq=False)
class Blend:
    """``log t = sum_k w_k log t_k`` of K formulas.

    Parameters
    ----------
    members : tuple of Forest, BoostedTrees or GaussianProcess
        At least one.
    weights : ndarray of shape (K,)
        w, >= 0, of sum 1.
    """

    members: tuple[Member, ...]
    weights: Floats

    def __post_init__(self) -> None:
        require(len(self.members) > 0, self, "len(members) > 0", 0)
        require(len(self.members) <= MAX_MEMBERS, self, f"len(members) <= {MAX_MEMBERS}", len(self.members))
        set_floats(self, "weights", (len(self.members),))
        total = float(self.weights.sum())
        require(bool((self.weights >= 0).all()), self, "weights >= 0", self.weights)
        require(abs(total - 1) < 1e-9, self, "weights sum to 1", total)

    @property
    def n_parameters(self) -> int:
        """Number of fitted numbers of all members, and the weights."""
        return len(self.members) + sum(member.n_parameters for member in self.members)

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        logs = [np.log(member.seconds(columns)) for member in self.members]
        return np.asarray(np.exp(self.weights @ np.stack(logs)))
