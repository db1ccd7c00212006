"""Formulas: the values their docstrings promise, and no trust in what they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from perfpred.errors import InputError
from perfpred.learn.forest import as_formula
from perfpred.predict.design import Input
from perfpred.predict.formula import FORMULAS, Forest, LinearModel, PosynomialNet, ReluNet

N = Input("n", 2.0, 1.0, 0.0, 4.0)
M = Input("m", 0.0, 1.0, -1.0, 1.0)
COLUMNS = {"m": np.array([0.0, 0.5, 9.0]), "n": np.array([1.0, 2.0, 4.0])}
POSYNOMIAL = {
    "terms": ("1", "n*n"),
    "log_coefficients": np.log([1e-6, 2e-6]),
    "inputs": (N, M),
    "hidden_weights": [[1.0, 0.0], [0.5, -1.0]],
    "hidden_biases": [0.0, 0.1],
    "output_weights": [0.2, -0.1],
    "linear": [0.01, 0.0],
    "low": -0.15,
    "high": 0.15,
}
RELU = {
    "inputs": (N, M),
    "hidden_weights": [[1.0, 0.0], [0.5, -1.0]],
    "hidden_biases": [0.0, 0.1],
    "output_weights": [2.0, -1.0],
    "output_bias": 0.5,
    "floor": 0.25,
}
LINEAR = {"terms": ("1", "m*n"), "coefficients": [1.0, -3.0], "floor": 0.5}
FOREST = {
    "inputs": ("n",),
    "roots": [0, 3],
    "feature": [0, 0, 0, 0],
    "threshold": [2.0, 0.0, 0.0, 0.0],
    "left": [1, 1, 2, 3],
    "right": [2, 1, 2, 3],
    "value": [0.0, 1.0, 2.0, 5.0],
}
GOOD = {"PosynomialNet": POSYNOMIAL, "ReluNet": RELU, "LinearModel": LINEAR, "Forest": FOREST}


def test_posynomial_net():
    net = PosynomialNet(**POSYNOMIAL)
    x = np.array([[-1, 0], [0, 0.5], [2, 1]])
    correction = 0.2 * np.tanh(x[:, 0]) - 0.1 * np.tanh(0.5 * x[:, 0] - x[:, 1] + 0.1) + 0.01 * x[:, 0]
    np.testing.assert_allclose(net.correction(COLUMNS), correction)
    expected = (1e-6 + 2e-6 * COLUMNS["n"] ** 2) * np.exp(np.clip(correction, -0.15, 0.15))
    np.testing.assert_allclose(net.seconds(COLUMNS), expected)
    assert net.n_parameters == 2 + 4 + 2 + 2 + 2


def test_posynomial_of_huge_and_tiny_terms():
    net = PosynomialNet(**POSYNOMIAL | {"terms": ("n**200", "1")})
    np.testing.assert_allclose(
        np.log(net.seconds({"m": np.zeros(1), "n": np.array([30.0])})), 200 * np.log(30), rtol=0.1
    )


def test_relu_net():
    net = ReluNet(**RELU)
    x = np.array([[-1, 0], [0, 0.5], [2, 1]])
    raw = 2 * np.maximum(x[:, 0], 0) - np.maximum(0.5 * x[:, 0] - x[:, 1] + 0.1, 0) + 0.5
    np.testing.assert_allclose(net.seconds(COLUMNS), np.maximum(raw, 0.25))
    assert net.n_parameters == 9


def test_linear_model():
    np.testing.assert_allclose(LinearModel(**LINEAR).seconds(COLUMNS), [1.0, 0.5, 0.5])


def test_forest_of_two_trees():
    forest = Forest(**FOREST)
    np.testing.assert_allclose(forest.seconds(COLUMNS), np.exp([3.0, 3.0, 3.5]))
    assert forest.n_parameters == 2 + 3


def test_forest_equals_scikit_learn_also_between_two_floats():
    rng = np.random.default_rng(0)
    X = np.log2(rng.integers(1, 200, (300, 3)))
    reference = RandomForestRegressor(20, random_state=0).fit(X, rng.standard_normal(300))
    forest = as_formula(reference, ("a", "b", "c"))
    thresholds = np.concatenate([tree.tree_.threshold for tree in reference.estimators_])
    near = np.nextafter(rng.choice(thresholds, (2000, 3)), rng.choice([-9.0, 9.0], (2000, 3)))
    for rows in (X, near):
        ours = np.log(forest.seconds(dict(zip("abc", rows.T, strict=True))))
        np.testing.assert_allclose(ours, reference.predict(rows), atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", GOOD)
def test_arrays_cannot_be_written_to(name):
    formula = FORMULAS[name](**GOOD[name])
    for value in vars(formula).values():
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("PosynomialNet", {"terms": ()}, "len(terms) > 0 must hold, but got 0"),
        ("PosynomialNet", {"linear": [1.0]}, "linear.shape == (2,) must hold, but got (1,)"),
        ("PosynomialNet", {"hidden_weights": [[1.0, 0.0]]}, "hidden_weights.shape == (2, 2)"),
        ("PosynomialNet", {"hidden_biases": [0.0, np.inf]}, "hidden_biases is finite must hold"),
        ("PosynomialNet", {"hidden_biases": ["a", "b"]}, "hidden_biases holds numbers must hold"),
        (
            "PosynomialNet",
            {"hidden_weights": [[1.0], [1.0, 2.0]]},
            "hidden_weights must be an array of shape (2, 2)",
        ),
        ("PosynomialNet", {"low": 1.0}, "low <= high must hold, but got (low=1.0, high=0.15)"),
        ("PosynomialNet", {"terms": ("1", "import")}, "at character"),
        ("ReluNet", {"floor": 0.0}, "floor > 0 must hold, but got 0.0"),
        ("ReluNet", {"output_bias": None}, "output_bias is a finite number must hold, but got None"),
        ("ReluNet", {"hidden_biases": 1.0}, "hidden_weights.shape"),
        ("LinearModel", {"coefficients": [1.0]}, "coefficients.shape == (2,) must hold, but got (1,)"),
        ("Forest", {"roots": []}, "len(roots) > 0"),
        ("Forest", {"roots": [4]}, "0 <= roots < 4 must hold, but got [4]"),
        ("Forest", {"left": [-1, 1, 2, 3]}, "0 <= left < 4"),
        ("Forest", {"left": [0, 1, 2, 3]}, "children come after their parent must hold, but got node [0]"),
        ("Forest", {"right": [2, 0, 2, 3]}, "children come after their parent"),
        ("Forest", {"feature": [1, 0, 0, 0]}, "0 <= feature < 1"),
        ("Forest", {"feature": [0.5, 0, 0, 0]}, "feature is int64 must hold, but got float64"),
        ("Forest", {"feature": [np.nan, 0, 0, 0]}, "feature is finite must hold"),
        ("Forest", {"inputs": ()}, "len(inputs) > 0"),
    ],
)
def test_untrusted_numbers(name, change, message):
    with pytest.raises(InputError) as caught:
        FORMULAS[name](**(GOOD[name] | change))
    assert message in str(caught.value)
