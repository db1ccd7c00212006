"""What choices cost: predictors beside the best single variant and the choice of today."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.learn.evaluation.regret import regret_of_choices, regret_summary
from perfpred.learn.training import train
from perfpred.profile import Profile, read_profile

DATASETS = Path(__file__).parents[2] / "datasets"


def profile_of(rows, parameters, groups=None):
    table = pd.DataFrame(rows)
    for name, value in (("kernel", "mine"), ("hardware", "cpu")):
        if name not in table:
            table[name] = value
    if groups is None:
        return Profile(table, parameters)
    return Profile(table, parameters, groups=groups, group_column="matrix")


def crossing(n_sizes=60, **further):
    """Variant a costs ``n``, b costs ``50 + n/2``: they cross at n = 100."""
    sizes = np.linspace(1, 300, n_sizes).round(3)
    rows = []
    for n in sizes:
        rows.append({"variant": "a", "n": n, "time_s": n * 1e-6, **{k: v(n) for k, v in further.items()}})
        rows.append(
            {"variant": "b", "n": n, "time_s": (50 + n / 2) * 1e-6, **{k: v(n) for k, v in further.items()}}
        )
    return rows


def linear(rows):
    return train(rows, model="linear-c", complexity={"work": "n"}, n_jobs=1)


def test_predictors_lose_nothing_where_a_single_variant_does():
    profile = profile_of(crossing(), ("n",))
    regret = regret_of_choices(profile, linear, train_size=30, repeats=2)
    assert set(regret["kernel"]) == {"mine"}
    assert regret["repeat"].value_counts().tolist() == [30, 30]
    assert (regret["ratio"] >= 1).all()
    assert regret["ratio"].mean() < 1.01
    summary = regret_summary(regret).set_index("policy")
    assert list(summary.index) == ["predicted", "best single"]
    assert summary.loc["best single", "mean"] > 1.1
    assert summary.loc["predicted", "within_2_percent"] > 0.9
    sizes = np.linspace(1, 300, 60).round(3)
    first = regret.iloc[0]
    assert first["best_s"] == pytest.approx(min(sizes[first["size"]], 50 + sizes[first["size"]] / 2) * 1e-6)


def test_the_choice_of_today_is_a_column_and_no_parameter():
    profile = profile_of(crossing(used=lambda n: "a" if n < 200 else "b"), ("n", "used"))
    regret = regret_of_choices(profile, linear, train_size=30, repeats=1, chosen="used")
    summary = regret_summary(regret).set_index("policy")
    assert summary.loc["predicted", "mean"] < summary.loc["current", "mean"]
    assert summary.loc["current", "n"] == 30
    with pytest.raises(UnknownNameError, match="unknown column of choices 'usd'"):
        regret_of_choices(profile, linear, train_size=30, chosen="usd")


def test_repeats_and_variants_measured_on_small_sizes_only_do_no_harm():
    rows = [row for row in crossing() for _ in range(2)]
    rows = [row for row in rows if row["variant"] == "a" or row["n"] < 150]
    rows += [{**row, "variant": "c", "time_s": 3 * row["time_s"]} for row in rows if row["variant"] == "a"]
    regret = regret_of_choices(profile_of(rows, ("n",)), linear, train_size=30, repeats=1)
    assert len(regret) == 30
    assert set(regret["single"]) == {"a"}
    assert set(regret["label"]) <= {"a", "b"}


def test_groups_are_not_on_both_sides():
    rows = crossing()
    groups = [f"matrix {int(row['n'] // 31)}" for row in rows]
    seen = []

    def make(part):
        seen.append(set(part.groups))
        return linear(part)

    regret = regret_of_choices(profile_of(rows, ("n",), groups), make, train_size=30, repeats=2)
    sizes = np.linspace(1, 300, 60).round(3)
    for repeat, trained in enumerate(seen):
        tested = regret[regret["repeat"] == repeat]["size"]
        assert trained.isdisjoint({f"matrix {int(sizes[size] // 31)}" for size in tested})


def test_hardware_is_chosen_where_each_has_one_variant():
    rows = [{**row, "hardware": row["variant"], "variant": "x"} for row in crossing()]
    regret = regret_of_choices(profile_of(rows, ("n",)), linear, train_size=30, repeats=1)
    assert set(regret["among"]) == {"hardware"}
    assert set(regret["best"]) == {"a", "b"}


@pytest.mark.parametrize("name", ["size", "label", "group", "key"])
def test_a_parameter_may_be_called_anything(name):
    rows = [{name if key == "n" else key: value for key, value in row.items()} for row in crossing()]

    def make(part):
        return train(part, model="linear-c", complexity={"work": name}, n_jobs=1)

    assert len(regret_of_choices(profile_of(rows, (name,)), make, train_size=30, repeats=1)) == 30


def test_nothing_to_choose_from_is_said():
    one = [row for row in crossing() if row["variant"] == "a"]
    with pytest.raises(InputError, match="nothing to choose from"):
        regret_of_choices(profile_of(one, ("n",)), linear, train_size=30)
    with pytest.raises(InputError, match=r"train_size must be in 1\.\.59 of the sizes that two alternatives"):
        regret_of_choices(profile_of(crossing(), ("n",)), linear, train_size=60)


def test_shipped_measurements():
    profile = read_profile(DATASETS / "matvec-intel-xeon-6-207.csv")
    small = profile.take(np.flatnonzero(profile.table["hardware"].str.contains("avx2")))
    regret = regret_of_choices(small, lambda rows: train(rows, model="linear-c", n_jobs=1), 100, 1)
    summary = regret_summary(regret)
    assert summary["policy"].tolist() == ["predicted", "best single"]
    assert summary["mean"].between(1, 1.2).all()
