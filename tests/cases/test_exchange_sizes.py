"""Sizes are no parameters to tune: a search holds them fixed, or says that it should."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.profile import Profile
from perfpred.tuning.sizes import fixed_parts, suspects

CASE = (
    Path(__file__).parents[1] / "data" / "cases" / "csv-10-search-takes-size-for-tunable" / "tune_sizes.csv"
)


def profile_of(names, rows, time):
    table = pd.DataFrame(rows, columns=names)
    table["time_s"] = [time(*row) for row in rows]
    return Profile(table.assign(kernel="k", variant="v", hardware="h"), tuple(names))


def grid(*columns):
    return [
        tuple(each) for each in np.stack(np.meshgrid(*columns, indexing="ij"), -1).reshape(-1, len(columns))
    ]


def work(size, block):
    return 1e-9 * size * (1 + 0.1 * abs(np.log2(block / 64)))


def test_the_case(perfpred):
    refused = perfpred("search", CASE, "--budget", "10,30", "--repeats", 5)
    assert refused.code == 2
    assert "'problem_n' looks like a problem size" in refused.err
    assert "--fixed problem_n" in refused.err
    arguments = ("--budget", "5,24", "--repeats", 1, "--strategy", "random", "--fixed", "problem_n")
    documents = perfpred("search", CASE, *arguments, "--json").json
    assert [each["fixed"]["problem_n"] for each in documents if each["budget"] == 24] == [
        1024,
        2048,
        4096,
        8192,
    ]
    optima = [each["optimum_s"] for each in documents if each["budget"] == 24]
    assert optima == sorted(optima)
    assert optima[0] == pytest.approx(1.0605e-3)
    assert all(each["ratio"] == 1 for each in documents if each["budget"] == 24)
    assert "problem_n=8192" in perfpred("search", CASE, *arguments).out
    everything = (*arguments[:-1], "none")
    assert "fixed" not in perfpred("search", CASE, *everything, "--json").json[0]


@pytest.mark.parametrize(
    ("fixed", "said"),
    [
        ("problem", "unknown parameter 'problem'; did you mean 'problem_n'?"),
        ("problem_n,block,unroll", "nothing to search: no parameter varies beside problem_n, block, unroll"),
    ],
)
def test_wrong_requests(perfpred, fixed, said):
    outcome = perfpred("search", CASE, "--fixed", fixed)
    assert (outcome.code, said in outcome.err) == (2, True)


@pytest.mark.parametrize("name", ["n", "N", "size", "problem_size_x", "elements", "n_rows", "input_size"])
def test_a_name_and_growth_are_enough(name):
    part = profile_of((name, "block"), grid([100, 200, 400], [16, 64, 256]), work)
    (found,) = suspects(part)
    assert (found.name, found.is_named) == (name, True)
    assert found.ratio == pytest.approx(4, rel=0.1)


def test_growth_alone_must_be_far_stronger_than_what_others_do():
    rows = grid([100, 1600], [16, 64, 256])
    (found,) = suspects(profile_of(("qubits", "block"), rows, work))
    assert (found.name, found.is_named) == ("qubits", False)
    assert suspects(profile_of(("qubits", "block"), grid([100, 300], [16, 64, 256]), work)) == []


def test_sizes_that_vary_together_are_found_together():
    rows = [(m, n, b) for m, n in ((64, 512), (128, 700), (300, 900)) for b in (16, 64, 256)]
    (found,) = suspects(profile_of(("m", "n", "block"), rows, lambda m, n, b: work(m * n, b)))
    assert found.name == "m,n"


@pytest.mark.parametrize(
    "part",
    [
        profile_of(("block", "unroll"), grid([16, 64, 256], [1, 2, 4]), lambda b, u: work(1e4, b) / u),
        profile_of(("n", "block"), grid([16, 64, 256], [1, 2, 4]), lambda n, b: work(1e4, n) / b),
        profile_of(("m",), [(1,), (2,), (3,)], lambda m: 1 / m),
        profile_of(("block",), [(1,), (2,), (3,)], lambda b: b),
        profile_of(("block",), [(1,), (1,)], lambda b: 1.0),
    ],
)
def test_a_tunable_is_none(part):
    assert suspects(part) == []


def test_sizes_of_nearly_equal_work_still_grow():
    sizes = ((64, 512), (128, 700), (300, 900), (512, 1200), (800, 800))
    rows = [(m, n, b) for m, n in sizes for b in (16, 32, 64, 128)]

    def time(m, n, block):
        return 1e-5 * m * n * (1 + 0.2 * abs(np.log2(block * 8 / n)))

    assert [each.name for each in suspects(profile_of(("m", "n", "block"), rows, time))] == ["m,n"]


def test_parts_have_their_values():
    part = profile_of(("n", "block"), grid([100, 200], [16, 64]), work)
    parts = list(fixed_parts(part, ["n"]))
    assert [values for values, _ in parts] == [{"n": 100}, {"n": 200}]
    assert all(len(rows) == 2 for _, rows in parts)
    assert [values for values, _ in fixed_parts(part, [])] == [{}]
