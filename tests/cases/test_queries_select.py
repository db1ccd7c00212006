"""Selecting: in range comes first, each variant takes its own parameters, sizes have an output."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.kernels import KERNELS
from perfpred.predict import machine
from perfpred.predict.bank import Bank
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import LinearModel, PosynomialNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.predict.ranges import FARTHEST

CASES = Path(__file__).parents[1] / "data" / "cases"


def predictor(variant, slope, ranges, hardware="cpu", kernel="mine", noise=0.02, categories=None):
    """Time is `slope` times the first parameter; the interval is 10% either way."""
    first = next(iter(ranges))
    return Predictor(
        Combination(kernel, variant, hardware),
        Encoding((*ranges, *(categories or {})), categories or {}),
        LinearModel((first,), (slope,), 1e-12),
        {name: Range(*ends) for name, ends in ranges.items()},
        {},
        Interval(math.log(0.9), math.log(1.1)),
        Training("linear-c", 100, "00", noise, {}),
    )


SMALL, LARGE = {"n": (1.0, 100.0)}, {"n": (1.0, 1e6)}
BANK = Bank([predictor("slow", 1e-9, SMALL), predictor("fast", 2e-9, LARGE), predictor("third", 9e-9, LARGE)])


def test_a_choice_out_of_range_never_beats_one_in_range():
    found = BANK.select("mine", n=1000)
    assert [c.variant for c in found.ranking] == ["fast", "third", "slow"]
    assert found.best.variant == "fast"
    assert found.reason == (
        "fast on cpu is predicted 4.50x faster than third on cpu; "
        "passed over though predicted faster: slow on cpu: out of range, its time is a guess"
    )
    assert BANK.select("mine", n=50).best.variant == "slow"


def test_where_nothing_is_in_range_the_reason_says_so():
    found = BANK.select("mine", n=1e7)
    assert found.best.variant == "slow"
    assert found.reason.startswith("no choice is within its trained range: a guess; slow on cpu is predicted")


def test_a_tie_is_not_with_what_is_out_of_range():
    bank = Bank([predictor("a", 1.01e-9, SMALL), predictor("b", 1e-9, LARGE), predictor("c", 1.01e-9, LARGE)])
    assert [c.variant for c in bank.select("mine", n=1000).ties] == ["c"]
    assert [c.variant for c in bank.select("mine", n=10).ties] == ["a", "c"]


def test_a_default_stays_unless_something_in_range_is_clearly_faster():
    kept = BANK.select("mine", n=1000, default="fast")
    assert kept.best.variant == "fast"
    assert "passed over" in kept.reason
    left = BANK.select("mine", n=1000, default="third")
    assert left.best.variant == "fast"
    assert left.reason.startswith("fast on cpu is predicted 4.50x faster than third on cpu")
    guess = BANK.select("mine", n=1000, default="slow")
    assert guess.best.variant == "slow"
    assert guess.reason.startswith("slow on cpu is kept: ")
    assert guess.reason.endswith("the time of slow on cpu is a guess, out of its trained range")
    nothing = BANK.select("mine", n=1e7, default="third")
    assert nothing.best.variant == "third"
    assert "no choice is within its trained range" in nothing.reason


def test_a_default_on_two_machines_is_taken_where_it_is_in_range():
    bank = Bank([predictor("a", 1e-9, SMALL, "x"), predictor("a", 5e-9, LARGE, "y")])
    assert bank.select("mine", n=1000, default="a").best.hardware == "y"


def test_the_slow_variant_measured_on_small_sizes_is_not_taken(tmp_path, perfpred):
    csv = CASES / "csv-02-slow-variant-measured-small-only" / "sort.csv"
    model = (
        "--model",
        "linear-c",
        "--complexity",
        "work=n",
    )  # wrong for insertion: its large sizes look fast
    assert perfpred("train", csv, "--models", tmp_path / "m", *model).code == 0
    for default in ((), ("--default", "merge")):
        query = ("select", "sort", "--models", tmp_path / "m", "n=1000000", *default, "--json")
        found = perfpred(*query).json
        assert found["best"]["variant"] == "merge"
        assert [entry["variant"] for entry in found["ranking"]] == ["merge", "insertion"]
        assert found["reason"].startswith("merge on xeon is the only choice within its trained range")


OWN = Bank(
    [
        predictor("cpu", 1e-6, {"n": (1, 9), "threads": (1, 8)}),
        predictor("gpu", 2e-6, {"n": (1, 9), "block": (32, 256)}),
    ]
)


def test_each_variant_takes_the_parameters_it_knows():
    both = OWN.select("mine", n=5, threads=2, block=64)
    assert [c.variant for c in both.ranking] == ["cpu", "gpu"]
    assert both.left_out == ()
    one = OWN.select("mine", n=5, block=64)
    assert [c.variant for c in one.ranking] == ["gpu"]
    assert one.left_out[0].reason == "a value of threads is missing"
    assert one.reason == "gpu on cpu is the only choice; left out: cpu on cpu (a value of threads is missing)"


def test_an_error_only_where_no_variant_can_answer_or_knows_the_name():
    with pytest.raises(InputError, match=r"no variant of mine can answer: cpu on cpu .a value of threads is"):
        OWN.select("mine", n=5)
    with pytest.raises(UnknownNameError, match="unknown parameter of mine 'thread'; did you mean 'threads'"):
        OWN.select("mine", n=5, thread=2)
    with pytest.raises(UnknownNameError, match="unknown parameter of mine 'block'"):
        OWN.predict("mine", variant="cpu", n=5, threads=2, block=64)
    with pytest.raises(
        InputError, match=r"the default has no predicted time here: gpu on cpu .a value of bl"
    ):
        OWN.select("mine", n=5, threads=2, default="gpu")


def test_cpu_and_gpu_files_trained_together_can_be_asked(tmp_path, perfpred):
    folder = CASES / "csv-06-variants-with-own-parameters"
    files = (folder / "cpu.csv", folder / "gpu.csv")
    assert perfpred("train", *files, "--models", tmp_path / "m", "--model", "linear-c").code == 0
    ask = ("select", "k", "--models", tmp_path / "m", "--json", "n=100", "threads=4")
    assert [entry["variant"] for entry in perfpred(*ask).json["left_out"]] == ["gpu"]
    assert len(perfpred(*ask, "block=64").json["ranking"]) == 2
    refused = perfpred(*ask[:-1])
    assert refused.code == 2
    assert "cpu on xeon (a value of threads is missing)" in refused.err


def test_a_constant_need_not_be_repeated_and_another_value_is_out_of_range():
    bank = Bank([predictor("a", 1e-9, {"n": (1, 9), "batch": (16, 16)}, categories={"dtype": ("fp16",)})])
    assert bank.predict("mine", n=5).in_range
    assert bank.predict("mine", n=5, batch=16, dtype="fp16") == bank.predict("mine", n=5)
    assert not bank.predict("mine", n=5, batch=32).in_range
    assert bank.select("mine", n=5).best.in_range
    assert bank.predict_table("mine", {"n": [5, 6]}).tolist() == pytest.approx([5e-9, 6e-9])
    with pytest.raises(InputError, match="a value of n is missing"):
        bank.predict("mine", batch=16)


def test_a_category_value_never_seen_leaves_a_variant_out_or_is_refused():
    seen = {"dtype": ("fp16", "fp32")}
    bank = Bank([predictor("a", 1e-9, SMALL, categories=seen), predictor("b", 2e-9, SMALL)])
    found = bank.select("mine", n=5, dtype="fp64")
    assert [c.variant for c in found.ranking] == ["b"]
    assert "did you mean 'fp16'?" in found.left_out[0].reason
    with pytest.raises(InputError, match="mine: unknown value of dtype 'FP32'; did you mean 'fp32'"):
        Bank([predictor("a", 1e-9, SMALL, categories=seen)]).select("mine", n=5, dtype="FP32")
    with pytest.raises(InputError, match="unknown value of dtype 'TRUE'; did you mean 'True'"):
        levels = {"dtype": ("False", "True")}
        Bank([predictor("a", 1e-9, SMALL, categories=levels)]).select("mine", n=5, dtype="TRUE")


def test_text_that_is_a_number_serves_numbers_and_categories():
    bank = Bank([predictor("a", 1e-9, SMALL, categories={"tile": ("16", "auto")})])
    assert bank.select("mine", n="5", tile="16").best.time_s == pytest.approx(5e-9)


@pytest.mark.parametrize(
    ("kernel", "sizes", "message"),
    [
        (
            "conv2d_nchw",
            {"h": 1, "w": 1, "c_in": 1, "c_out": 1},
            "h must be >= 3 for a 3x3 filter, but got 1",
        ),
        (
            "conv2d_nchw",
            {"h": 9, "w": 2, "c_in": 1, "c_out": 1},
            "w must be >= 3 for a 3x3 filter, but got 2",
        ),
        ("conv2d", {"h": 9, "w": 4, "f": 5}, "w must be >= f=5 for the filter to fit, but got 4"),
        ("maxpool", {"h": 3, "w": 9, "r": 4}, "h must be >= r=4 for a window to fit, but got 3"),
        ("matmul", {"m": 0, "n": 9, "k": 9}, "m must be >= 1, but got 0"),
        ("matvec", {"m": 9, "n": -3}, "n must be >= 1, but got -3"),
        ("softmax", {"m": 9, "n": 0.5}, "n must be >= 1, but got 0.5"),
    ],
)
def test_sizes_without_output_are_refused_in_the_users_words(kernel, sizes, message):
    ranges = dict.fromkeys(KERNELS[kernel].parameter_names, (10.0, 100.0))
    bank = Bank([predictor("a", 1e-9, ranges, kernel=kernel)])
    for ask in (bank.predict, bank.select):
        with pytest.raises(InputError, match=message):
            ask(kernel, sizes)
    rows = {name: [50, value] for name, value in sizes.items()}
    with pytest.raises(InputError, match=f"{message}.* in row 2"):
        bank.predict_table(kernel, rows)


def test_the_rules_of_a_kernel_are_for_models_with_its_own_parameters():
    padded = predictor("a", 1e-9, {"h": (1, 9), "w": (1, 9), "f": (3, 5)}, kernel="conv2d")
    assert Bank([padded]).predict("conv2d", h=1, w=1, f=3).in_range
    other = predictor("a", 1e-9, {"M": (0, 9)}, kernel="matmul")
    assert Bank([other]).predict("matmul", M=0).in_range


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_an_output_at_its_lowest_sizes(kernel):
    known = KERNELS[kernel]
    lowest = {each.name: each.low for each in known.parameters}
    assert all(rule.holds(lowest) for rule in known.domain)
    assert {rule.parameter for rule in known.domain} == set(known.parameter_names)
    assert min(known.result(lowest)) >= 1


def test_models_of_another_machine_are_said_once(tmp_path, perfpred, monkeypatch):
    monkeypatch.setattr(machine, "this_cpu", lambda: "acme-9-9")
    for hardware, here in (("acme-9-9-avx2-1t", True), ("other-1-1-avx2-1t", False), ("h", None)):
        folder = tmp_path / hardware
        Bank([predictor("a", 1e-9, SMALL, hardware), predictor("b", 2e-9, SMALL, hardware)]).save(folder)
        for ask in (("select", "mine"), ("predict", "mine", "--variant", "a")):
            found = perfpred(*ask, "--models", folder, "n=5", "--json")
            assert found.json["this_machine"] is here
            assert found.err.count("is of this machine") == (here is False)
            named = perfpred(*ask, "--models", folder, "n=5", "--hardware", hardware)
            assert named.err == ""


def test_a_bank_of_many_models_answers_in_few_words():
    bank = Bank([predictor(f"v{i}", 1e-9, SMALL) for i in range(500)])
    with pytest.raises(InputError, match="say which variant and hardware") as caught:
        bank.predict("mine", n=5)
    assert len(str(caught.value)) < 1000
    assert len(bank.select("mine", n=1000).reason) < 1000


def test_the_smallest_numbers_are_far_out_and_no_traceback():
    seen = Range(8.0, 100.0)
    assert seen.beyond(5e-324) == seen.beyond(math.inf) == FARTHEST
    assert seen.beyond(2.0) == pytest.approx(2.0)
    assert Range(5e-324, 5e-324).beyond(1e308) == FARTHEST
    assert not BANK.predict("mine", variant="slow", n=5e-324).in_range


def test_an_expression_that_the_user_did_not_write_is_explained():
    net = PosynomialNet(("1", "n - m"), [-14.0, -20.0], (), np.zeros((0, 0)), [], [], [], 0.0, 0.0)
    ranges = {"m": (1, 9), "n": (1, 9)}
    made = replace(predictor("a", 1e-9, ranges), formula=net)
    with pytest.raises(InputError, match=r"'n - m' must be > 0.*; the expression is one that training made"):
        Bank([made]).predict("mine", n=1, m=2)
    seen = {"work": Range(1, 8)}
    mine = replace(made.training, complexity={"work": "n - m"})
    own = replace(made, training=mine, complexity_ranges=seen)
    with pytest.raises(InputError, match=r"'n - m' must be > 0, but it is -1 \(n=1, m=2\)$"):
        Bank([own]).predict("mine", n=1, m=2)
    known = replace(made.training, complexity={"work": KERNELS["matvec"].complexity["tiles"]})
    key = Combination("matvec", "a", "cpu")
    line = LinearModel(("m",), (1e-9,), 1e-12)
    builtin = replace(made, combination=key, formula=line, training=known, complexity_ranges=seen)
    with pytest.raises(InputError, match="built-in complexity 'tiles' of kernel matvec"):
        Bank([builtin]).predict("matvec", n=1e200, m=1e200)
