"""Every registered model keeps the scikit-learn contract and the promises of this project."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from perfpred.errors import InputError, UnknownNameError
from perfpred.learn.estimators.augmented import AugmentedRegressor
from perfpred.learn.estimators.boosting import LightGBMRegressor
from perfpred.learn.estimators.ensemble import EnsembleRegressor
from perfpred.learn.estimators.forest import ForestRegressor
from perfpred.learn.estimators.gaussian_process import GPRegressor
from perfpred.learn.estimators.linear import LinearRegressor
from perfpred.learn.estimators.paper import PaperNetRegressor
from perfpred.learn.registry import model, models
from perfpred.testing.models import COMPLEXITY, FEATURES, MODEL_RULES, ModelWith, made_up_times

ESTIMATORS = [
    AugmentedRegressor(restarts=2),
    PaperNetRegressor(steps=200),
    LinearRegressor(),
    ForestRegressor(n_estimators=10),
    LightGBMRegressor(rounds=50),
    GPRegressor(restarts=1),
    EnsembleRegressor(use_products=False, n_trees=5, n_rounds=20),
]
NAMES = [each.name for each in models()]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


FEW = {"steps": 300, "restarts": 2, "n_estimators": 10}
"""Parameters that make a test quick."""


def quick(name, complexity=COMPLEXITY, features=FEATURES, **changes):
    """An estimator of the registry with the steps of a test."""
    estimator = model(name).make(complexity, features)
    known = estimator.get_params()
    return estimator.set_params(**{key: value for key, value in (FEW | changes).items() if key in known})


@pytest.mark.parametrize("rule", MODEL_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", NAMES)
def test_every_model(name, rule):
    rule(ModelWith(model(name), FEW))


@pytest.mark.parametrize("name", NAMES)
def test_categorical_columns_and_names_no_expression_could_have(name):
    X, time_s = made_up_times()
    mode = np.where(np.arange(len(X)) % 2, "fast", "quite safe")
    table = X.assign(**{"the mode": mode})
    fitted = quick(name, steps=1000).fit(table, time_s * np.where(mode == "fast", 1.0, 2.0))
    both = pd.concat([X.iloc[[time_s.argmax()]]] * 2).assign(**{"the mode": ["fast", "quite safe"]})
    fast, safe = fitted.predict(both)
    assert safe > fast
    with pytest.raises(UnknownNameError, match="unknown value of the mode 'fats'; did you mean 'fast'"):
        fitted.predict(both.assign(**{"the mode": "fats"}))


@pytest.mark.parametrize("name", NAMES)
def test_someone_elses_columns(name):
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {"np": rng.integers(1, 9, 80), "threads": rng.integers(1, 5, 80), "mesh": rng.integers(8, 65, 80)}
    )
    time_s = 1e-3 + 1e-6 * table["mesh"] ** 3 / table["np"]
    fitted = quick(name, {"cells": "mesh**3/np"}, None).fit(table, time_s)
    assert (fitted.predict(table) > 0).all()
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(table[["threads", "np", "mesh"]])
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(table[["np", "mesh"]])


@pytest.mark.parametrize("name", NAMES)
def test_clones_and_pickles(name):
    X, time_s = made_up_times(60)
    fitted = quick(name).fit(X, time_s)
    np.testing.assert_array_equal(clone(fitted).fit(X, time_s).predict(X), fitted.predict(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


@pytest.mark.parametrize("name", NAMES)
def test_times_must_be_positive(name):
    X, time_s = made_up_times(40)
    time_s[5] = 0
    with pytest.raises(InputError, match="y must be times in seconds, > 0, but row 6 is 0"):
        quick(name).fit(X, time_s)


@pytest.mark.parametrize("name", [name for name in NAMES if model(name).uses_complexity])
def test_complexities_must_be_positive(name):
    X, time_s = made_up_times(40)
    X.loc[3, "m"] = 0
    with pytest.raises(InputError, match=r"complexity 'm\*n\*k' must be > 0, but it is 0 in row 4 \(m=0, n="):
        quick(name).fit(X, time_s)


def test_a_short_run_is_not_all_overhead():
    X, time_s = made_up_times(300, seed=1)
    large = X["m"] * X["n"] * X["k"] > 1e7
    fitted = quick("augmented").fit(X[large], time_s[large])
    tiny = fitted.predict(pd.DataFrame({"m": [8.0], "n": [16.0], "k": [8.0]}))
    assert tiny < 0.3 * time_s[large].min()


def test_the_augmented_net_is_accurate():
    X, time_s = made_up_times(400)
    paper, ours = (quick(name, restarts=3).fit(X[:200], time_s[:200]) for name in ("paper-nnc", "augmented"))
    errors = [np.abs(each.predict(X[200:]) / time_s[200:] - 1).mean() for each in (paper, ours)]
    assert errors[1] < 0.04
    assert errors[1] < 0.5 * errors[0]


def test_the_gaussian_process_is_accurate():
    X, time_s = made_up_times(400)
    forest, process = (quick(name).fit(X[:200], time_s[:200]) for name in ("forest-c", "gp-c"))
    errors = [np.abs(each.predict(X[200:]) / time_s[200:] - 1).mean() for each in (forest, process)]
    assert errors[1] < 0.04
    assert errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("name", ["lightgbm-c", "gp-c"])
def test_features_make_a_difference(name):
    X, time_s = made_up_times()
    time_s = time_s * np.where(X["n"] % 16 == 0, 1.0, 1.5)
    fitted, without = (quick(name, features=features).fit(X, time_s) for features in (["n % 16 == 0"], None))
    assert "n % 16 == 0" in str(fitted.formula_.inputs)
    errors = [np.abs(np.log(each.predict(X) / time_s)).mean() for each in (fitted, without)]
    assert errors[0] < errors[1]


@pytest.mark.parametrize("name", ["lightgbm-c", "gp-c"])
@pytest.mark.parametrize("rows", [1, 2, 5, 12])
def test_models_of_any_size_take_few_rows(name, rows):
    X, time_s = made_up_times(rows)
    predicted = quick(name).fit(X, time_s).predict(X)
    assert np.isfinite(predicted).all()
    assert (predicted > 0).all()


@pytest.mark.parametrize("name", ["lightgbm-c", "gp-c"])
def test_constant_columns_and_times(name):
    X, _ = made_up_times(30)
    same = X.assign(m=3.0, n=3.0, k=3.0)
    np.testing.assert_allclose(quick(name).fit(same, np.full(30, 1e-3)).predict(same), 1e-3)


def test_a_gaussian_process_refuses_what_would_take_hours():
    X, time_s = made_up_times(2001)
    with pytest.raises(InputError, match=r"at most 2000 rows, but got 2001; train on a part of them"):
        quick("gp-c").fit(X, time_s)


def test_a_missing_lightgbm_is_said(monkeypatch):
    monkeypatch.delitem(sys.modules, "perfpred.learn.estimators.boosting", raising=False)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError, match=r"needs the package lightgbm.*pip install 'perfpred\[lightgbm\]'"):
        model("lightgbm-c").make()


@pytest.mark.parametrize(("rows", "most"), [(2, 2), (5, 5), (12, 12), (25, 25), (120, 60)])
def test_few_rows_make_a_small_net(rows, most):
    X, time_s = made_up_times(rows)
    fitted = AugmentedRegressor({"work": "m*n*k"}, restarts=2).fit(X, time_s)
    assert fitted.formula_.n_parameters <= most


def test_fewer_rows_than_terms_is_an_error():
    X, time_s = made_up_times(2)
    with pytest.raises(InputError, match=r"n_samples >= 3 must hold.*got n_samples=2"):
        AugmentedRegressor(COMPLEXITY).fit(X, time_s)


def test_many_columns_leave_the_strongest():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 90))
    fitted = AugmentedRegressor(restarts=2).fit(X, np.exp(X[:, 40]))
    assert fitted.formula_.n_parameters <= 75
    assert "x40" in [each.expression for each in fitted.formula_.inputs]


def test_constant_columns_are_dropped():
    X, time_s = made_up_times(60)
    fitted = AugmentedRegressor(COMPLEXITY, restarts=2).fit(X.assign(k=64), time_s)
    assert not any("k" in each.expression for each in fitted.formula_.inputs)


def test_unusable_options_say_so():
    X, time_s = made_up_times(40)
    with pytest.raises(InputError, match="restarts >= 1 must hold, but got 0"):
        AugmentedRegressor(restarts=0).fit(X, time_s)
    with pytest.raises(InputError, match="max_parameters >= 3, the number of terms"):
        AugmentedRegressor(COMPLEXITY, max_parameters=2).fit(X, time_s)
    with pytest.raises(
        InputError, match="max_parameters >= 6 must hold for 3 inputs, but got max_parameters=5"
    ):
        PaperNetRegressor(max_parameters=5).fit(X, time_s)
    with pytest.raises(InputError, match="rounds >= 1 must hold, but got 0"):
        LightGBMRegressor(rounds=0).fit(X, time_s)
    with pytest.raises(InputError, match="restarts >= 1 must hold, but got 0"):
        GPRegressor(restarts=0).fit(X, time_s)
    with pytest.raises(InputError, match=r"2 <= n_folds <= 40 \(rows\) must hold, but got n_folds=1"):
        LinearRegressor().fit_with_residuals(X, time_s, n_folds=1)
    with pytest.raises(InputError, match="complexity must be a dict"):
        AugmentedRegressor(3).fit(X, time_s)


def test_callers_torch_settings_survive():
    import torch

    before = (
        torch.get_num_threads(),
        torch.get_rng_state(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
    )
    X, time_s = made_up_times(40)
    quick("augmented").fit(X, time_s)
    quick("nn").fit(X, time_s)
    quick("lightgbm-c").fit(X, time_s)
    quick("gp-c").fit(X, time_s)
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert torch.get_default_dtype() == before[2]
    assert torch.is_grad_enabled() == before[3]


def test_unknown_model():
    with pytest.raises(UnknownNameError, match="unknown model 'paper-nn'; did you mean 'paper-nnc'"):
        model("paper-nn")


def test_the_registry_loads_no_library_of_a_model():
    loaded = "{'torch', 'sklearn', 'lightgbm'} & set(sys.modules)"
    code = f"import sys, perfpred.learn.registry; sys.exit(bool({loaded}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
