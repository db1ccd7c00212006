"""Model files that cannot be trusted: each is refused by name, with the reason, and without a traceback."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.combination import Combination
from perfpred.documents.texts import MAX_TEXT
from perfpred.errors import InputError, ModelFileError
from perfpred.learn.training import train
from perfpred.predict import document, store
from perfpred.predict.bank import load
from perfpred.predict.design import Input
from perfpred.predict.encoding import Encoding
from perfpred.predict.familiar import Familiar
from perfpred.predict.forest import BoostedTrees
from perfpred.predict.gaussian_process import GaussianProcess
from perfpred.predict.linear import LinearModel
from perfpred.predict.nets import PosynomialNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.profile import Profile

CASES = Path(__file__).parents[1] / "data" / "cases"
INPUTS = (Input("n", 50.0, 20.0, 1.0, 100.0),)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("files-08-model-traceback/int400", "must be a double, but is an integer beyond any"),
        ("files-08-model-traceback/int5000", "not a whole JSON document .*integer"),
        ("files-08-model-traceback/ragged", "hidden_weights.shape"),
        ("files-08-model-traceback/surrogate", r"variant must hold no control character '\\ud800'"),
        ("files-09-model-nonsense/cinf", r"\|output_weights\| <= 1e\+30"),
        ("files-09-model-nonsense/zero", r"\|log_coefficients\| <= 700"),
    ],
)
def test_cases(case, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        load(CASES / f"{case}.json")
    assert str(CASES) in str(caught.value)


FORMULAS = {
    "linear": LinearModel(("1", "n"), np.array([1e-6, 1e-9]), 1e-9),
    "net": PosynomialNet(
        ("1", "n"),
        np.array([-14.0, -20.0]),
        INPUTS,
        np.ones((2, 1)),
        *np.ones((2, 2)),
        np.zeros(1),
        -1.0,
        1.0,
    ),
    "process": GaussianProcess(
        ("1",), np.array([-14.0]), INPUTS, np.ones(1), np.ones((3, 1)), np.array([0.1, 0.2, 0.3])
    ),
    "trees": BoostedTrees(
        ("n",),
        np.array([0]),
        np.array([0, 0, 0]),
        np.array([5.0, 0.0, 0.0]),
        np.array([1, 1, 2]),
        np.array([2, 1, 2]),
        np.array([0.0, -1.0, 1.0]),
        -9.0,
    ),
}


def forged(formula, change):
    """The text of a model that somebody changed who knows the hash."""
    predictor = Predictor(
        Combination("k", "v", "h"),
        Encoding(("n",), {}),
        FORMULAS[formula],
        {"n": Range(1.0, 100.0)},
        {},
        Interval(-0.1, 0.2),
        Training("linear-c", 10, "ab", 0.01, {}),
    )
    content = json.loads(store.dumps(predictor))
    change(content["predictor"])
    content["sha256"] = document.digest(content["predictor"])
    return json.dumps(content)


def put(path, value):
    """A change of what stands at a path such as ``formula.weights.0``."""

    def change(body):
        *folders, last = [int(each) if each.isdigit() else each for each in path.split(".")]
        for each in folders:
            body = body[each]
        body[last] = value

    return change


@pytest.mark.parametrize(
    ("formula", "path", "value"),
    [
        ("linear", "formula.coefficients", [[1.0], [1.0, 2.0]]),
        ("linear", "formula.coefficients.0", 10**400),
        ("linear", "formula.coefficients.0", 1e300),
        ("linear", "formula.coefficients", {}),
        ("linear", "formula.floor", 1e-300),
        ("linear", "formula.floor", 10**400),
        ("linear", "formula.terms.0", "n\nn"),
        ("linear", "formula.terms.0", "n" * 5000),
        ("linear", "formula.type", {"a": "\x1b[2J"}),
        ("linear", "ranges.n.low", -(10**400)),
        ("linear", "ranges", {"\x07": {"type": "Range", "low": 1.0, "high": 2.0}}),
        ("linear", "encoding.parameters.0", "\ud800"),
        ("linear", "encoding.parameters.0", ""),
        ("linear", "combination.kernel", "k\u202e"),
        ("linear", "combination.kernel", "k\x00"),
        ("linear", "combination.hardware", "h" * (MAX_TEXT + 1)),
        ("net", "formula.hidden_biases", [1.0, [2.0]]),
        ("net", "formula.hidden_biases", [[]]),
        ("net", "formula.output_weights.0", 1e308),
        ("net", "formula.hidden_weights.0.0", 1e40),
        ("net", "formula.log_coefficients.0", -800.0),
        ("net", "formula.high", 1e5),
        ("net", "formula.inputs.0.scale", 1e-300),
        ("net", "formula.inputs.0.mean", 1e200),
        ("process", "formula.length_scales.0", 1e-300),
        ("process", "formula.length_scales", []),
        ("process", "formula.weights", [[0.1], 2]),
        ("process", "formula.centres.0.0", 1e200),
        ("trees", "formula.value.1", -800.0),
        ("trees", "formula.offset", -600.0),
        ("trees", "formula.offset", 1e4),
        ("trees", "formula.feature", [0, [0], 0]),
        ("trees", "formula.roots", [10**30]),
        ("linear", "training.rows", 0),
        ("linear", "training.rows", 10**400),
        ("linear", "training.noise", -0.1),
        ("linear", "interval.log_low", 0.1),
        ("linear", "interval.log_high", 800.0),
    ],
    ids=range(38),
)
def test_numbers_and_names_of_no_use_are_refused(tmp_path, formula, path, value):
    file = tmp_path / "model.json"
    file.write_text(forged(formula, lambda _: None))
    load(file)
    file.write_text(forged(formula, put(path, value)))
    with pytest.raises(ModelFileError) as caught:
        load(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ") and len(message) < 1000
    assert message.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "not a whole JSON document"),
        ('{"format": "perfpred-model", "format": "perfpred-model"}', "a key stands twice"),
        ('{"format": NaN}', "a number in it is NaN"),
        ('{"format": 1' + "0" * 5000 + "}", "not a whole JSON document"),
        ('{"format": "perfpred-model", "version": "' + "9" * 3000 + '"}', "format version must be"),
        ('{"format": "perfpred-model", "version": true}', "format version must be .*, but is True"),
        ("\ufeff{}", "not a whole JSON document"),
    ],
    ids=range(7),
)
def test_texts_that_are_no_model(tmp_path, text, message):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ModelFileError, match=message) as caught:
        load(tmp_path)
    assert len(str(caught.value)) < 600


def test_a_name_that_could_not_be_read_back_is_not_written():
    with pytest.raises(InputError, match="must hold no control character"):
        store.dumps(
            Predictor(
                Combination("k", "v\x1b", "h"),
                Encoding(("n",), {}),
                FORMULAS["linear"],
                {"n": Range(1.0, 100.0)},
                {},
                Interval(-0.1, 0.2),
                Training("linear-c", 10, "ab", 0.01, {}),
            )
        )


def test_long_names_and_many_alike_get_names_for_expressions_at_once():
    begun = time.monotonic()
    levels = tuple(f"{'層' * 20}{'号' * number}" for number in range(1, 3001))
    long = tuple("x y" * 1000 + str(number) for number in range(50))
    labels = Encoding(("size", "a b", "z" * 2001, *long), {"a b": levels}).labels
    assert len(labels) == 1 + 3000 + 1 + 50
    assert max(map(len, labels)) <= 200
    assert [*labels.values()][:2] == ["size", f"a b={levels[0]}"]
    assert time.monotonic() - begun < 60


def test_a_parameter_is_not_called_like_a_level():
    with pytest.raises(InputError, match="no parameter is called like a level"):
        Encoding(("mode", "mode=a"), {"mode": ("a", "b")})


def test_an_input_may_have_no_ends():
    most = np.finfo(np.float64).max
    assert Input("n", 50.0, 20.0, -most, most)({"n": np.array([70.0])}) == [1.0]
    with pytest.raises(InputError, match=r"\|low\|, \|high\| and \|mean\| <= 1e\+100"):
        Input("n", 50.0, 20.0, -most / 2, most)


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("variant", "v\t1", r"a variant must hold no control character '\\t', as 'v\\t1' does: rename it"),
        ("mode", "a\u202eb", r"a value of mode must hold no control character '\\u202e'"),
        ("m\x07", "1", r"a column's name must hold no control character '\\x07'"),
    ],
)
def test_names_that_no_model_can_hold_are_said_before_training(tmp_path, column, text, message):
    rows = {"kernel": "k", "variant": "v", "hardware": "h", "mode": "a", "n": range(1, 31), column: text}
    table = pd.DataFrame({**rows, "time_s": 1e-6})
    parameters = tuple(name for name in rows if name not in ("kernel", "variant", "hardware"))
    with pytest.raises(InputError, match=message):
        train(Profile(table, parameters), model="linear-c", n_jobs=1)


def a_predictor(**changed):
    formula = LinearModel(("n",), np.array([1e-6]), 1e-9)
    training = Training("linear-c", 10, "", None, {})
    fields = {"ranges": {"n": Range(1.0, 10.0)}, "complexity_ranges": {}, "interval": Interval(-0.1, 0.1)}
    fields |= {"encoding": Encoding(("n",)), "formula": formula, "training": training} | changed
    return Predictor(Combination("k", "v", "h"), **fields)


@pytest.mark.parametrize("axis", ["1/(n - 5)", "(n - 5)/(n - 5)", "log2(5 - n)"])
def test_an_axis_without_a_value_is_far_from_all_rows(axis):
    found = a_predictor(familiar=Familiar({}, (axis,), np.zeros((1, 1)), 1e3)).predict({"n": 5.0})
    assert not found.in_range
    assert found.low_s < 1e-3 * found.time_s


def test_an_interval_without_finite_ends_is_no_answer():
    predictor = a_predictor(interval=Interval(-50.0, 50.0))
    with pytest.raises(InputError, match="no finite interval > 0 holds the time"):
        predictor.predict({"n": 1e300})
    with pytest.raises(InputError, match=r"no finite interval > 0 holds the time .* in row 2"):
        predictor.answers({"n": [5.0, 1e300]})


def test_trees_too_deep_to_walk_are_refused():
    nodes = np.arange(20_000)
    children = np.minimum(nodes + 1, nodes[-1])
    zeros = np.zeros(len(nodes))
    with pytest.raises(InputError, match="depth <= 10,000 must hold"):
        BoostedTrees(("n",), nodes[:1], 0 * nodes, zeros, children, children, zeros, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"terms": ("n",) * 2001, "coefficients": np.ones(2001)}, r"len\(terms\) <= 2,000"),
        ({"terms": ("n",) * 2000, "coefficients": np.full(2000, 1e-9)}, None),
    ],
)
def test_formulas_of_countless_terms_are_refused(change, message):
    if message is None:
        assert LinearModel(floor=1e-9, **change).n_parameters == 2000
        return
    with pytest.raises(InputError, match=message):
        LinearModel(floor=1e-9, **change)


def test_nets_too_wide_to_compile_are_refused():
    zeros = np.zeros(501)
    with pytest.raises(InputError, match="at most 500 hidden units must hold, but got 501"):
        PosynomialNet(("n",), [0.0], INPUTS, zeros[:, None], zeros, zeros, np.zeros(1), -1.0, 1.0)


def test_a_category_of_many_levels_answers_at_once():
    levels = tuple(f"x{index}" for index in range(20_000))
    encoding = Encoding(("n", "mode"), {"mode": levels})
    predictor = a_predictor(encoding=encoding)
    assert predictor.predict({"n": 5.0, "mode": "x19999"}) == predictor.predict({"n": 5.0, "mode": "x0"})
