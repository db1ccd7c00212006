"""Predictors of other quantities than time: stored, asked and ranked in their own unit, never as seconds."""

import json
import math
import pickle
from dataclasses import replace

import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError, ModelFileError
from perfpred.export.c_header import header
from perfpred.predict.bank import Bank
from perfpred.predict.document import digest, dumps, loads
from perfpred.predict.encoding import Encoding
from perfpred.predict.formula import LinearModel
from perfpred.predict.interval import Interval
from perfpred.predict.predictor import Predictor
from perfpred.predict.ranges import Range
from perfpred.predict.training import Training

SIZES = {"m": 10, "n": 20}


def predictor(variant, factor, **quantity):
    return Predictor(
        Combination("matvec", variant, "cpu-1t"),
        Encoding(("m", "n"), {}),
        LinearModel(("1", "m*n"), (1e-7, factor), 1e-9),
        {"m": Range(1, 100), "n": Range(1, 100)},
        {"work": Range(10, 10000)},
        Interval(math.log(0.9), math.log(1.2)),
        Training("linear-c", 250, "00", 0.02, {"work": "m*n"}),
        **quantity,
    )


JOULES = {"quantity": "energy_j", "unit": "J"}
TIME = predictor("fast", 1e-9)
ENERGY, MORE_ENERGY = predictor("fast", 1e-9, **JOULES), predictor("slow", 2e-9, **JOULES)


def stored(predictor, units=None, **changes):
    """Return the text of a file whose predictor was changed by somebody who knows the hash."""
    document = json.loads(dumps(predictor))
    document["units"] = units or document["units"]
    document["predictor"] = {k: v for k, v in (document["predictor"] | changes).items() if v is not ...}
    return json.dumps({**document, "sha256": digest(document["predictor"])})


@pytest.mark.parametrize("each", [TIME, ENERGY])
def test_quantity_and_unit_are_stored(each):
    written = json.loads(dumps(each))
    assert (written["predictor"]["quantity"], written["predictor"]["unit"]) == (each.quantity, each.unit)
    found = loads(dumps(each))
    assert (found.quantity, found.unit) == (each.quantity, each.unit)


def test_a_file_that_does_not_say_predicts_time_in_seconds():
    found = loads(stored(TIME, quantity=..., unit=...))
    assert (found.quantity, found.unit) == ("time_s", "s")
    assert found.predict(SIZES) == TIME.predict(SIZES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quantity": "energy"}, "unknown quantity 'energy'; did you mean 'energy_j'"),
        ({"unit": "ms"}, "the unit of quantity 'time_s' must be 's', but is 'ms'"),
        (
            {"units": json.loads(dumps(ENERGY))["units"], "quantity": "energy_j", "unit": ...},
            "the unit of quantity 'energy_j' must be 'J', but is 's'",
        ),
        ({"quantity": 3}, "quantity must be str, but is int"),
    ],
)
def test_what_is_unknown_or_inconsistent_is_refused(changes, message):
    with pytest.raises(ModelFileError, match=message):
        loads(stored(TIME, **changes))


def test_units_of_a_file_are_those_of_its_predictor():
    with pytest.raises(ModelFileError, match="the file was edited"):
        loads(stored(TIME, **JOULES))


def test_a_prediction_of_joules_has_no_seconds():
    found = ENERGY.predict(SIZES)
    assert (found.value, found.unit, found.quantity) == (pytest.approx(3e-7), "J", "energy_j")
    for name in ("time_s", "low_s", "high_s"):
        with pytest.raises(InputError, match="energy in J, not time in s: read value, low and high"):
            getattr(found, name)
    with pytest.raises(InputError, match="it predicts energy in J, not time in s"):
        ENERGY.seconds({"m": [10.0], "n": [20.0]})
    assert pickle.loads(pickle.dumps(found)) == found
    assert pickle.loads(pickle.dumps(TIME.predict(SIZES))).time_s == TIME.predict(SIZES).time_s


def test_rows_and_choices_keep_the_unit():
    bank = Bank([ENERGY, MORE_ENERGY])
    table = {"m": [10, 20], "n": [20, 30]}
    assert bank.predict_rows("matvec", table, variant="fast").unit == "J"
    chosen, selection = bank.select_rows("matvec", table), bank.select("matvec", SIZES)
    assert (chosen.unit, chosen.variants) == ("J", ("fast", "fast"))
    assert selection.best.unit == "J"
    assert selection.reason == "fast on cpu-1t is predicted 1.67x lower than slow on cpu-1t"
    assert "is predicted lowest" in chosen.reasons[0]


def test_joules_and_seconds_are_not_ranked_together():
    bank = Bank([TIME, MORE_ENERGY])
    message = "predicted in one quantity, but matvec / fast / cpu-1t is of time in s and matvec / slow"
    with pytest.raises(InputError, match=message):
        bank.select("matvec", SIZES)
    with pytest.raises(InputError, match=message):
        bank.select_rows("matvec", {"m": [10], "n": [20]})


def test_a_value_that_cannot_be_is_named_by_its_quantity():
    wrong = replace(ENERGY, formula=LinearModel(("1", "m*n"), (1e-7, 1e29), 1e-9))
    with pytest.raises(InputError, match=r"no .*energy > 0 can be predicted"):
        wrong.predict({"m": 1e200, "n": 1e100})


def test_the_c_header_is_of_times():
    with pytest.raises(InputError, match="it predicts energy in J, not time in s"):
        header(Bank([ENERGY]), "f.h")


def test_commands_name_the_quantity(perfpred, tmp_path):
    Bank([ENERGY, MORE_ENERGY]).save(tmp_path)
    asked = ("--models", tmp_path, "m=10", "n=20")
    found = json.loads(perfpred("predict", "matvec", "--variant", "fast", *asked, "--json").out)
    assert list(found)[:3] == ["quantity", "unit", "value"]
    assert (found["quantity"], found["unit"]) == ("energy_j", "J")
    assert perfpred("predict", "matvec", "--variant", "fast", *asked).out.startswith(
        "3e-07 J  (90%: 2.7e-07 J"
    )
    shown = perfpred("select", "matvec", *asked).out.split()
    assert "energy" in shown and "time" not in shown
    chosen = json.loads(perfpred("select", "matvec", *asked, "--json").out)
    assert chosen["best"]["unit"] == "J" and "time_s" not in chosen["best"]
    (tmp_path / "q.csv").write_text("m,n\n10,20\n")
    table = perfpred("select", "matvec", "--models", tmp_path, "--table", tmp_path / "q.csv")
    assert table.out.splitlines()[0] == "m,n,variant,hardware,energy_j,low_j,high_j,in_range,reason"
