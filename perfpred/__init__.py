"""Learned predictors of how long a kernel takes, and of which variant and machine is fastest.

Names are loaded on first use, so importing the package imports neither torch nor pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from perfpred.lazy_names import lazy_names

if TYPE_CHECKING:
    from perfpred.complexity import Complexity
    from perfpred.errors import DataWarning, InputError, PerfpredError
    from perfpred.kernels import Kernel, Parameter, kernel
    from perfpred.learn.estimators.augmented import AugmentedRegressor
    from perfpred.learn.estimators.paper import PaperNetRegressor
    from perfpred.learn.evaluation.accuracy import evaluate
    from perfpred.learn.training import train
    from perfpred.parallel.cluster import cluster
    from perfpred.parallel.result_journal import ResultJournal
    from perfpred.predict.bank import Bank, load
    from perfpred.profile import Profile, read_profile, write_profile
    from perfpred.profile.columns.mapping import ColumnMapping
    from perfpred.shipped import shipped_models
    from perfpred.variants.base import Call, Variant
    from perfpred.variants.function import implements

__version__ = "0.1.0"

_HOMES = {
    "AugmentedRegressor": "perfpred.learn.estimators.augmented",
    "Bank": "perfpred.predict.bank",
    "Call": "perfpred.variants.base",
    "ColumnMapping": "perfpred.profile.columns.mapping",
    "Complexity": "perfpred.complexity",
    "DataWarning": "perfpred.errors",
    "InputError": "perfpred.errors",
    "Kernel": "perfpred.kernels",
    "PaperNetRegressor": "perfpred.learn.estimators.paper",
    "Parameter": "perfpred.kernels",
    "PerfpredError": "perfpred.errors",
    "Profile": "perfpred.profile",
    "ResultJournal": "perfpred.parallel.result_journal",
    "Variant": "perfpred.variants.base",
    "cluster": "perfpred.parallel.cluster",
    "evaluate": "perfpred.learn.evaluation.accuracy",
    "implements": "perfpred.variants.function",
    "kernel": "perfpred.kernels",
    "load": "perfpred.predict.bank",
    "read_profile": "perfpred.profile",
    "shipped_models": "perfpred.shipped",
    "train": "perfpred.learn.training",
    "write_profile": "perfpred.profile",
}

__all__ = [
    "AugmentedRegressor",
    "Bank",
    "Call",
    "ColumnMapping",
    "Complexity",
    "DataWarning",
    "InputError",
    "Kernel",
    "PaperNetRegressor",
    "Parameter",
    "PerfpredError",
    "Profile",
    "ResultJournal",
    "Variant",
    "cluster",
    "evaluate",
    "implements",
    "kernel",
    "load",
    "read_profile",
    "shipped_models",
    "train",
    "write_profile",
]


_named = lazy_names("perfpred", _HOMES)


def __getattr__(name: str) -> Any:
    if name == "halide":  # a room of its own, with names of its own
        return importlib.import_module("perfpred.halide")
    return _named(name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
