"""The best configuration for a size never run, and what is said of how it was chosen."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.profile import Profile
from perfpred.tuning import best as best_module
from perfpred.tuning import left_out
from perfpred.tuning.best import best_configuration
from perfpred.tuning.left_out import NEAREST, distances

CASE = (
    Path(__file__).parents[1] / "data" / "cases" / "csv-10-search-takes-size-for-tunable" / "tune_sizes.csv"
)
KEY = Combination("k", "v", "h")


def space(sizes=(512, 1024, 2048, 4096), failing=(), **columns):
    """Time grows with n, and the best block is n / 16."""
    rows = [(n, block, u) for n in sizes for block in (16, 32, 64, 128, 256) for u in (1, 2)]
    table = pd.DataFrame(rows, columns=["n", "block", "unroll"])
    off = np.log2(table["block"] * 16 / table["n"])
    table["time_s"] = 1e-9 * table["n"] ** 1.5 * (1 + 0.1 * off**2) * (1 + 0.2 * (table["unroll"] == 1))
    failed = [(n, block) in failing for n, block, _ in rows]
    table["status"] = np.where(failed, "runtime_error", "ok")
    table.loc[failed, "time_s"] = np.nan
    table = table.assign(kernel="k", variant="v", hardware="h", noise=0.01, **columns)
    return Profile(table, ("n", "block", "unroll", *columns))


@pytest.fixture
def few_ways(monkeypatch):
    monkeypatch.setattr(left_out, "POLICIES", ("augmented", NEAREST))


def test_a_size_that_was_measured_needs_no_model():
    found = best_configuration(KEY, space(), {"n": 1024}, top=3)
    assert found.best.parameters == {"block": 64, "unroll": 2}
    assert found.best.reason == "measured at n=1024: the fastest of 10 configurations run there"
    assert found.best.in_range
    assert found.best.low < found.best.expected < found.best.high
    assert (len(found.alternatives), found.regret) == (2, None)


def test_a_size_between_is_chosen_by_what_is_best_for_sizes_left_out(few_ways):
    found = best_configuration(KEY, space(), {"n": 1400}, n_jobs=1)
    assert found.best.parameters["unroll"] == 2
    assert found.best.parameters["block"] in (64, 128)
    assert found.best.expected == pytest.approx(1e-9 * 1400**1.5, rel=0.15)
    assert {each["n"] for each in found.regret.sizes} == {1024, 2048}
    assert found.regret.mean <= 0.1
    assert "2 measured sizes left out, such a choice took" in found.best.reason


def test_a_size_far_beyond_is_out_of_range(few_ways):
    found = best_configuration(KEY, space(), {"n": 100_000}, n_jobs=1)
    assert not found.best.in_range
    assert "outside the trained range" in found.best.reason


def test_few_sizes_cannot_be_judged(few_ways):
    found = best_configuration(KEY, space(sizes=(512, 1024)), {"n": 900}, n_jobs=1)
    assert found.regret is None
    assert "2 sizes were measured, too few to judge the choice" in found.best.reason
    assert found.best.parameters == {"block": 64, "unroll": 2}


def test_what_failed_nearby_is_not_chosen():
    part = space(failing={(1024, 64)})
    assert best_configuration(KEY, part, {"n": 1024}).best.parameters["block"] in (32, 128)
    candidates, dropped = best_module._candidates(part, {"n": 1100}, ["block", "unroll"])
    assert (len(candidates), dropped) == (8, 2)


def test_nearest_is_judged_too():
    loss = left_out._loss(KEY, space().ok, {"n": 1024}, NEAREST)
    assert loss == pytest.approx(0.1, abs=0.01)


def test_distances():
    sizes = pd.DataFrame({"n": [512, 2048], "layout": ["a", "b"]})
    assert distances(sizes, {"n": 1024}).tolist() == [1, 1]
    assert distances(sizes, {"n": 512, "layout": "a"}).tolist() == [0, np.inf]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"size": 3}, "unknown parameter 'size'"),
        ({"n": "large"}, "n must be a number, but is 'large'"),
        ({"n": float("inf")}, "n must be finite"),
        ({"n": 1e40}, "n must be at most"),
        ({"block": 64}, "'n' looks like a size, not a parameter to tune: give n=VALUE"),
        ({"n": 1, "block": 1, "unroll": 1}, "there is nothing to choose"),
        ({}, "give the size as NAME=VALUE"),
    ],
)
def test_wrong_queries(wanted, said):
    with pytest.raises(InputError, match=said):
        best_configuration(KEY, space(), wanted)


class TestCommand:
    def test_one_document(self, perfpred, few_ways):
        document = perfpred("best", CASE, "problem_n=2048", "--top", 2, "--json").json
        assert document["best"]["parameters"] == {"block": 64, "unroll": 4}
        assert document["best"]["expected"] == pytest.approx(4.2025e-3)
        assert {"parameters", "expected", "low", "high", "in_range", "reason"} <= document["best"].keys()
        assert (len(document["alternatives"]), document["fixed"]) == (1, {"problem_n": 2048})

    def test_a_table_and_a_sentence(self, perfpred, few_ways, monkeypatch):
        monkeypatch.setattr(best_module, "best_configuration", partial(best_configuration, n_jobs=1))
        outcome = perfpred("best", CASE, "problem_n=3000")
        assert outcome.code == 0, outcome.err
        assert "chosen of 24 configurations" in outcome.out
        assert "longer than the fastest on average" in outcome.out

    def test_several_variants_and_machines(self, perfpred, tmp_path):
        table = pd.read_csv(CASE)
        slow = table.assign(variant="other", time_ms=2 * table["time_ms"])
        both = pd.concat([table, slow])
        path = tmp_path / "both.csv"
        pd.concat([both, both.assign(hardware="[b]")]).to_csv(path, index=False)
        refused = perfpred("best", path, "problem_n=1024")
        assert refused.code == 2
        assert "holds several: choose one as --hardware gpu or [b]" in refused.err
        found = perfpred("best", path, "problem_n=1024", "--hardware", "[b]", "--json").json
        assert (found["hardware"], found["best"]["variant"]) == ("[b]", "tuned")
        found = perfpred(
            "best", path, "problem_n=1024", "--hardware", "gpu", "--variant", "other", "--json"
        ).json
        assert found["best"]["variant"] == "other"
        assert perfpred("best", path, "problem_n=1024", "--hardware", "g").code == 2
