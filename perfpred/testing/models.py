"""The contract of a model: what is stored predicts, a seed determines it, and what is no time is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from perfpred.documents.codec import decode, encode
from perfpred.errors import InputError
from perfpred.learn.registry import Model
from perfpred.predict.formula import Formula
from perfpred.testing.contract import Rule, check_all, require

if TYPE_CHECKING:
    import pandas as pd

    from perfpred.learn.estimators.base import TimeRegressor

COMPLEXITY = {"work": "m*n*k", "output": "m*n"}
FEATURES = {"n_mod_16": "n % 16 / 16"}


@dataclass(frozen=True)
class ModelWith:
    """A model with parameters of its estimators that make a test quick."""

    model: Model
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def make(self, complexity: Any = None, features: Any = None, **more: Any) -> TimeRegressor:
        """Return an unfitted estimator; parameters that it does not have are left out."""
        estimator = self.model.make(complexity or COMPLEXITY, FEATURES if features is None else features)
        known = estimator.get_params()
        wanted = {**self.parameters, **more}
        estimator.set_params(**{name: value for name, value in wanted.items() if name in known})
        return estimator


def check_model(model: Model, parameters: Mapping[str, Any] | None = None) -> None:
    """Check that a registered model keeps the promises that training and stored predictors rely on.

    The general checks of scikit-learn are not repeated: see `sklearn.utils.estimator_checks`.

    Parameters
    ----------
    model : Model
    parameters : mapping of str to object, optional
        Of its estimators, such as fewer steps, so that the checks take less time.

    Raises
    ------
    ContractError
        Naming the rules that it breaks.
    """
    check_all(f"the model '{model.name}'", MODEL_RULES, ModelWith(model, parameters or {}))


def made_up_times(n: int = 120, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    """Return sizes of a matrix product, and times in seconds with an overhead, remainders and 2% noise.

    Returns
    -------
    X : DataFrame of shape (n, 3)
    time_s : ndarray of shape (n,)
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    m, n_, k = rng.integers(1, 1025, (3, n)).astype(float)
    padded = np.ceil(m / 6) * 6 * np.ceil(n_ / 16) * 16 * k
    time_s = 2e-7 + padded / 6e10 + 3e-10 * (m * k + k * n_ + m * n_)
    return pd.DataFrame({"m": m, "n": n_, "k": k}), time_s * np.exp(0.02 * rng.standard_normal(n))


def _stores_what_predicts(subject: ModelWith) -> None:
    X, time_s = made_up_times()
    fitted = subject.make().fit(X, time_s)
    columns = fitted.encoding_.encode({str(name): X[name] for name in X})
    predicted = fitted.predict(X)
    require(bool(np.array_equal(predicted, fitted.formula_.seconds(columns))), "formula_ predicts otherwise")
    formula: Any = decode(json.loads(json.dumps(encode(fitted.formula_))), Formula)
    require(bool(np.array_equal(predicted, formula.seconds(columns))), "formula_ read from JSON does")


def _repeats_itself(subject: ModelWith) -> None:
    X, time_s = made_up_times(60)
    first, second = (subject.make().fit_with_residuals(X, time_s) for _ in range(2))
    require(bool(np.array_equal(first.predict(X), second.predict(X))), "two fits with one seed differ")
    same = np.array_equal(first.oof_log_residuals_, second.oof_log_residuals_)
    require(bool(same), "oof_log_residuals_ of two fits with one seed differ")


def _stays_within_its_bound(subject: ModelWith) -> None:
    X, time_s = made_up_times(200)
    count, bound = subject.make().fit(X, time_s).formula_.n_parameters, subject.model.max_parameters
    require(count > 0, f"formula_.n_parameters is {count}")
    require(bound is None or count <= bound, f"it has {count} parameters, registered with at most {bound}")


def _leaves_rows_out(subject: ModelWith) -> None:
    X, time_s = made_up_times(60)
    before = subject.make().fit_with_residuals(X, time_s, n_folds=3).oof_log_residuals_
    require(bool(np.isfinite(before).all()), "oof_log_residuals_ are not all finite")
    slower = time_s.copy()
    slower[7] *= 1.5
    moved = subject.make().fit_with_residuals(X, slower, n_folds=3).oof_log_residuals_[7] - before[7]
    expected = float(np.log(1.5))
    shown = f"a row 1.5 times as slow moves its residual by {moved:.3f}, not {expected:.3f}"
    require(abs(moved - expected) <= 0.02 * max(1.0, abs(before[7])) + 0.02, shown)


def _takes_categories(subject: ModelWith) -> None:
    X, time_s = made_up_times()
    mode = np.where(np.arange(len(X)) % 2, "fast", "quite safe")
    table = X.assign(**{"the mode": mode})
    fitted = subject.make(steps=1000).fit(table, time_s * np.where(mode == "fast", 1.0, 2.0))
    row = table.iloc[[int(time_s.argmax())]]
    fast, safe = (fitted.predict(row.assign(**{"the mode": each}))[0] for each in ("fast", "quite safe"))
    require(safe > fast, "a category that doubles the time makes no difference")
    _require_refusal(lambda: fitted.predict(row.assign(**{"the mode": "fats"})), "did you mean 'fast'")


def _takes_anybodys_columns(subject: ModelWith) -> None:
    import pandas as pd

    rng = np.random.default_rng(3)
    bounds = {"np": (1, 9), "threads": (1, 5), "mesh": (8, 65)}
    table = pd.DataFrame({name: rng.integers(low, high, 80) for name, (low, high) in bounds.items()})
    fitted = subject.make({"cells": "mesh**3/np"}, {}).fit(
        table, 1e-3 + 1e-6 * table["mesh"] ** 3 / table["np"]
    )
    require(bool((fitted.predict(table) > 0).all()), "a predicted time is not > 0")


def _clones(subject: ModelWith) -> None:
    from sklearn.base import clone

    X, time_s = made_up_times(60)
    fitted = subject.make().fit(X, time_s)
    again: Any = clone(fitted).fit(X, time_s)
    require(bool(np.array_equal(again.predict(X), fitted.predict(X))), "a clone predicts otherwise")


def _refuses_what_is_no_time(subject: ModelWith) -> None:
    X, time_s = made_up_times(40)
    time_s[5] = 0
    _require_refusal(lambda: subject.make().fit(X, time_s), "row 6 is 0")
    if subject.model.uses_complexity:
        X, time_s = made_up_times(40)
        X.loc[3, "m"] = 0
        _require_refusal(lambda: subject.make().fit(X, time_s), "in row 4")


def _follows_the_row_order(subject: ModelWith) -> None:
    X, time_s = made_up_times(60)
    fitted = subject.make().fit(X, time_s)
    shuffled = X.sample(frac=1, random_state=0)
    expected = fitted.predict(X)[shuffled.index]
    require(bool(np.allclose(fitted.predict(shuffled), expected, rtol=1e-12, atol=0)), "rows are mixed up")


def _require_refusal(attempt: Any, part: str) -> None:
    """Raise `AssertionError` unless an attempt ends with an `InputError` whose message has a part."""
    try:
        attempt()
    except InputError as error:
        require(part in str(error), f'the refusal must hold "{part}", but is "{error}"')
    else:
        require(False, f'what must be refused with "{part}" is accepted')


MODEL_RULES = (
    Rule("what is stored is what predicts", _stores_what_predicts),
    Rule("a seed determines everything", _repeats_itself),
    Rule("it has at most the registered number of parameters", _stays_within_its_bound),
    Rule("out-of-fold residuals are of models that did not see the row", _leaves_rows_out),
    Rule("it takes categories, and refuses unknown ones", _takes_categories),
    Rule("it takes columns of any name", _takes_anybodys_columns),
    Rule("a clone fits to the same", _clones),
    Rule("it refuses times and complexities that are not > 0, naming the row", _refuses_what_is_no_time),
    Rule("predictions follow the row order", _follows_the_row_order),
)
