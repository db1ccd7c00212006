"""What a fitted model is: a formula from encoded columns to seconds.

Each is a frozen dataclass of numbers, text and arrays, checked when it is made, with `n_parameters`, the
number of fitted numbers, and ``seconds(columns)``, which maps encoded columns of shape (n,) to seconds of
shape (n,). A new kind of formula is one more class here.
"""

from __future__ import annotations

from typing import TypeAlias, get_args

from perfpred.predict.blend import Blend
from perfpred.predict.forest import BoostedTrees, Forest
from perfpred.predict.gaussian_process import GaussianProcess
from perfpred.predict.linear import LinearModel
from perfpred.predict.nets import PosynomialNet, ReluNet
from perfpred.predict.related import RelatedNets

__all__ = [
    "FORMULAS",
    "Blend",
    "BoostedTrees",
    "Forest",
    "Formula",
    "GaussianProcess",
    "LinearModel",
    "PosynomialNet",
    "RelatedNets",
    "ReluNet",
]

Formula: TypeAlias = (
    PosynomialNet | ReluNet | LinearModel | Forest | BoostedTrees | GaussianProcess | Blend | RelatedNets
)

FORMULAS: dict[str, type[Formula]] = {formula.__name__: formula for formula in get_args(Formula)}
