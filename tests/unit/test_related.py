"""Models that know the kernel's other combinations: better with few rows, the same once stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import perfpred as pp
from perfpred.errors import InputError
from perfpred.learn.estimators.augmented import AugmentedRegressor
from perfpred.learn.estimators.related import KNOWN, RelatedRegressor, most_alike
from perfpred.learn.registry import model
from perfpred.learn.rows.encoded import Rows
from perfpred.learn.source_models import learners

RNG = np.random.default_rng(0)


def steps(m, n):
    """A factor that a few rows do not show: odd for remainders, and a cache that is too small."""
    return 1 + 0.4 * (n % 8 != 0) + 0.5 / (1 + np.exp(-(np.log2(m * n) - 15)))


def measured(variant, rate, count, seed):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(8, 1000, (2, count))
    time_s = (1e-6 + m * n / rate) * steps(m, n) * np.exp(0.005 * rng.standard_normal(count))
    names = {"kernel": "steps", "variant": variant, "hardware": "cpu-1t"}
    return pd.DataFrame({**names, "m": m, "n": n, "time_s": time_s, "noise": 0.005})


def write(path, *frames):
    pd.concat(frames, ignore_index=True).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("related")


@pytest.fixture(scope="module")
def known(folder):
    """Models of two other variants, one of which is no net."""
    nets = pp.read_profile(write(folder / "a.csv", measured("a", 3e9, 250, 1)))
    lines = pp.read_profile(write(folder / "b.csv", measured("b", 2e9, 250, 2)))
    work = {"work": "m*n"}
    banks = [pp.train(nets, complexity=work), pp.train(lines, complexity=work, model="linear-c")]
    return pp.Bank([predictor for bank in banks for predictor in bank])


@pytest.fixture(scope="module")
def few(folder):
    return write(folder / "few.csv", measured("c", 1e9, 40, 3))


@pytest.fixture(scope="module")
def bank(few, known):
    return pp.train(pp.read_profile(few), complexity={"work": "m*n"}, transfer_from=known)


def test_few_rows_are_enough_where_source_models_are_known(few, known, bank):
    alone = pp.train(pp.read_profile(few), complexity={"work": "m*n"})
    test = measured("c", 1e9, 300, 4)
    error = {}
    for name, each in (("alone", alone), ("related", bank)):
        [predictor] = each
        error[name] = np.abs(predictor.seconds(test) / test["time_s"] - 1).mean()
    assert error["related"] < 0.6 * error["alone"]
    [predictor] = bank
    assert predictor.training.model == "related"
    assert [each.combination for each in predictor.formula.relatives] == ["steps / a / cpu-1t"]
    assert len(predictor.formula.nets) == len(KNOWN)
    assert len(predictor.formula.process.weights) == 40


def test_stored_and_loaded_it_says_the_same(bank, tmp_path):
    bank.save(tmp_path)
    again = pp.load(tmp_path)
    for m, n in ((100, 64), (999, 3), (8, 8)):
        before, after = (each.predict("steps", m=m, n=n) for each in (bank, again))
        assert before == after
    [predictor] = bank
    table = pd.DataFrame({"m": [100.0, 999.0], "n": [64.0, 3.0]})
    own = predictor.formula.seconds({name: table[name].to_numpy() for name in table})
    np.testing.assert_allclose(again.predict_table("steps", table), own, rtol=1e-12)


def test_intervals_are_of_rows_left_out(bank):
    [predictor] = bank
    test = measured("c", 1e9, 400, 5)
    ratio = np.log(test["time_s"] / predictor.seconds(test))
    inside = (ratio >= predictor.interval.log_low) & (ratio <= predictor.interval.log_high)
    assert 0.75 < inside.mean() <= 1


def test_without_source_models_it_is_a_mean_of_nets(few):
    [predictor] = pp.train(pp.read_profile(few), complexity={"work": "m*n"}, model="related")
    assert predictor.formula.relatives == ()


def test_the_most_alike_come_first_and_useless_ones_not_at_all():
    m, n = RNG.integers(8, 1000, (2, 100)).astype(float)
    rows = Rows({"m": m, "n": n}, (1e-6 + m * n / 1e9) * steps(m, n))
    X = pd.DataFrame({"m": m, "n": n})
    smooth = AugmentedRegressor({"work": "m*n"}).fit(X, 1e-6 + m * n / 1e9).formula_
    stepped = AugmentedRegressor({"work": "m*n"}).fit(X, (1e-6 + m * n / 3e9) * steps(m, n)).formula_
    nowhere = AugmentedRegressor({"work": "m - 7"}).fit(X, 1e-6 + m / 3e9).formula_
    here = Rows({"m": m - 1, "n": n}, rows.time_s)  # 7 - 7: no value > 0
    here.columns["m"][0] = 7.0
    found = most_alike({"smooth": smooth, "stepped": stepped, "nowhere": nowhere}, here)
    assert [each.combination for each in found][-1] == "smooth"
    assert len(found) == 2
    taken = Rows({"relative0": m, "relative_": n}, rows.time_s)
    named = most_alike(
        {"a": AugmentedRegressor().fit(pd.DataFrame(dict(taken.columns)), rows.time_s).formula_}, taken
    )
    assert named[0].column == "relative__0"


def test_a_process_is_left_out_on_request_or_for_many_rows(monkeypatch):
    sizes = RNG.integers(1, 500, (30, 2))
    time_s = 1e-6 + 1e-9 * sizes.prod(axis=1)
    alone = RelatedRegressor({"work": "x0*x1"}, known=(0, 0), process=False).fit(sizes, time_s).formula_
    assert alone.process is None
    assert len(alone.nets) == 2
    monkeypatch.setattr("perfpred.learn.estimators.related.MAX_ROWS", 29)
    many = RelatedRegressor({"work": "x0*x1"}, known=(0,)).fit(sizes, time_s).formula_
    assert many.process is None
    with pytest.raises(InputError, match="at least one net"):
        RelatedRegressor(known=()).fit(sizes, time_s)
    with pytest.raises(InputError, match="share is a process's"):
        replace(alone, share=0.5)


def test_source_models_survive_cloning():
    from sklearn.base import clone

    sizes = RNG.integers(1, 500, (30, 2))
    there = AugmentedRegressor({"work": "x0*x1"}).fit(sizes, 1e-9 * sizes.prod(axis=1)).formula_
    model = RelatedRegressor({"work": "x0*x1"}, source_models={"there": there})
    first, second = (
        each.fit(sizes, 2e-9 * sizes.prod(axis=1)).predict(sizes) for each in (model, clone(model))
    )
    np.testing.assert_array_equal(first, second)


def test_commands(few, known, bank, tmp_path, perfpred):
    known.save(tmp_path / "known")
    work = ("--complexity", "work=m*n")
    outcome = perfpred(
        "train", few, "--models", tmp_path / "m", "--transfer-from", tmp_path / "known", *work, "--json"
    )
    assert outcome.code == 0, outcome.err
    assert outcome.json[0]["model"] == "related"
    found = perfpred("predict", "steps", "--models", tmp_path / "m", "m=100", "n=64", "--json").json
    assert found["time_s"] == pytest.approx(bank.predict("steps", m=100, n=64).time_s)
    arguments = (
        "evaluate",
        few,
        "--transfer-from",
        tmp_path / "known",
        "--train-size",
        30,
        "--repeats",
        1,
        *work,
    )
    judged = perfpred(*arguments, "--json").json
    assert [each["model"] for each in judged] == ["augmented", "related"]
    assert judged[1]["mape"] < judged[0]["mape"]


def test_the_earlier_name_of_the_option_is_understood(few, known, tmp_path, perfpred):
    known.save(tmp_path / "known")
    arguments = ("train", few, "--models", tmp_path / "m", "--complexity", "work=m*n")
    outcome = perfpred(*arguments, "--like", tmp_path / "known", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json[0]["model"] == "related"
    assert "--like is now called --transfer-from" in outcome.err
    both = perfpred(*arguments, "--like", tmp_path / "known", "--transfer-from", tmp_path / "known")
    assert both.code == 2
    assert "--like is an earlier name of --transfer-from: give one of them" in both.err


def test_the_earlier_name_of_the_argument_is_understood(few, known):
    profile = pp.read_profile(few)
    with pytest.raises(InputError, match="like is an earlier name of transfer_from: give one of them"):
        pp.train(profile, transfer_from=known, like=known)
    with pytest.raises(InputError, match="linear-c learns nothing from other models; related does"):
        pp.train(profile, model="linear-c", like=known)


def test_a_model_says_what_it_learns_from(known):
    assert [each.name for each in learners()] == ["related"]
    nets = {str(each.combination): each.formula for each in known}
    assert model("related").make(source_models=nets).source_models == nets
    with pytest.raises(InputError, match="model gp-c learns nothing from other models"):
        model("gp-c").make(source_models=nets)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "FEW", "--models", "M", "--transfer-from", "nowhere"], "no models at nowhere"),
        (
            ["train", "FEW", "--models", "M", "--transfer-from", "KNOWN", "--model", "nn"],
            "nn learns nothing from other",
        ),
        (
            ["evaluate", "FEW", "--train-size", "30", "--transfer-from", "KNOWN", "--model", "nn"],
            "nn learns nothing from",
        ),
        (
            ["train", "OTHER", "--models", "M", "--transfer-from", "KNOWN"],
            "none of 2 models to learn from is an augmented",
        ),
        (["train", "A", "--models", "M", "--transfer-from", "KNOWN"], "of another variant or hardware"),
    ],
)
def test_wrong_requests(arguments, message, few, known, folder, tmp_path, perfpred):
    known.save(tmp_path / "known")
    other = write(tmp_path / "other.csv", measured("c", 1e9, 40, 3).rename(columns={"m": "p"}))
    places = {
        "FEW": few,
        "KNOWN": tmp_path / "known",
        "M": tmp_path / "m",
        "OTHER": other,
        "A": folder / "a.csv",
    }
    outcome = perfpred(*[places.get(each, each) for each in arguments])
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
    assert not (tmp_path / "m").exists()
