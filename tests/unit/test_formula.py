"""Formulas: the values their docstrings promise, and no trust in what they are made of."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel

from perfpred.errors import InputError
from perfpred.learn.estimators import boosting
from perfpred.learn.estimators.forest import as_formula
from perfpred.predict import forest as trees
from perfpred.predict.design import Input
from perfpred.predict.formula import (
    FORMULAS,
    Blend,
    BoostedTrees,
    Forest,
    GaussianProcess,
    LinearModel,
    PosynomialNet,
    RelatedNets,
    ReluNet,
)
from perfpred.predict.related import Relative

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
BOOSTED = FOREST | {"offset": -0.5}
PROCESS = {
    "terms": ("1", "n*n"),
    "log_coefficients": np.log([1e-6, 2e-6]),
    "inputs": (N, M),
    "length_scales": [0.5, 2.0],
    "centres": [[-1.0, 0.0], [0.0, 0.5], [1.0, -1.0]],
    "weights": [0.1, -0.2, 0.3],
}
GOOD = {
    "PosynomialNet": POSYNOMIAL,
    "ReluNet": RELU,
    "LinearModel": LINEAR,
    "Forest": FOREST,
    "BoostedTrees": BOOSTED,
    "GaussianProcess": PROCESS,
    "Blend": {"members": (GaussianProcess(**PROCESS), BoostedTrees(**BOOSTED)), "weights": [0.25, 0.75]},
    "RelatedNets": {
        "relatives": (Relative("there", "k / v / cpu-1t", PosynomialNet(**POSYNOMIAL)),),
        "nets": (PosynomialNet(**POSYNOMIAL), PosynomialNet(**POSYNOMIAL | {"terms": ("1", "there")})),
    },
}


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


def test_related_nets_read_the_times_of_relatives():
    formula = RelatedNets(**GOOD["RelatedNets"])
    alone, related = formula.nets
    there = {**COLUMNS, "there": 1e9 * alone.seconds(COLUMNS)}
    expected = np.sqrt(alone.seconds(COLUMNS) * related.seconds(there))
    np.testing.assert_allclose(formula.seconds(COLUMNS), expected)
    assert formula.n_parameters == 3 * alone.n_parameters


def test_blend_is_a_weighted_mean_of_logarithms():
    blend = Blend(**GOOD["Blend"])
    process, boosted = blend.members
    expected = process.seconds(COLUMNS) ** 0.25 * boosted.seconds(COLUMNS) ** 0.75
    np.testing.assert_allclose(blend.seconds(COLUMNS), expected)
    assert blend.n_parameters == 2 + process.n_parameters + boosted.n_parameters


def test_boosted_trees_add_up():
    boosted = BoostedTrees(**BOOSTED)
    np.testing.assert_allclose(boosted.seconds(COLUMNS), np.exp([5.5, 5.5, 6.5]))
    assert boosted.n_parameters == 2 + 3 + 1


def lightgbm_trees(n_rows=300, **settings):
    """Inputs, trees fitted to them by LightGBM, and the formula made from these."""
    rng = np.random.default_rng(0)
    X = np.log2(rng.integers(1, 200, (n_rows, 3)))
    y = X @ [1.0, -2.0, 0.5] + rng.standard_normal(n_rows)
    settings = boosting.SETTINGS | settings
    booster = lightgbm.train(settings, lightgbm.Dataset(X, y, params=settings), 50)
    return X, booster, boosting.as_formula(booster, ("a", "b", "c"), offset=0.25)


def test_boosted_trees_equal_lightgbm_also_beside_a_threshold():
    X, booster, formula = lightgbm_trees()
    rng = np.random.default_rng(1)
    thresholds = rng.choice(formula.threshold[formula.left != np.arange(len(formula.left))], (2000, 3))
    beside = np.nextafter(thresholds, rng.choice([-9.0, 9.0], (2000, 3)))
    far = rng.choice([-1e300, -1.0, 0.0, 1e-40, 1e300], (200, 3))
    for rows in (X, thresholds, beside, far):
        ours = np.log(formula.seconds(dict(zip("abc", rows.T, strict=True)))) - 0.25
        np.testing.assert_allclose(ours, booster.predict(rows), atol=1e-12, rtol=0)


def test_lightgbm_trees_without_a_split():
    _, booster, formula = lightgbm_trees(4)
    assert formula.n_parameters == len(formula.roots) + 1
    np.testing.assert_allclose(
        np.log(formula.seconds({"a": np.zeros(2), "b": np.zeros(2), "c": np.zeros(2)})) - 0.25,
        booster.predict(np.zeros((2, 3))),
    )


def test_gaussian_process():
    process = GaussianProcess(**PROCESS)
    x = np.array([[-1, 0], [0, 0.5], [2, 1]])
    away = (x[:, None] - np.array(PROCESS["centres"])) / PROCESS["length_scales"]
    r = np.sqrt(5 * (away**2).sum(axis=2))
    correction = (1 + r + r**2 / 3) * np.exp(-r) @ PROCESS["weights"]
    np.testing.assert_allclose(process.correction(COLUMNS), correction)
    np.testing.assert_allclose(
        process.seconds(COLUMNS), (1e-6 + 2e-6 * COLUMNS["n"] ** 2) * np.exp(correction)
    )
    assert process.n_parameters == 2 + 2 + 6 + 3


def test_gaussian_process_equals_scikit_learn():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 2)), rng.standard_normal(60)
    reference = GaussianProcessRegressor(Matern([1.0, 0.5], nu=2.5) + WhiteKernel(0.1), optimizer=None).fit(
        X, y
    )
    inputs = (Input("a", 0.0, 1.0, -9.0, 9.0), Input("b", 0.0, 1.0, -9.0, 9.0))
    scales = reference.kernel_.k1.length_scale
    ours = GaussianProcess(("1",), [0.0], inputs, scales, X, reference.alpha_)
    rows = rng.standard_normal((200, 2))
    np.testing.assert_allclose(
        ours.correction(dict(zip("ab", rows.T, strict=True))), reference.predict(rows), atol=1e-9, rtol=0
    )


def test_gaussian_process_without_centres_is_its_trend():
    empty = PROCESS | {"centres": [], "weights": []}
    np.testing.assert_allclose(GaussianProcess(**empty).seconds(COLUMNS), 1e-6 + 2e-6 * COLUMNS["n"] ** 2)


@pytest.mark.parametrize("name", ["Forest", "BoostedTrees", "GaussianProcess"])
def test_a_batch_in_blocks_is_the_same_batch(name, monkeypatch):
    formula = FORMULAS[name](**GOOD[name])
    columns = {key: np.linspace(0.5, 5.0, 101) for key in COLUMNS}
    whole = formula.seconds(columns)
    monkeypatch.setattr(trees, "_BLOCK", 20)
    monkeypatch.setattr("perfpred.program.layers.BLOCK", 20)
    np.testing.assert_allclose(formula.seconds(columns), whole, rtol=1e-15)


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
        ("ReluNet", {"hidden_biases": 1.0}, "hidden_biases is an array must hold, but got float"),
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
        ("BoostedTrees", {"left": [0, 1, 2, 3]}, "BoostedTrees: children come after their parent must hold"),
        ("BoostedTrees", {"value": [0.0]}, "value.shape == (4,) must hold, but got (1,)"),
        ("Blend", {"members": (), "weights": []}, "Blend: len(members) > 0 must hold, but got 0"),
        ("RelatedNets", {"nets": ()}, "RelatedNets: len(nets) > 0 must hold, but got 0"),
        ("RelatedNets", {"relatives": 2 * GOOD["RelatedNets"]["relatives"]}, "of relatives are distinct"),
        ("Blend", {"weights": [0.5, 0.6]}, "Blend: weights sum to 1 must hold, but got 1.1"),
        ("Blend", {"weights": [1.5, -0.5]}, "Blend: weights >= 0 must hold"),
        ("BoostedTrees", {"offset": np.nan}, "offset is a finite number must hold, but got nan"),
        ("GaussianProcess", {"terms": ()}, "len(terms) > 0 must hold, but got 0"),
        ("GaussianProcess", {"log_coefficients": [1.0]}, "log_coefficients.shape == (2,)"),
        ("GaussianProcess", {"length_scales": [1.0]}, "length_scales.shape == (2,) must hold, but got (1,)"),
        ("GaussianProcess", {"length_scales": [1.0, 0.0]}, "length_scales > 0 must hold"),
        ("GaussianProcess", {"centres": [[1.0, 2.0]]}, "centres.shape == (3, 2) must hold, but got (1, 2)"),
        ("GaussianProcess", {"weights": [1.0]}, "centres.shape == (1, 2) must hold, but got (3, 2)"),
        ("GaussianProcess", {"weights": [1.0, 2.0, np.inf]}, "weights is finite must hold"),
    ],
)
def test_untrusted_numbers(name, change, message):
    with pytest.raises(InputError) as caught:
        FORMULAS[name](**(GOOD[name] | change))
    assert message in str(caught.value)
