"""What a fit depends on, so that a journal gives its result to no other fit; how it is written there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from perfpred.combination import Combination
from perfpred.documents.codec import encode
from perfpred.learn.kernel_expressions import complexity_of, features_of
from perfpred.learn.registry import Model
from perfpred.parallel.environment import origin
from perfpred.parallel.result_journal import Form
from perfpred.predict.document import dumps, loads
from perfpred.predict.formula import Formula
from perfpred.profile import Profile

PREDICTORS = Form(dumps, loads)
"""A predictor as the text of its file, which reads back as the same text."""


def fit_identity(
    combination: Combination,
    rows: Profile,
    chosen: Model,
    complexity: Mapping[str, str] | None,
    source_models: Mapping[str, Formula],
) -> dict[str, Any]:
    """Return everything that a fit depends on beside its seed and the rows drawn, as JSON values.

    Parameters
    ----------
    combination : Combination
    rows : Profile
        Of that combination, all of those it is fitted to some of.
    chosen : Model
    complexity : mapping of str to str or None
        As in `train`.
    source_models : mapping of str to Formula
        What it learns from, of `source_models_of`.
    """
    named, is_found = complexity_of(combination.kernel, rows, complexity)
    return {
        "combination": str(combination),
        "rows": rows_identity(rows),
        "model": [chosen.name, origin(chosen.factory)],
        "complexity": None if is_found else list(named.items()),
        "features": list((features_of(combination.kernel, rows, chosen) or {}).items()),
        "source_models": {name: _digest(encode(formula)) for name, formula in source_models.items()},
    }


def rows_identity(rows: Profile) -> list[Any]:
    """Return what distinguishes rows from others: their cells, the order of parameters, their metadata."""
    metadata = _digest(json.dumps(rows.metadata, sort_keys=True, default=repr))
    return [rows.data_hash, list(rows.parameters), metadata]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=repr).encode()).hexdigest()
