"""Pieces of reading a profile: rules and cells, numbers in odd forms, mappings, splits, repeats, fits."""

import math

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.profile import Profile, hardware_split, random_split, range_split
from perfpred.profile.cells import number_column, parameter_column, text_column, value_of, values_of
from perfpred.profile.columns.forms import (
    form_of,
    form_problem,
    many_values,
    read_forms,
    states_units,
    units_in,
)
from perfpred.profile.columns.least_squares import explained, fit, left_over, squared
from perfpred.profile.columns.mapping import ColumnMapping, option
from perfpred.profile.columns.repeats import estimated, noise_of, representative
from perfpred.profile.columns.where import Filter
from perfpred.profile.rules import MAX_NAME, Violation, check, short

KEYS = {"kernel": "matmul", "variant": "eigen", "hardware": "cpu"}


def table(**columns):
    """Return a table of two rows, some columns changed; None leaves a column out."""
    found = {**KEYS, "m": [64, 128], "time_s": [1.0, 2.0], **columns}
    return pd.DataFrame({name: cells for name, cells in found.items() if cells is not None})


@pytest.mark.parametrize(
    ("columns", "parameters", "said"),
    [
        ({"time_s": [0.0, 2.0]}, "m", "row 1: time_s must be > 0 and finite, but is 0.0"),
        ({"time_s": [math.inf, 2.0]}, "m", "row 1: time_s must be > 0 and finite, but is inf"),
        ({"time_s": [1e-31, 2.0]}, "m", "row 1: time_s must be from 1e-30 to 1e+30 seconds, but is 1e-31"),
        ({"time_s": ["x", "2"]}, "m", "row 1: time_s must be a number, but is 'x'"),
        ({"time_s": [None, 2.0]}, "m", "row 1: time_s must be given where the status is ok, but is blank"),
        (
            {"status": ["timeout", "ok"]},
            "m",
            "row 1: time_s must be blank where the status is not ok, but is 1.0",
        ),
        (
            {"status": ["tmeout", "ok"]},
            "m",
            "must be one of ok, compile_error, runtime_error, timeout, wrong_re",
        ),
        ({"noise": [-0.1, None]}, "m", "row 1: noise must be >= 0 and finite, or blank, but is -0.1"),
        ({"rounds": [1.5, None]}, "m", "row 1: rounds must be a whole number >= 0, or blank, but is 1.5"),
        ({"kernel": [" ", "matmul"]}, "m", "row 1: kernel must not be blank, but is blank"),
        (
            {"variant": ["x" * 1001, "y"]},
            "m",
            "row 1: variant must have at most 1,000 characters, but is 'xxx",
        ),
        ({"m": [math.inf, 1.0]}, "m", "row 1: m must be finite, but is inf"),
        ({"m": [1e31, 1.0]}, "m", "row 1: m must be 0 or from 1e-30 to 1e+30 in size: sizes are multiplied"),
        ({"m": [1e-31, 0.0]}, "m", "row 1: m must be 0 or from 1e-30 to 1e+30 in size: sizes are multiplied"),
        ({"m": [None, None]}, "m", "column 'm' is blank in every row"),
        (
            {"m": [64, None]},
            "m",
            "row 2: m must be given in every row of a kernel, variant and hardware, or in",
        ),
        (
            {"m": [None, 1], "n": [None, 2], "variant": ["a", "b"]},
            "mn",
            "row 1: m or another parameter must be given, but is blank",
        ),
    ],
)
def test_every_rule_says_row_rule_and_value(columns, parameters, said):
    given = table(**columns)
    _, found = check(given, tuple(parameters))
    texts = []
    for each in found:
        value = None if each.row is None else given[each.column].tolist()[each.row]
        texts.append(each.describe(value, f"row {(each.row or 0) + 1}", each.column))
    assert any(said in text for text in texts), texts


def test_a_wide_file_that_is_ragged_is_told_by_column(monkeypatch):
    monkeypatch.setattr("perfpred.profile.rules._MAX_CELLS", 1)
    _, found = check(table(m=[64, None], n=[None, 1]), ("m", "n"))
    assert [(each.row, each.column) for each in found] == [(None, "m"), (None, "n")]
    assert found[0].rule.endswith("; it is blank in 1 rows")


def test_a_column_is_numbers_or_texts_by_the_most():
    for cells, bad, rule in ((["1", "2", "x"], 2, "a number"), (["a", "b", "3"], 2, "text")):
        _, found = check(pd.DataFrame({**KEYS, "m": cells, "time_s": 1.0}), ("m",))
        assert [each.row for each in found] == [bad] and f"must be {rule} as in most rows" in found[0].rule
    long = "n" * (MAX_NAME + 1)
    _, found = check(table(**{long: [1, 2]}), (long,))
    assert found[0].rule == "has a name of 201 characters; at most 200 are allowed"


def test_a_status_offers_the_nearest_and_long_values_are_cut():
    violation = Violation(0, "status", "must be one of ok")
    assert violation.describe(" Tiemout", "row 1", "status").endswith(
        "is ' Tiemout'; did you mean 'timeout'?"
    )
    assert short("x" * 121).endswith("'... (121 characters)") and short([1]) == "[1]"


def test_times_are_read_in_their_unit_and_nothing_else_is_needed():
    numbered, found = check(table(variant=None, time_s=[1500.0, 10.0]), ("m",), time_unit="time_us")
    assert found == [] and numbered["time_s"].tolist() == [0.0015, 1e-05]
    assert numbered["status"].tolist() == ["ok", "ok"] and numbered["noise"].isna().all()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("512", 512),
        (" +7 ", 7),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("inf", math.inf),
        ("9" * 20, 1e20),
        ("0x40", "0x40"),
        ("1_000", "1_000"),
        ("NaN", None),
        (float("nan"), None),
        (pd.NA, None),
        (np.bool_(True), 1),
        (np.float32(0.5), 0.5),
        (2**63, float(2**63)),
    ],
    ids=repr,
)
def test_a_cell_is_a_number_a_text_or_blank(cell, value):
    assert value_of(cell) == value and type(value_of(cell)) is type(value)


@pytest.mark.parametrize("cell", [[1], b"x", 10**400], ids=["list", "bytes", "huge"])
def test_a_cell_of_another_kind_is_refused(cell):
    with pytest.raises(InputError, match=r"a profile holds numbers and text|fits double precision"):
        values_of([cell])


def test_columns_of_cells_are_typed():
    assert parameter_column(["1", "2"])[0].tolist() == [1, 2]
    assert parameter_column(["1", "2.5", " "])[1] == [] and parameter_column([])[0].tolist() == []
    numbers, bad = number_column(["1-1", "3", ""])
    assert bad == [0] and np.isnan(numbers[[0, 2]]).all() and numbers[1] == 3
    assert text_column([" a ", "", None]).tolist()[:1] == ["a"] and text_column(["", None]).isna().all()
    with pytest.raises(InputError, match="kernel, variant, hardware and status are text, but got 3"):
        text_column([3])
    with pytest.raises(InputError, match="are text, but got"):
        text_column([[1]])


@pytest.mark.parametrize(
    ("text", "what", "value"),
    [
        ("1,024", "with thousands separators", 1024),
        ("-1'024.5", "with thousands separators", -1024.5),
        ("1_0_24", "with underscores", 1024),
        ("1,5", "with a decimal comma", 1.5),
        ("0x40", "in hexadecimal", 64),
        ("64K", "with a suffix", 64_000),
        ("1.5 Mi", "with a suffix", 1_572_864),
        ("0.5k", "with a suffix", 500),
        ("12.5 ms", "with a unit", 12.5),
        ("50%", "with a unit", 50),
        ("2^10", "as a power", 1024),
        ("10 ** 3", "as a power", 1000),
    ],
)
def test_numbers_in_other_forms_are_read(text, what, value):
    form, example = form_of(["", "7", text])
    assert (form.what, example, form.read(text)) == (what, text, value)
    read, said = read_forms("n", np.array([text, "7", "odd"], dtype=object))
    assert [value_of(each) for each in read.tolist()] == [value, 7, "odd"]
    assert said == f"column 'n': {text!r} is read as {value}"
    assert form_problem("n", [text]).startswith(f"column 'n': {text!r} is a number {what}, which is not read")


def test_what_is_in_no_form_is_left_alone():
    assert form_of(["64K", "nchw"]) is None and form_problem("n", ["1", ""]) is None
    assert read_forms("n", np.array(["1"], dtype=object))[1] is None
    assert units_in(["3 ms", "3", "x"]) == ["ms", None, None]
    assert states_units(["3 ms", "", "4us"]) and not states_units(["3 ms", "4"]) and not states_units([""])


def test_texts_of_as_many_values_as_rows_are_told():
    names = [f"matrix {n}" for n in range(6)]
    assert many_values("input", names, [0] * 6).startswith(
        "input is text with 6 values in 6 rows: each value"
    )
    assert many_values("input", ["a"] * 6, [0] * 6) is None and many_values("input", [""], [0]) is None
    assert many_values("input", names, range(6)) is None


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"time": "t", "runs": ("a", "b")}, "--time and --runs cannot be given together"),
        (
            {"wide": ("a", "b"), "variant_column": "v"},
            "--wide names the variants, so --variant-column cannot",
        ),
        ({"time": "t", "ignore": ("t",)}, "'t' cannot be both --time and --ignore"),
        ({"time": "t", "kernel_column": "t"}, "'t' cannot be both --time and --kernel-column"),
        ({"time": "t", "group": "t"}, "'t' cannot be both --group and a column of times"),
        ({"kernel_column": "k", "numbers": ("k",)}, "'k' cannot be both a name"),
        ({"ignore": ("a", "a")}, "--ignore names 'a' twice"),
        ({"ignore": 3}, "--ignore must be names of columns, but got 3"),
        ({"ignore": ("a", " ")}, "--ignore must be names of columns, but got ' '"),
        ({"parameters": ()}, "--parameters must name at least one column"),
        ({"wide": ("a",)}, "--wide must name at least two columns, but got 'a' alone"),
        ({"time": " "}, "--time must be text and not blank, but got ' '"),
        ({"unit": "hours"}, "--unit must be one of "),
        ({"estimate": "best"}, "--estimate must be one of median, min, mean, but got 'best'"),
        ({"where": "n ="}, "equality is written =="),
    ],
)
def test_entries_that_contradict_each_other_are_refused(entries, message):
    with pytest.raises(InputError) as caught:
        ColumnMapping(**entries)
    assert message in str(caught.value)


def test_a_mapping_is_completed_by_another_and_a_unit_stays_with_its_times():
    beside = ColumnMapping(time="mean", unit="s", ignore="a, b")
    assert ColumnMapping(runs=("x", "y")).over(beside).stated() == {"runs": ["x", "y"], "ignore": ["a", "b"]}
    assert ColumnMapping().over(beside) == beside and option("hardware_column") == "--hardware-column"


def test_conditions_say_what_cannot_be_compared():
    assert Filter("a in ('x', 'y')")({"a": ["x", "z"]}, 2).tolist() == [True, False]
    assert Filter("1 < 2")({}, 2).tolist() == [True, True]
    assert Filter("a == 'nan' or a == ''")({"a": ["nan", "x"]}, 2).tolist() == [True, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_split(5, 5, 0), "1 <= train_size < rows must hold, .* train_size=5, rows=5"),
        (lambda: random_split(5, 2, -1), "random_state must be >= 0, but got -1"),
        (lambda: range_split([1, math.nan], 1), r"one finite number a row, but got shape \(2,\)"),
        (lambda: range_split([[1], [2]], 1), r"but got shape \(2, 1\)"),
        (lambda: range_split([1, 2, 2], 2), "no value is larger than 2.0, the largest of the 2 rows"),
    ],
)
def test_a_split_that_leaves_nothing_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_machines_are_held_out_whole():
    rows = Profile(table(hardware=["a", "b"]), ("m",))
    assert [each.tolist() for each in hardware_split(rows, "b")] == [[0], [1]]
    with pytest.raises(UnknownNameError, match="unknown hardware 'c'"):
        hardware_split(rows, ["c"])
    for held_out in ([], ["a", "b"]):
        with pytest.raises(InputError, match="some hardware must be held out and some left"):
            hardware_split(rows, held_out)


@pytest.mark.parametrize(("estimate", "time_s"), [("median", 1.1), ("min", 1.0), ("mean", 1.2)])
def test_repeats_become_one_row_with_their_noise(estimate, time_s):
    times = [1.0, 1.1, 1.5, 7.0, None]
    rows = pd.DataFrame({**KEYS, "m": [1, 1, 1, 2, 1], "time_s": times, "status": ["ok"] * 4 + ["timeout"]})
    merged, said = estimated(Profile(rows, ("m",)), estimate)
    assert said == f"5 rows became 3: the {estimate} of rows with equal parameters"
    assert merged.table["time_s"].tolist()[:2] == pytest.approx([time_s, 7.0])
    assert merged.table["rounds"].tolist()[0] == 3 and merged.table["noise"][0] > 0
    assert merged.table["status"].tolist() == ["ok", "ok", "timeout"]


def test_one_run_says_nothing_of_its_noise():
    assert math.isnan(noise_of(np.array([1.0]), "mean")) and math.isnan(representative(np.array([]), "min"))
    assert noise_of(np.array([1.0, 1.1, 3.0]), "min") == pytest.approx(0.1)
    assert (
        noise_of(np.array([1.0, 1.0, 1.0, 9.0]), "median") > 0
    )  # no deviation is usual, so the spread counts


def test_rounds_that_are_stated_are_added_up():
    rows = table(m=[1, 1], rounds=[10, 5])
    assert estimated(Profile(rows, ("m",)), "mean")[0].table["rounds"].tolist() == [15]


def test_fits_say_what_is_left():
    x, y = np.arange(10.0), np.ones(10)
    assert fit(3 * x, [x]) == pytest.approx((3.0, 0.0))
    assert fit(np.full(10, np.nan), [x]) == (0.0, math.inf)
    np.testing.assert_allclose(left_over(2 * x + 1, [x, y]), 0, atol=1e-12)
    odd = np.where(x == 3, np.inf, x)
    assert left_over(odd, [y]) is odd
    assert len(squared([x, y], 30)) == 5 and squared([x, y], 15) == [x, y]
    assert explained(x**2, [x]) == pytest.approx(1.0)


@pytest.mark.parametrize("place", ["kernel", "layout"])
def test_text_that_has_no_unicode_form_is_no_traceback(place):
    odd = pd.Series(["\ud800", "\ud800"], dtype=object)
    rows = table(layout=["a", "b"]).assign(**{place: odd})
    try:
        assert Profile(rows, ("m", "layout")).table[place].tolist() == ["\ud800"] * 2
    except InputError as error:  # where pandas keeps text as Arrow does
        assert str(error) == "text in a profile must be valid Unicode, but got '\\ud800'"
