"""Pieces of tuning: which columns are sizes, how far a size is, what is left out, what a model is told."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.learn.rows.encoded_columns import MAX_COLUMNS, require_few_columns
from perfpred.learn.rows.storable import require_storable
from perfpred.profile import Profile
from perfpred.search import Outcome
from perfpred.tuning.best import best_configuration, require_answerable
from perfpred.tuning.inputs import ConfigurationInputs
from perfpred.tuning.left_out import Regret, _left_out, distances, drawn, nearest_rows, regrets
from perfpred.tuning.recorded import RecordedSpace
from perfpred.tuning.replay import MAX_BUDGET, Trial, replay_all, require_few_values
from perfpred.tuning.sizes import Suspect, fixed_parts, label, suspects

KEYS = {"kernel": "conv", "variant": "tuned", "hardware": "gpu"}
KEY = Combination(*KEYS.values())


def profile(names, rows, time_s, status=None):
    """Return a profile of rows of parameters; `time_s` is a function of them."""
    table = pd.DataFrame(rows, columns=list(names)).assign(**KEYS)
    table["time_s"] = [time_s(*row) for row in rows]
    return Profile(table if status is None else table.assign(status=status), tuple(names))


BLOCKS = (16, 32, 64)
GEMM = profile(("n", "block"), list(product((256, 512, 1024, 2048), BLOCKS)), lambda n, block: n**2 / block)


def test_a_column_that_times_grow_with_is_a_size():
    [found] = suspects(GEMM)
    assert (found.name, found.is_named, found.is_all) == ("n", True, False)
    assert found.ratio == pytest.approx(64)
    assert "'n' looks like a problem size, not like a parameter to tune: times grow with it 64-fold" in (
        found.describe()
    )
    assert "--fixed n searches each of its values" in found.describe()


@pytest.mark.parametrize(
    ("names", "time_s", "suspected"),
    [
        (("block", "tile"), lambda a, b: 100 - a + b, []),
        (("volume", "tile"), lambda a, b: a**4 * (1 + b / 1e4), ["volume"]),
        (("n", "tile"), lambda a, b: 1.0 + b, []),
        (("n", "tile"), lambda a, b: 1.0 / a, []),
    ],
    ids=["tunables", "unnamed", "no-effect", "falling"],
)
def test_a_name_alone_makes_no_size(names, time_s, suspected):
    part = profile(names, list(product((16, 32, 64), (1, 2, 3))), time_s)
    assert [each.name for each in suspects(part)] == suspected


def test_sizes_may_be_several_and_all_there_is():
    all_sizes = profile(("m", "n"), list(product((64, 128), (64, 128, 256))), lambda m, n: m * n)
    [found] = suspects(all_sizes)
    assert found.is_all and found.name == "m,n"
    assert found.describe().startswith("nothing but sizes varies, as it seems (m,n), so that a search would")
    together = profile(
        ("m", "n", "tile"), [(s, s, t) for s in (64, 128, 256) for t in (1, 2)], lambda m, n, t: m * n / t
    )
    assert [each.name for each in suspects(together)] == ["m,n"]
    assert suspects(profile(("block",), [(1,), (2,)], lambda block: block)) == []


def test_categories_are_no_sizes():
    part = profile(
        ("layout", "tile"), list(product("ab", (1, 2))), lambda layout, tile: 50 if layout == "a" else 1
    )
    assert suspects(part) == [] and isinstance(suspects(GEMM)[0], Suspect)


def test_each_value_of_a_fixed_parameter_is_a_part():
    parts = list(fixed_parts(GEMM, ["n"]))
    assert [values for values, _ in parts] == [{"n": n} for n in (256, 512, 1024, 2048)]
    assert all(len(rows) == 3 for _, rows in parts) and type(parts[0][0]["n"]) is int
    [(values, rows)] = fixed_parts(GEMM, [])
    assert values == {} and rows is GEMM
    assert label({"m": 512, "layout": "a"}) == "m=512 layout=a" and label({}) == ""
    with pytest.raises(UnknownNameError, match="unknown parameter 'blok'; did you mean 'block'"):
        list(fixed_parts(GEMM, ["blok"]))
    with pytest.raises(InputError, match="there is nothing to search: no parameter varies beside n, block"):
        list(fixed_parts(GEMM, ["n", "block"]))


@pytest.mark.parametrize(
    ("column", "value", "far"),
    [
        ([512, 2048], 1024, [1, 1]),
        ([0, 4], 2, [0.5, 0.5]),
        ([0, 0], 3, [3, 3]),
        ([-4, 4], -4, [0, 1]),
        (["a", "b"], "b", [math.inf, 0]),
    ],
)
def test_distances_are_octaves_where_signs_allow(column, value, far):
    assert distances(pd.DataFrame({"n": column}), {"n": value}).tolist() == far


def test_the_nearest_size_is_that_of_its_rows():
    assert GEMM.X["n"].iloc[nearest_rows(GEMM, {"n": 600})].tolist() == [512] * 3


def test_sizes_left_out_lie_as_the_one_asked_for():
    def left_out(n):
        return [each["n"] for each in _left_out(GEMM, {"n": n})]

    assert left_out(700) == [512, 1024]  # it lies between, so do they
    assert left_out(9000) == [2048, 1024, 512, 256]
    few = GEMM.take(np.flatnonzero(GEMM.X["n"] <= 512))
    assert _left_out(few, {"n": 700}) == [] and regrets(KEY, few, {"n": 700}, n_jobs=1) == []


def test_regret_is_told_on_average_and_at_worst():
    found = Regret("nearest", ({"n": 1}, {"n": 2}), (0.0, 0.5))
    assert (found.mean, found.worst) == (0.25, 0.5)


def test_rows_are_drawn_only_where_there_are_too_many():
    assert drawn(GEMM, 12) is GEMM
    some = drawn(GEMM, 5)
    assert len(some) == 5 and some.X.equals(drawn(GEMM, 5).X)


def test_a_measured_size_is_answered_from_its_measurements():
    found = best_configuration(KEY, GEMM, {"n": 512}, top=2)
    assert found.best.parameters == {"block": 64} and found.regret is None
    assert found.best.low == found.best.expected == found.best.high
    assert found.best.reason == (
        "measured at n=512: the fastest of 3 configurations run there; no noise is recorded, so the interval "
        "has no width"
    )
    assert [each.parameters["block"] for each in found.alternatives] == [32]


def test_what_cannot_be_answered_is_said_before_any_model_is_fitted():
    failed = ["ok"] * 9 + ["timeout"] * 3
    part = profile(
        ("n", "block"),
        list(product((256, 512, 1024, 2048), BLOCKS)),
        lambda n, b: 1.0 * n if n < 2048 else None,
        failed,
    )
    with pytest.raises(
        InputError, match=r"conv / tuned / gpu: every configuration failed at the size nearest to n=4096"
    ):
        best_configuration(KEY, part, {"n": 4096})
    none = profile(("n", "block"), [(1, 2), (2, 3)], lambda n, b: None, ["timeout"] * 2)
    with pytest.raises(InputError, match="no row has a time"):
        best_configuration(KEY, none, {"n": 1})
    many = profile(("n", "name"), [(n, f"x{n}") for n in range(1, MAX_COLUMNS + 5)], lambda n, name: 1.0 * n)
    with pytest.raises(InputError, match=r"a model takes at most 300 columns, .* 304 of them of 'name'"):
        require_answerable(KEY, many, {"n": 5000})
    assert require_answerable(KEY, many, {"n": 3}) == ["name"]


def test_a_configuration_measured_often_counts_once_and_fails_only_if_all_runs_did():
    rows = [(1,), (1,), (2,), (2,), (3,)]
    times = iter([1.0, 3.0, None, 5.0, None])
    part = profile(("tile",), rows, lambda tile: next(times), ["ok", "ok", "timeout", "ok", "compile_error"])
    recorded = RecordedSpace.of(part)
    assert recorded.objective.outcomes[(1,)] == Outcome(2.0) and recorded.objective.outcomes[(2,)].value == 5
    assert recorded.objective.outcomes[(3,)].status == "compile_error" and recorded.worst_s == 5
    assert recorded.space.encode([(1,), (3,)]).shape == (2, len(recorded.inputs.expressions))


def test_a_warm_start_needs_parameters_in_common():
    here = RecordedSpace.of(GEMM)
    other = profile(("tile",), [(n,) for n in range(12)], lambda tile: 1.0 + tile)
    with pytest.raises(
        InputError, match="needs parameters in common, but n, block vary here, and there are tile"
    ):
        here.source_task(other)
    part = profile(("n",), [(n,) for n in range(1, 13)], lambda n: 1.0 * n)
    assert here.require_common(part) == ["n"]
    task = here.source_task(part)
    assert task.log_times(here.space.encode(here.space.sample(12, np.random.default_rng(0)))).shape == (12,)


def test_inputs_know_what_they_are_made_of():
    inputs = ConfigurationInputs({"n": np.array([1, 64]), "layout": np.array(["a", "b"]), "one": np.ones(2)})
    of_n = inputs.made_of(["n"])
    assert of_n.any() and not of_n.all() and inputs.made_of(["n", "layout", "one"]).all()
    assert inputs.of_configurations([(1, "a", 1.0), (2, "c", 1.0)]).shape == (2, len(inputs.expressions))
    assert ConfigurationInputs({"one": np.ones(3)}).of_columns({"one": np.ones(4)}).tolist() == [[0.0]] * 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strategies": ("modl",)}, "unknown strategy 'modl'; did you mean 'model'"),
        ({"budgets": ()}, r"budgets must be >= 1, but got \[\]"),
        ({"budgets": (5, 0)}, r"budgets must be >= 1, but got \[5, 0\]"),
        ({"budgets": (MAX_BUDGET + 1,)}, "budgets must be <= 1,000,000, but got 1000001"),
        ({"repeats": 0}, "repeats must be "),
    ],
)
def test_a_trial_names_what_is_wrong(wrong, message):
    with pytest.raises(InputError, match=message):
        Trial(**{"strategies": ("model",), "budgets": (5,), **wrong})


def test_each_fixed_size_is_searched_by_itself():
    trial = Trial(("random",), (2, 3), repeats=2, fixed=("n",))
    found = replay_all(GEMM, trial, n_jobs=1)
    assert len(found) == 4 * 2 * 2
    assert (found["ratio"] >= 1).all() and found.loc[found["budget"] == 3, "ratio"].tolist() == [1.0] * 8
    assert {each["n"] for each in found["fixed"]} == {256, 512, 1024, 2048}


def test_what_is_wrong_with_one_size_names_it():
    part = profile(("n", "block"), [(1, 8), (1, 16), (2, 8)], lambda n, block: 1.0 * block)
    with pytest.raises(InputError, match=r"^n=2: there is nothing to search: no parameter varies"):
        replay_all(part, Trial(("random",), (2,), repeats=1, fixed=("n",)), n_jobs=1)
    rows = [(1, f"x{index}") for index in range(MAX_COLUMNS + 1)] + [(2, "x0")]
    wide = profile(("n", "name"), rows, lambda n, name: 1.0)
    with pytest.raises(
        InputError, match=r"^n=1: a model takes at most 300 columns, .*, or search each of their"
    ):
        require_few_values(wide, ["n"])


def test_names_that_a_model_file_could_not_hold_are_refused_before_training():
    require_few_columns({"m": range(1000)})
    require_storable(KEY, GEMM)
    with pytest.raises(
        InputError, match=r"a variant must hold no control character .*: rename it in the CSV"
    ):
        require_storable(Combination("conv", "a\x1b", "gpu"), GEMM)
    bad = profile(("layout",), [("a",), ("b\u202e",)], lambda layout: 1.0)
    with pytest.raises(InputError, match="a value of layout must hold no control character"):
        require_storable(KEY, bad)
