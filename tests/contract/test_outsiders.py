"""Things that others bring pass their contract by one call; what breaks a rule is told which, and how."""

import json
import subprocess
import sys

import numpy as np
import pytest

from perfpred.exchange.document import read_document
from perfpred.exchange.formats import FORMATS, Format, recognise
from perfpred.exchange.results import Result, Results
from perfpred.kernels import Kernel, Parameter
from perfpred.learn.estimators.linear import LinearRegressor
from perfpred.learn.registry import Model
from perfpred.search.listed import ListedSpace
from perfpred.testing import (
    ContractError,
    check_format,
    check_kernel,
    check_model,
    check_space,
    check_strategy,
    check_variant,
)
from perfpred.testing.formats import FORMAT_RULES, FormatOf
from perfpred.testing.strategies import small_space
from perfpred.variants.base import Call, Variant

AXPY = Kernel(
    name="axpy",
    summary="y + 3 x",
    parameters=(Parameter("n", 1, 4096),),
    complexity={"work": "n"},
    operands=lambda sizes: ((sizes["n"],), (sizes["n"],)),
    result=lambda sizes: (sizes["n"],),
    reference=lambda sizes, x, y: y + 3 * x.astype(np.float64),
    reduction=lambda sizes: 2,
)


class Numpy(Variant):
    name, summary, kernels = "with-numpy", "NumPy", {"axpy": None}

    def bind(self, kernel, hardware, sizes, operands, result):
        def run(times):
            for _ in range(times):
                self.compute(*operands, result)

        return Call(run, lambda: result)

    def compute(self, x, y, result):
        result[:] = y + 3 * x

    def versions(self):
        return {"numpy": np.__version__}


class ForgetsTheLast(Numpy):
    def compute(self, x, y, result):
        result[:-1] = y[:-1] + 3 * x[:-1]


class WritesItsOperand(Numpy):
    def bind(self, kernel, hardware, sizes, operands, result):
        call = super().bind(kernel, hardware, sizes, operands, result)
        return Call(call.run, lambda: operands[0].fill(0) or call.result())


def test_a_kernel_and_its_variant():
    check_kernel(AXPY)
    check_variant(Numpy(), AXPY)


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        (ForgetsTheLast(), r"'with-numpy' of axpy breaks 1 of 3 rules:\n.*the result is wrong at n=1"),
        (WritesItsOperand(), r"operands that it leaves as they are: operand 1 was written to at n=1"),
    ],
)
def test_a_wrong_variant_is_told_which_rule_it_breaks(variant, message):
    with pytest.raises(ContractError, match=message):
        check_variant(variant, AXPY)


def test_a_kernel_that_takes_anything_for_right():
    class Lenient(Kernel):
        def agrees(self, sizes, result, operands):
            return True

    lenient = Lenient(**{name: getattr(AXPY, name) for name in AXPY.__dataclass_fields__})
    with pytest.raises(ContractError, match="a result with one wrong element is taken for right"):
        check_kernel(lenient)


class InOrder:
    """Proposes what is left, in a random order that is drawn once."""

    def __init__(self):
        self._left = None

    def propose(self, space, trace, n, rng):
        if self._left is None:
            everything = []
            while len(everything) < space_size(space):
                everything = list(dict.fromkeys([*everything, *space.sample(space_size(space), rng)]))
            self._left = [everything[index] for index in rng.permutation(len(everything))]
        self._left = [each for each in self._left if each not in trace]
        return self._left[:n]


def space_size(space):
    return len(space)


class OneSample(InOrder):
    """Takes a sample for the space."""

    def propose(self, space, trace, n, rng):
        if self._left is None:
            self._left = list(space.sample(space_size(space), rng))
        self._left = [each for each in self._left if each not in trace]
        return self._left[:n]


def test_a_strategy():
    check_strategy(InOrder)


def test_a_strategy_that_takes_a_sample_for_the_space():
    message = (
        r"the end of a sample is not the end of the space: of 1600 candidates, handed out 30 at a time, it"
    )
    with pytest.raises(ContractError, match=message):
        check_strategy(OneSample)


class NearItself(ListedSpace):
    def neighbours(self, candidate, rng):
        return [candidate]


class Forgetful(ListedSpace):
    def to_json(self, candidate):
        return {**super().to_json(candidate), "x": 0}


def test_spaces():
    check_space(small_space())
    rows, encode = [(x, y) for x in range(6) for y in range(5)], lambda rows: np.array(rows, dtype=float)
    check_space(ListedSpace(("x", "y"), rows, encode))
    with pytest.raises(ContractError, match=r"are legal, and others: \(.*\) is a neighbour of itself"):
        check_space(NearItself(("x", "y"), rows, encode))
    with pytest.raises(ContractError, match=r"survives JSON: \(.*\) comes back from JSON as \(0"):
        check_space(Forgetful(("x", "y"), rows, encode))
    with pytest.raises(ContractError, match="an encoding is not finite"):
        check_space(ListedSpace(("x", "y"), rows, lambda rows: np.full((len(rows), 2), np.nan)))


def model(estimator, most=None):
    def factory(complexity, features, random_state):
        return estimator(complexity, random_state=random_state)

    return Model("theirs", "a model of theirs", factory, uses_complexity=True, max_parameters=most)


class Unordered(LinearRegressor):
    def predict(self, X):
        return np.sort(super().predict(X))


def test_models():
    check_model(model(LinearRegressor))
    with pytest.raises(ContractError, match="what is stored is what predicts: formula_ predicts otherwise"):
        check_model(model(Unordered))
    with pytest.raises(ContractError, match=r"breaks 1 of 9 rules:\n.*registered with at most 2"):
        check_model(model(LinearRegressor, most=2))


LINES = Format(
    "their lines",
    lambda content: None if isinstance(content, dict) and "lines" in content else "'lines' is missing",
    lambda document: Results(
        "their lines",
        [Result(f"lines[{i}]", each[0], each[1]) for i, each in enumerate(document.content["lines"])],
    ),
    "ms",
)


def test_formats(tmp_path):
    example = tmp_path / "lines.json"
    example.write_text(json.dumps({"lines": [[{"n": 1}, 2.0], [{"n": 2}, 4.5]]}))
    check_format(LINES, example)
    greedy = Format("their lines", lambda content: None, LINES.read, "ms")
    with pytest.raises(ContractError, match=r"what is not of it, in a sentence: {} is not refused"):
        check_format(greedy, example)
    with pytest.raises(ContractError, match=r"its default unit is one of time: .*fortnight"):
        check_format(Format(LINES.name, LINES.refusal, LINES.read, "fortnight"), example)


@pytest.mark.parametrize("rule", FORMAT_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", ["convolution_milo-A6000.T4.json", "pnpoly-RTX_3090.kernel_tuner.json"])
def test_every_format(extracts, name, rule):
    document = read_document(extracts / name)
    rule(FormatOf(recognise(document), document))


def test_every_format_refuses_strangers():
    for each in FORMATS.values():
        FORMAT_RULES[1](FormatOf(each, None))


def test_contracts_need_no_test_framework():
    loaded = "import sys, perfpred.testing as t; [getattr(t, name) for name in t.__all__]"
    code = f"{loaded}; sys.exit(bool({{'pytest', 'torch'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
