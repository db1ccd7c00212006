"""Model files: every formula comes back equal; nothing edited, torn or of the future is believed."""

import json
import subprocess
import sys

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError, ModelFileError
from perfpred.predict import store
from perfpred.predict.bank import Bank, load
from perfpred.predict.design import Input
from perfpred.predict.document import digest
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import (
    BoostedTrees,
    Forest,
    GaussianProcess,
    LinearModel,
    PosynomialNet,
    ReluNet,
)
from perfpred.predict.predictor import Interval, Predictor, Range, Training

INPUTS = (Input("log2(m + 3)", 5.0, 2.0, 2.0, 10.0), Input("mode_b", 0.5, 0.5, 0.0, 1.0))
RNG = np.random.default_rng(0)
FORMULAS = {
    "posynomial": PosynomialNet(
        ("1", "m**2"),
        np.array([-14.0, -20.0]),
        INPUTS,
        RNG.normal(size=(3, 2)),
        RNG.normal(size=3),
        RNG.normal(size=3),
        np.zeros(2),
        -1.0,
        1.0,
    ),
    "posynomial without a net": PosynomialNet(
        ("1", "m"),
        np.array([-14.0, -20.0]),
        INPUTS,
        np.zeros((0, 2)),
        np.zeros(0),
        np.zeros(0),
        np.zeros(2),
        0.0,
        0.0,
    ),
    "relu": ReluNet(INPUTS, RNG.normal(size=(4, 2)), RNG.normal(size=4), RNG.normal(size=4), 2.0, 1e-9),
    "linear": LinearModel(("1", "m"), np.array([1e-6, 1e-9]), 1e-9),
    "forest": Forest(
        ("m",),
        np.array([0]),
        np.array([0, 0, 0]),
        np.array([0.5, 0.0, 0.0]),
        np.array([1, 1, 2]),
        np.array([2, 1, 2]),
        np.array([0.0, -9.0, -5.0]),
    ),
    "boosted trees": BoostedTrees(
        ("m", "log2(m + 3)"),
        np.array([0, 3]),
        np.array([1, 0, 0, 0]),
        np.array([RNG.normal() + 4, 0.0, 0.0, 0.0]),
        np.array([1, 1, 2, 3]),
        np.array([2, 1, 2, 3]),
        RNG.normal(size=4),
        -7.1,
    ),
    "Gaussian process": GaussianProcess(
        ("1", "m**2"),
        np.array([-14.0, -20.0]),
        INPUTS,
        np.exp(RNG.normal(size=2)),
        RNG.normal(size=(5, 2)),
        RNG.normal(size=5),
    ),
    "Gaussian process without centres": GaussianProcess(
        ("1", "m"), np.array([-14.0, -20.0]), INPUTS, np.ones(2), np.zeros((0, 2)), np.zeros(0)
    ),
    "Gaussian process without inputs": GaussianProcess(
        ("1",), np.array([-14.0]), (), np.ones(0), np.zeros((0, 0)), np.zeros(0)
    ),
}


def predictor(formula):
    return Predictor(
        Combination("k", "v/1", "cpu-1t"),
        Encoding(("m", "mode"), {"mode": ("a", "b")}),
        formula,
        {"m": Range(1.0, 100.0)},
        {"work": Range(1.0, 10000.0)},
        Interval(-0.1, 0.2),
        Training("augmented", 250, "ab", None, {"work": "m**2"}),
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_a_predictor_comes_back_equal(tmp_path, name):
    before = predictor(FORMULAS[name])
    path = store.save(before, tmp_path)
    after = store.load(path)
    columns = {"m": np.arange(1.0, 120.0, 7), "mode": ["a", "b"] * 8 + ["a"]}
    np.testing.assert_array_equal(before.seconds(columns), after.seconds(columns))
    assert (after.combination, after.interval, after.training) == (
        before.combination,
        before.interval,
        before.training,
    )
    assert store.dumps(after) == path.read_text()
    assert path.name == "k-v-1-cpu-1t_1f28b22ac1c6.json"


def edited(change):
    document = json.loads(store.dumps(predictor(FORMULAS["linear"])))
    change(document)
    return json.dumps(document)


def rehashed(change):
    """A forger who knows the hash: the content itself must still be checked."""

    def apply(document):
        change(document["predictor"])
        document["sha256"] = digest(document["predictor"])

    return edited(apply)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a whole JSON document"),
        (store.dumps(predictor(FORMULAS["linear"]))[:-40], "was it truncated"),
        ("[1, 2]", "not a model"),
        (edited(lambda d: d.update(version=3)), "written by a newer perfpred"),
        (edited(lambda d: d.update(version="1")), "format version must be 2"),
        (edited(lambda d: d["predictor"]["interval"].update(log_high=0.3)), "the file was edited"),
        (edited(lambda d: d.update(units={"time": "ms"})), "the file was edited"),
        (edited(lambda d: d.pop("predictor")), "the file was edited"),
        (rehashed(lambda p: p.pop("interval")), "missing or unknown: interval"),
        (rehashed(lambda p: p.update(extra=1)), "missing or unknown: extra"),
        (rehashed(lambda p: p["formula"].update(type="Pickle")), "must be one of PosynomialNet"),
        (rehashed(lambda p: p["formula"].update(coefficients=[1e-6])), "coefficients.shape"),
        (rehashed(lambda p: p["formula"].update(coefficients="abc")), "must be list, but is str"),
        (rehashed(lambda p: p["formula"].update(coefficients=[1e-6, None])), "coefficients"),
        (rehashed(lambda p: p["formula"].update(terms=["1", "__import__('os')"])), "error|unknown|not"),
        (rehashed(lambda p: p["formula"].update(floor=True)), "must be int or float, but is bool"),
        (rehashed(lambda p: p["ranges"]["m"].update(low=1000)), "low <= high"),
        (rehashed(lambda p: p.update(ranges={})), "every numeric parameter has a range"),
    ],
)
def test_what_cannot_be_trusted_is_refused(tmp_path, text, message):
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(ModelFileError, match=message) as caught:
        store.load(path)
    assert str(path) in str(caught.value)


def test_a_bank_comes_back(tmp_path):
    Bank([predictor(FORMULAS["relu"])]).save(tmp_path / "models")
    bank = load(tmp_path / "models")
    assert [str(p.combination) for p in bank] == ["k / v/1 / cpu-1t"]


def test_a_missing_or_empty_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no \.json file"):
        load(tmp_path)


def test_loading_needs_numpy_alone(tmp_path):
    path = store.save(predictor(FORMULAS["posynomial"]), tmp_path)
    code = (
        "import sys, perfpred as pp\n"
        f"print(pp.load({str(path)!r}).predict('k', m=5, mode='a').time_s > 0)\n"
        "print([m for m in ('torch', 'sklearn', 'pandas', 'scipy', 'joblib') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"]
