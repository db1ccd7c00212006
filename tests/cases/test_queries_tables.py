"""Tables of queries: answered row by row as single queries are, kept whole, refused whole."""

from __future__ import annotations

import csv as csv_module
import io
import math

import pandas as pd
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.predict.bank import Bank
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import LinearModel
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.predict.range_check import RangeCheck


def predictor(variant, slope, ranges, hardware="cpu", kernel="mine", categories=None):
    first = next(iter(ranges))
    return Predictor(
        Combination(kernel, variant, hardware),
        Encoding((*ranges, *(categories or {})), categories or {}),
        LinearModel((first,), (slope,), 1e-12),
        {name: Range(*ends) for name, ends in ranges.items()},
        {},
        Interval(math.log(0.9), math.log(1.1)),
        Training("linear-c", 100, "00", 0.02, {}),
    )


SMALL, LARGE = {"n": (1.0, 100.0)}, {"n": (1.0, 1e6)}
BANK = Bank(
    [
        predictor("slow", 1e-9, SMALL),
        predictor("fast", 2e-9, LARGE, categories={"dtype": ("fp16", "fp32")}),
        predictor("third", 9e-9, {**LARGE, "batch": (16, 16)}),
    ]
)


@pytest.fixture
def models(tmp_path):
    BANK.save(tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "queries.csv"
        path.write_text(text)
        return path

    return write


def rows_of(text):
    return list(csv_module.DictReader(io.StringIO(text)))


CELLS = 'note,n,dtype\n"a, ""b"" é",50,fp16\n=1+1,1000,fp32\n @x , 1e9 ,fp16\n'


def test_rows_are_answered_as_single_queries_are(models, table, perfpred):
    path = table(CELLS)
    ask = ("predict", "mine", "--models", models, "--variant", "fast", "--table", path)
    found = rows_of(perfpred(*ask).out)
    assert [row["note"] for row in found] == ['a, "b" é', "=1+1", " @x "]
    assert [row["n"] for row in found] == ["50", "1000", " 1e9 "]
    documents = perfpred(*ask, "--json").json
    for row, document, n, dtype in zip(
        found, documents, (50, 1000, 1e9), ("fp16", "fp32", "fp16"), strict=True
    ):
        alone = BANK.predict("mine", variant="fast", n=n, dtype=dtype)
        assert float(row["time_s"]) == document["time_s"] == pytest.approx(alone.time_s, rel=1e-12)
        assert float(row["low_s"]) == document["low_s"] == pytest.approx(alone.low_s, rel=1e-12)
        assert float(row["high_s"]) == document["high_s"] == pytest.approx(alone.high_s, rel=1e-12)
        assert row["in_range"] == str(alone.in_range).lower()
        assert document["in_range"] is alone.in_range
        assert row["reason"] == document["reason"] == alone.reason


def test_the_answers_of_a_file_read_back(models, table, tmp_path, perfpred):
    out = tmp_path / "answers.csv"
    ask = ("select", "mine", "--models", models, "--table", table(CELLS), "--out", out)
    outcome = perfpred(*ask)
    assert (outcome.code, outcome.out) == (0, "")
    assert "outside the trained range, so that times are guesses: 1 of 3 rows" in outcome.err
    assert out.read_text().startswith("note,n,dtype,variant,hardware,time_s,low_s,high_s,in_range,reason\n")
    again = perfpred("predict", "mine", "--models", models, "--variant", "fast", "--table", out)
    assert again.code == 2
    assert "rename those of the table, but got time_s, low_s, high_s, in_range, reason" in again.err


@pytest.mark.parametrize("default", [None, "third", "fast", "slow"])
def test_each_row_is_chosen_as_a_single_query_is(models, table, perfpred, default):
    path = table("n,dtype\n50,fp16\n1000,fp32\n1e9,fp16\n50,\n70,fp64\n1000,fp64\n")
    option = () if default is None else ("--default", default)
    if default == "fast":
        path = table("n,dtype\n50,fp16\n1000,fp32\n1e9,fp16\n")
    outcome = perfpred("select", "mine", "--models", models, "--table", path, *option)
    assert outcome.code == 0, outcome.err
    documents = perfpred("select", "mine", "--models", models, "--table", path, *option, "--json").json
    for row, document in zip(rows_of(outcome.out), documents, strict=True):
        query = {name: row[name] for name in ("n", "dtype") if row[name]}
        alone = BANK.select("mine", query, default=default)
        assert (row["variant"], row["hardware"]) == (alone.best.variant, alone.best.hardware)
        assert float(row["time_s"]) == pytest.approx(alone.best.time_s, rel=1e-12)
        assert (row["in_range"] == "true") is alone.best.in_range
        assert document["best"]["variant"] == alone.best.variant
        assert document["reason"] == alone.reason
        passed = alone.best.in_range and "passed over" in alone.reason
        assert ("passed over" in row["reason"]) is passed
        assert ("left out" in row["reason"]) is bool(alone.left_out)


def test_wrong_rows_are_all_named_and_nothing_is_written(models, table, tmp_path, perfpred):
    out = tmp_path / "answers.csv"
    lines = ["n,dtype,kernel", "5,fp16,mine", "x,fp16,", ",fp16,", "\n-4,fp16,", "nan,fp16,", "5,FP32,"]
    path = table("\n".join(lines) + "\n")
    outcome = perfpred(
        "predict", "mine", "--models", models, "--variant", "fast", "--table", path, "--out", out
    )
    assert outcome.code == 2
    for said in (
        "5 problems",
        "row 2 (line 3): n must be a number, but got 'x'",
        "row 3 (line 4): a value of n is missing",
        "row 4 (line 6): n must be >= 0, but got -4",
        "row 5 (line 7): n must be finite, but got 'nan'",
        "row 6 (line 8): unknown value of dtype 'FP32'; did you mean 'fp32'?",
    ):
        assert said in outcome.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("m\n5\n", (), "a value of n is missing"),
        ("N\n5\n", (), "column 'N' is no parameter of mine; did you mean 'n'?"),
        ("n,n\n5,6\n", (), "a column must be there once, but got n"),
        ("n\n5\n", ("n=6",), "a value must be given once, for all rows or as a column, but got n"),
        ("n\n5\n", ("k=6",), "unknown parameter of mine 'k'"),
        ("n,dtype\n5\n", (), "row 1 (line 2): 1 cell, but the header has 2"),
        ("n\n", (), "there is a header but no row"),
        ("", (), "the file is empty"),
        ("n,kernel\n5,mine\n6,other\n", (), "row 2 (line 3): kernel is 'other', but mine is asked"),
        ("n,variant\n5,slow\n", (), "row 1 (line 2): variant is 'slow', but --variant says 'third'"),
        ("n,Batch\n5,32\n", (), "column 'Batch' is no parameter of mine; did you mean 'batch'?"),
    ],
)
def test_wrong_tables_are_refused(models, table, perfpred, text, arguments, message):
    ask = ("predict", "mine", "--models", models, "--variant", "third", "--table", table(text), *arguments)
    outcome = perfpred(*ask)
    assert outcome.code == 2
    assert outcome.out == ""
    assert message in outcome.err


def test_columns_choose_the_model_of_a_row_and_constants_need_none(models, table, perfpred):
    path = table("n,variant\n50,slow\n50,third\n60,slow\n")
    found = rows_of(perfpred("predict", "mine", "--models", models, "--table", path).out)
    assert [float(row["time_s"]) for row in found] == pytest.approx([50e-9, 450e-9, 60e-9])
    given = perfpred(
        "predict", "mine", "--models", models, "--table", table("n,variant\n50,fast\n"), "dtype=fp16"
    )
    assert float(rows_of(given.out)[0]["time_s"]) == pytest.approx(100e-9)
    wrong = perfpred(
        "predict", "mine", "--models", models, "--table", table("n,variant\n5,slow\n5,slwo\n5,\n")
    )
    assert "row 2 (line 3): unknown variant 'slwo'; did you mean 'slow'" in wrong.err
    assert "row 3 (line 4): variant is blank" in wrong.err


def test_a_hardware_column_narrows_the_choice(tmp_path, table, perfpred):
    made = (("a", 1e-9, "x"), ("a", 5e-9, "y"), ("b", 4e-9, "y"))
    bank = Bank([predictor(variant, slope, LARGE, hardware) for variant, slope, hardware in made])
    bank.save(tmp_path / "m")
    outcome = perfpred(
        "select", "mine", "--models", tmp_path / "m", "--table", table("n,hardware\n5,x\n5,y\n")
    )
    assert [(row["hardware"], row["variant"]) for row in rows_of(outcome.out)] == [("x", "a"), ("y", "b")]


def test_sizes_without_output_are_named_by_row(tmp_path, table, perfpred):
    ranges = {"h": (10.0, 99.0), "w": (10.0, 99.0), "f": (3.0, 7.0)}
    Bank([predictor("a", 1e-9, ranges, kernel="conv2d")]).save(tmp_path / "m")
    ask = ("select", "conv2d", "--models", tmp_path / "m", "--table", table("h,w,f\n50,50,3\n4,50,5\n"))
    assert "row 2 (line 3): h must be >= f=5 for the filter to fit, but got 4" in perfpred(*ask).err


def test_a_short_ranking_needs_documents(models, table, perfpred):
    ask = ("select", "mine", "--models", models, "--table", table("n,dtype\n5,fp16\n"), "--top", 1)
    assert "--top with --table needs --json" in perfpred(*ask).err
    assert len(perfpred(*ask, "--json").json[0]["ranking"]) == 1


def test_control_characters_do_not_reach_a_terminal(models, table, perfpred):
    bad = perfpred("select", "mine", "--models", models, "--table", table("n,dtype\n\x1b[31m5,fp16\n"))
    assert bad.code == 2
    assert "\x1b" not in bad.err


def test_an_output_needs_a_table(models, perfpred):
    outcome = perfpred("predict", "mine", "--models", models, "n=5", "--out", "x.csv")
    assert outcome.code == 2
    assert "--out needs --table" in outcome.err


TABLE = {"n": [50.0, 51.0, 1000.0, 1e9], "dtype": ["fp16", "fp32", "fp32", "fp16"], "note": [1, 2, 3, 4]}


class TestFromPython:
    """`Bank.predict_rows` and `Bank.select_rows` answer as `predict` and `select` do, row by row."""

    @pytest.mark.parametrize("form", [dict, pd.DataFrame, lambda t: pd.DataFrame(t).astype(str)])
    def test_predictions(self, form):
        found = BANK.predict_rows("mine", form(TABLE), variant="fast")
        assert len(found) == 4
        for row in range(4):
            query = {name: TABLE[name][row] for name in ("n", "dtype")}
            one = BANK.predict("mine", query, variant="fast")
            assert (found.time_s[row], found.low_s[row], found.high_s[row]) == pytest.approx(
                (one.time_s, one.low_s, one.high_s), rel=1e-12
            )
            assert (found.in_range[row], found.reasons[row]) == (one.in_range, one.reason)

    @pytest.mark.parametrize("default", [None, "fast", "third"])
    def test_choices(self, default):
        near = predictor("near", 1.01e-9, SMALL)
        bank = Bank([*BANK, near])
        found = bank.select_rows("mine", pd.DataFrame(TABLE), default=default)
        for row in range(4):
            query = {name: TABLE[name][row] for name in ("n", "dtype")}
            one = bank.select("mine", query, default=default)
            assert (found.variants[row], found.hardware[row]) == (one.best.variant, one.best.hardware)
            assert found.time_s[row] == pytest.approx(one.best.time_s, rel=1e-12)
            assert found.in_range[row] == one.best.in_range
            assert set(found.ties[row]) == {(each.variant, each.hardware) for each in one.ties}
        assert any(found.ties)

    def test_what_models_saw_alike_is_compared_once(self, monkeypatch):
        asked = []
        monkeypatch.setattr(
            RangeCheck,
            "distances",
            lambda check, columns, plain=RangeCheck.distances: asked.append(1) or plain(check, columns),
        )
        wide = predictor("wide", 1.2e-9, {"n": (1.0, 1000.0)})
        bank = Bank([predictor("a", 1e-9, SMALL), predictor("b", 1.1e-9, SMALL), wide])
        n = [50.0, 200.0, 5000.0]
        found = bank.select_rows("mine", {"n": n})
        assert len(asked) == 2
        for row, each in enumerate(n):
            one = bank.select("mine", {"n": each}).best
            assert (found.variants[row], found.in_range[row]) == (one.variant, one.in_range)
            assert (found.low_s[row], found.high_s[row]) == pytest.approx((one.low_s, one.high_s), rel=1e-12)

    def test_rows_without_an_answer_are_named(self):
        with pytest.raises(InputError, match=r"row 2: .*dtype 'fp64'.*; row 3: a value of n is missing"):
            BANK.predict_rows(
                "mine", {"n": [1.0, 2.0, math.nan], "dtype": ["fp16", "fp64", "fp32"]}, variant="fast"
            )
        with pytest.raises(InputError, match=r"row 1: n must be >= 0, but got -1"):
            BANK.select_rows("mine", {"n": [-1.0], "dtype": ["fp16"]})

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"m": [1.0]}, "a table of queries must have a column of n"),
            ({"n": []}, "must have a row"),
            ({"n": [[1.0]]}, "one dimension and one length"),
            ({"n": [1.0, 2.0], "dtype": ["fp16"]}, "one dimension and one length"),
        ],
    )
    def test_wrong_tables(self, wrong, message):
        with pytest.raises(InputError, match=message):
            BANK.predict_rows("mine", wrong, variant="fast")
