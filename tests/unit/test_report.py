"""Reports: what is judged, what is advised, what is drawn, and that a page is one safe file."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn.training import train
from perfpred.profile.table import Profile
from perfpred.profile.time_units import seconds_text
from perfpred.report.advice import advice, worst_part
from perfpred.report.judged import Judged, judged_all
from perfpred.report.selection_map import maps_of, selection_map
from perfpred.report.tuning import importances, tuning_summary

pytest.importorskip("matplotlib")
HOSTILE = "</script><script>alert(1)</script>"


def table_of(variants=("p", "q"), n=60, seed=0):
    rng = np.random.default_rng(seed)
    m = np.unique(rng.integers(8, 2000, n)).astype(float)
    k = rng.integers(1, 9, len(m)).astype(float)
    parts = []
    for index, variant in enumerate(variants):
        time_s = 1e-8 * (m * k * (1 + 0.3 * index) + 3000 * (1 - index)) * np.exp(rng.normal(0, 0.01, len(m)))
        parts.append(
            pd.DataFrame({"kernel": "g", "variant": variant, "hardware": "h", "m": m, "k": k}).assign(
                time_s=time_s
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def bank():
    return train(
        Profile(table_of(), ("m", "k")), model="linear-c", complexity={"work": "m*k"}, random_state=0
    )


def judged(errors=0.01, n=40, low=0.9, high=1.1, noise=0.01, inside=True, failed=None):
    X = pd.DataFrame({"m": np.arange(1.0, n + 1)})
    time_s = np.linspace(1e-3, 1e-2, n)
    predicted = time_s * (1 + np.broadcast_to(errors, n))
    key = Combination("g", "p", "h")
    return Judged(
        key, X, time_s, predicted, time_s * low, time_s * high, np.full(n, inside), noise, False, failed or {}
    )


def test_judged_knows_rows_trained_on(bank):
    found = judged_all(Profile(table_of(), ("m", "k")), bank)
    assert all(each.seen for each in found)
    assert not any(each.seen for each in judged_all(Profile(table_of(seed=1), ("m", "k")), bank))
    assert all(each.mape < 0.2 for each in found)


def test_without_a_model_there_is_nothing_to_judge(bank):
    with pytest.raises(InputError, match="train on them first"):
        judged_all(Profile(table_of(("r",)), ("m", "k")), bank)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"errors": 0.5}, "50% too long throughout"),
        ({"errors": -0.3}, "30% too short throughout"),
        ({"low": 1.02}, "0% of the times lie within"),
        ({"inside": False}, "outside the trained range"),
        ({"noise": 0.2}, "measure again"),
        ({"failed": {"timeout": 3}}, "3 timeout"),
        ({}, "Nothing needs doing"),
        ({"noise": float("nan")}, "do not say how well they repeat"),
    ],
)
def test_advice_names_the_largest_trouble(case, said):
    assert said in advice(judged(**case))


def test_advice_says_where_errors_are():
    errors = np.where(np.arange(40) < 10, 0.15, 0.002) * np.where(np.arange(40) % 2, 1, -1)
    part, error = worst_part(judged(errors=errors))
    assert re.fullmatch(r"m < 1\d(\.\d+)?", part)
    assert error > 0.1
    assert f"where {part}" in advice(judged(errors=errors))


def test_the_selection_map_agrees_with_select(bank):
    found = selection_map(bank, "g", "h", steps=6)
    assert {found.x, found.y} == {"m", "k"}
    for _, cell in found.cells.iloc[::5].iterrows():
        chosen = bank.select("g", {"m": cell["m"], "k": cell["k"]}).best
        assert chosen.variant == found.variants[int(cell["winner"])]
    assert [(each.kernel, each.hardware) for each in maps_of(bank)] == [("g", "h")]


def test_levels_of_counts_are_counts(bank):
    cells = selection_map(bank, "g", "h").cells
    assert (cells["k"] == cells["k"].round()).all()


def test_importance_finds_what_matters():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"block": rng.choice([16, 32, 64], 200), "idle": rng.choice([0, 1], 200)})
    table["layout"] = rng.choice(["a", "b"], 200)
    table["time_s"] = 1e-3 * table["block"] * np.where(table["layout"] == "a", 1.0, 1.5)
    shares = importances(table)
    assert next(iter(shares)) == "block"
    assert shares["idle"] < 0.05
    assert sum(shares.values()) == pytest.approx(1)


def test_a_space_where_nothing_differs_is_refused():
    table = pd.DataFrame(
        {"kernel": "k", "variant": "v", "hardware": "h", "n": [1.0, 1.0], "time_s": [1.0, 2.0]}
    )
    with pytest.raises(InputError, match="no parameter differs"):
        tuning_summary("F.csv", Profile(table, ("n",)))


def test_seconds():
    assert [seconds_text(value) for value in (2.0, 1.5e-3, 9.9999e-4, 3e-9)] == [
        "2 s",
        "1.5 ms",
        "1 ms",
        "3 ns",
    ]


class Page(HTMLParser):
    """Collects what a browser would load or run, and the ids."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.ids, self.scripts = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.loads += [
            given[name] for name in ("src", "href") if name in given and not given[name].startswith("#")
        ]
        self.ids += [given["id"]] if "id" in given and tag in ("section", "main") else []
        self.scripts += tag == "script"


def test_the_page_is_one_safe_file(perfpred, tmp_path, bank):
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    table = table_of().replace({"variant": {"q": HOSTILE}})
    hostile = train(Profile(table, ("m", "k")), model="linear-c", complexity={"work": "m*k"}, random_state=0)
    hostile.save(tmp_path / "models")
    from perfpred.profile.writer import write_profile

    write_profile(Profile(table, ("m", "k")), tmp_path / "f.csv")
    out = tmp_path / "report.html"
    outcome = perfpred(
        "report", str(tmp_path / "f.csv"), "--models", str(tmp_path / "models"), "--out", str(out), "--json"
    )
    assert outcome.code == 0, outcome.err
    assert outcome.json["bytes"] == out.stat().st_size < 2_000_000
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.loads == ["data:,"]
    assert page.ids == ["content", "accuracy", "choices"]
    assert page.scripts == 3
    assert "<script>alert(1)" not in text
    specs = json.loads(re.search(r"perfpredSpecs = (.*?);</script>", text, re.DOTALL).group(1))
    assert len(specs) == 2


def test_a_report_of_a_tuning_space_and_failed_rows(perfpred, tmp_path):
    pytest.importorskip("jinja2")
    space = Path(__file__).parents[1] / "data" / "tuning" / "pnpoly-RTX_3090.kernel_tuner.json"
    out = tmp_path / "space.html"
    outcome = perfpred("report", str(space), "--out", str(out))
    assert outcome.code == 0, outcome.err
    text = out.read_text(encoding="utf-8")
    assert "8 runtime_error" in text
    assert "Importance of the parameters" in text
    nothing = perfpred("report", str(space.with_name("convolution_milo.T1.json")), "--out", str(out))
    assert nothing.code == 2
    assert "holds no results" in nothing.err


@pytest.mark.parametrize("name", ["predicted", "errors", "coverage", "winners", "regret", "slices"])
def test_every_figure_is_drawn(perfpred, tmp_path, bank, name):
    from perfpred.profile.writer import write_profile

    bank.save(tmp_path / "models")
    write_profile(Profile(table_of(seed=2), ("m", "k")), tmp_path / "f.csv")
    out = tmp_path / "figure.svg"
    files = (str(tmp_path / "f.csv"), "--models", str(tmp_path / "models"), "--out", str(out))
    outcome = perfpred("plot", name, *files)
    assert outcome.code == 0, outcome.err
    assert "<svg" in out.read_text(encoding="utf-8")


def test_figures_that_cannot_be_drawn_say_why(perfpred, tmp_path):
    from perfpred.profile.writer import write_profile

    write_profile(Profile(table_of(), ("m", "k")), tmp_path / "f.csv")
    unknown = perfpred("plot", "predict", str(tmp_path / "f.csv"), "--out", "f.svg")
    assert unknown.code == 2
    assert "did you mean 'predicted'?" in unknown.err
    bare = perfpred("plot", "winners", str(tmp_path / "f.csv"), "--out", "f.svg")
    assert "name their folder with --models" in bare.err
    ending = perfpred("plot", "importance", str(tmp_path / "f.csv"), "--out", str(tmp_path / "f.xyz"))
    assert "written as .svg" in ending.err


DRAWING = {"bar", "barh", "fill_between", "hist", "imshow", "loglog", "scatter", "semilogx"}


def test_nothing_but_figures_draws():
    import ast

    root = Path(__file__).parents[2]
    sources = [each for folder in ("perfpred", "benchmarks") for each in (root / folder).rglob("*.py")]
    found = [
        f"{path.relative_to(root)}: {node.func.attr}"
        for path in sources
        if "figures" not in path.parts and "matplotlib" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in DRAWING
    ]
    assert found == []
