"""A stranger's CSV: what its columns are, by options, a TOML file beside it, or their names and cells."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import perfpred as pp
from perfpred.errors import DataWarning, InputError, ProfileError
from perfpred.learn.fitting.terms import found_terms
from perfpred.profile import Profile, read_profile
from perfpred.profile.columns.mapping import ColumnMapping

CASES = Path(__file__).parents[1] / "data" / "cases"
ROOT = Path(__file__).parents[2]
NAMES = {"kernel": "k", "variant": "v", "hardware": "h"}


@pytest.fixture
def read(tmp_path):
    """Write text to a file and read it; returns the profile and the warnings."""

    def reading(content, names=NAMES, **columns):
        path = tmp_path / "f.csv"
        path.write_text(content, encoding="utf-8")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            profile = read_profile(path, columns=ColumnMapping(**columns), **names)
        assert all(each.category is DataWarning for each in caught)
        return profile, [str(each.message).removeprefix("f.csv: ") for each in caught]

    return reading


@pytest.fixture
def refusal(read):
    """The problems of a file, without the heading."""

    def refusing(content, names=NAMES, **columns):
        with pytest.raises(ProfileError) as caught:
            read(content, names, **columns)
        return list(caught.value.problems)

    return refusing


@pytest.mark.parametrize(
    ("header", "unit", "seconds"),
    [
        ("real_time [ns]", None, 5e-9),
        ("Duration (us)", None, 5e-6),
        ("time_ms_mean", None, 5e-3),
        ("elapsed", "min", 300.0),
        ("elapsed", "s", 5.0),
        ("µs", None, 5e-6),
        ("latency_us", "us", 5e-6),
        ("ns/op", None, 5e-9),
    ],
)
def test_the_time_column_has_the_unit_of_its_name_or_of_the_option(read, header, unit, seconds):
    profile, _ = read(f"n,{header}\n1,5\n2,10\n", time=header, unit=unit)
    assert profile.time_s.tolist() == pytest.approx([seconds, 2 * seconds], rel=1e-15)
    assert profile.parameters == ("n",)
    assert profile.metadata["columns"]["time"] == header


def test_a_column_time_unit_is_honoured_row_by_row(read, refusal):
    profile, _ = read("n,t,time_unit\n1,5,ms\n2,5,us\n3,5,s\n", time="t")
    assert profile.time_s.tolist() == [5e-3, 5e-6, 5.0]
    assert profile.parameters == ("n",)
    assert refusal("n,t,time_unit\n1,5,ms\n", time="t", unit="us") == [
        "column 'time_unit' says ms, but --unit is us"
    ]


def test_an_unknown_or_contradicted_unit_is_refused(refusal):
    text = "n,elapsed,t_us\n1,5,5\n"
    assert refusal(text, time="elapsed", ignore="t_us") == [
        "column 'elapsed' does not say its unit; add --unit ns, us, ms, s or min"
    ]
    assert refusal(text, time="t_us", unit="ms", ignore="elapsed") == [
        "column 't_us' says us, but --unit is ms"
    ]


def test_columns_are_named_and_left_out(read):
    text = "op,impl,gpu,n,m,comment,ms\ngemm,a,x,1,2,hello,5\ngemm,b,x,2,2,,6\n"
    stated = {"kernel_column": "op", "variant_column": "impl", "hardware_column": "gpu", "time": "ms"}
    profile, _ = read(text, {}, ignore=["comment", "m"], **stated)
    assert profile.table[["kernel", "variant", "hardware"]].values.tolist() == [
        ["gemm", "a", "x"],
        ["gemm", "b", "x"],
    ]
    assert profile.parameters == ("n",)
    chosen, notes = read(text, {}, parameters=["m"], **stated)
    assert (chosen.parameters, notes) == (("m",), [])


def test_wide_tables_have_one_row_per_variant(read, refusal):
    text = "n,cpu_ms,gpu (us)\n1,2,3\n2,,5\n"
    profile, notes = read(text, {"kernel": "k", "hardware": "h"}, wide=["cpu_ms", "gpu (us)"])
    assert profile.table[["variant", "n", "time_s"]].values.tolist() == [
        ["cpu", 1, 2e-3],
        ["gpu", 1, 3e-6],
        ["gpu", 2, 5e-6],
    ]
    assert notes == ["rows of variants whose time is blank are left out: cpu_ms in 1"]
    bad = "n,cpu_ms,gpu_ms\n1,2,3\n2,1,-5\n"
    assert refusal(bad, {"kernel": "k", "hardware": "h"}, wide="cpu_ms,gpu_ms") == [
        "row 2 (line 3): gpu_ms must be > 0 and finite, but is '-5'"
    ]


def test_wide_tables_leave_no_room_for_another_variant(refusal):
    text = "n,cpu_ms,gpu_ms\n1,2,3\n"
    assert refusal(text, wide="cpu_ms,gpu_ms") == ["--wide names the variants, so --variant cannot be given"]
    with_variant = "n,variant,cpu_ms,gpu_ms\n1,a,2,3\n"
    (problem,) = refusal(with_variant, {"kernel": "k", "hardware": "h"}, wide="cpu_ms,gpu_ms")
    assert "there is a column 'variant' as well" in problem


def test_a_blank_group_is_refused_with_its_row(refusal):
    assert refusal("g,n,time_ms\na,2,3\n,3,4\n", group="g") == [
        "row 2 (line 3): g must not be blank, as it is the group"
    ]
    filtered = "g,n,time_ms\na,2,3\nb,1,5\n,3,4\n"
    assert refusal(filtered, group="g", where="n > 1")[0].startswith("row 3 (line 4): g must not be blank")


def test_runs_become_an_estimate_with_noise(read, refusal):
    text = "n,r1,r2,r3\n1,10,11,90\n2,20,,22\n"
    profile, notes = read(text, runs=["r1", "r2", "r3"], unit="ms")
    assert profile.time_s.tolist() == pytest.approx([11e-3, 21e-3])
    assert profile.table["rounds"].tolist() == [3, 2]
    assert profile.table["noise"].between(0.01, 0.2).all()
    assert notes == ["time is the median of 3 columns of runs, and noise is how well it repeats"]
    fastest, _ = read(text, runs="r1,r2,r3", unit="ms", estimate="min")
    assert fastest.time_s.tolist() == [10e-3, 20e-3]
    assert refusal("n,r1,r2\n1,x,2\n", runs="r1,r2", unit="ms") == [
        "row 1 (line 2): r1 must be > 0 and finite, but is 'x'"
    ]


def test_rows_are_kept_by_a_condition(read, refusal):
    text = "n,dtype,time_ms\n64,fp16,1\n32,fp16,2\n64,fp32,3\n"
    profile, notes = read(text, where='dtype == "fp16" and n >= 64')
    assert profile.time_s.tolist() == [1e-3]
    assert notes == ["--where keeps 1 of 3 rows"]
    assert refusal(text, where="n > 64") == ["no row is left by --where n > 64"]
    with pytest.raises(InputError, match=r"unknown column in --where: 'm'; known"):
        read(text, where="m == 1")


def test_where_can_leave_out_rows_that_break_rules_and_numbers_stay_those_of_the_file(read, refusal):
    text = "n,time_ms\n1,1\n2,NA\n3,-3\n4,4\n"
    assert len(read(text, where='time_ms not in ("NA", "-3")')[0]) == 2
    assert refusal(text, where='time_ms != "NA"') == [
        "row 3 (line 4): time_ms must be > 0 and finite, but is '-3'"
    ]


def test_estimate_makes_rows_of_equal_parameters_one(read):
    text = "n,status,time_ms\n1,ok,10\n2,ok,5\n1,ok,12\n1,ok,50\n3,timeout,\n"
    profile, notes = read(text, estimate="median")
    assert profile.table[["n", "time_s", "rounds", "status"]].values.tolist()[0] == [1, 12e-3, 3.0, "ok"]
    assert profile.table["status"].tolist() == ["ok", "ok", "timeout"]
    assert notes == ["5 rows became 3: the median of rows with equal parameters"]
    assert len(read(text)[0]) == 5


def test_a_group_of_texts_is_no_parameter_and_one_of_numbers_stays_one(read):
    text = "matrix,nnz,tile,time_ms\na,10,4,1\na,10,8,2\nb,20,4,3\nb,20,8,4\n"
    named, notes = read(text, group="matrix")
    assert (named.parameters, named.groups.tolist()) == (("nnz", "tile"), ["a", "a", "b", "b"])
    assert notes == []
    numbered, _ = read(text, group="nnz", ignore="matrix")
    assert (numbered.parameters, numbered.groups.tolist()) == (("nnz", "tile"), ["10", "10", "20", "20"])
    left_out, _ = read(text, group="nnz", ignore="matrix,nnz")
    assert (left_out.parameters, left_out.groups.tolist()) == (("tile",), ["10", "10", "20", "20"])


def test_the_file_beside_says_what_the_command_line_does_not(read, tmp_path):
    (tmp_path / "f.toml").write_text('time = "t"\nunit = "ms"\nkernel-column = "op"\nignore = ["x"]\n')
    text = "op,n,x,t,u_us\ng,1,9,5,7\n"
    names = {"variant": "v", "hardware": "h"}
    profile, _ = read(text, names, parameters="n")
    assert (profile.time_s.tolist(), profile.parameters) == ([5e-3], ("n",))
    assert profile.metadata["columns"]["kernel_column"] == "op"
    won, _ = read(text, names, time="u_us", parameters="n")
    assert won.time_s.tolist() == [7e-6]


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('tim = "t"\n', "f.toml: unknown key 'tim'; did you mean 'time'?"),
        ("time = 3\n", "f.toml: --time must be text and not blank, but got 3"),
        ('unit = "hours"\n', "f.toml: --unit must be one of ns, us, ms, s, min, but got 'hours'"),
        ("time = \n", "f.toml is not TOML"),
        ('where = "n >"\n', "f.toml: expected a column, a number or a quoted text"),
    ],
)
def test_a_wrong_file_beside_is_refused(refusal, tmp_path, toml, message):
    (tmp_path / "f.toml").write_text(toml)
    assert any(message in problem for problem in refusal("n,time_ms\n1,1\n"))


def test_a_campaign_beside_is_no_mapping(read, tmp_path):
    (tmp_path / "f.toml").write_text('out = "x.csv"\n[[measure]]\nkernels = ["matmul"]\n')
    assert len(read("n,time_ms\n1,1\n")[0]) == 1


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time": "tme_ms"}, "--time: unknown column 'tme_ms'; did you mean 'time_ms'?"),
        ({"ignore": "q"}, "--ignore: unknown column 'q'"),
        ({"group": "q"}, "there is no column 'q', which is the group column"),
    ],
)
def test_a_column_that_is_not_there_is_named(refusal, columns, message):
    (problem,) = refusal("n,time_ms\n1,1\n", **columns)
    assert problem.startswith(message)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"time": "a", "wide": "b,c"}, "--time and --wide cannot be given together"),
        ({"time": "a", "ignore": "a"}, "'a' cannot be both --time and --ignore"),
        ({"time": "a", "parameters": "a"}, "'a' cannot be both --time and --parameters"),
        ({"runs": "a"}, "--runs must name at least two columns, but got 'a' alone"),
        ({"wide": "a,b", "variant_column": "c"}, "--wide names the variants"),
        ({"estimate": "best"}, "--estimate must be one of median, min, mean, but got 'best'"),
        ({"parameters": "a,a"}, "--parameters names 'a' twice"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(entries, message):
    with pytest.raises(InputError, match=message):
        ColumnMapping(**entries)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_read_and_said(read, separator):
    text = "n,layout,time_ms\n64,a,1.5\n128,b,2.5\n".replace(",", separator)
    profile, notes = read(text)
    assert profile.time_s.tolist() == [1.5e-3, 2.5e-3]
    assert notes == [f"columns are separated by {'semicolons' if separator == ';' else 'tabs'}"]


def test_decimal_commas_are_read_where_they_can_be_nothing_else(read, refusal):
    profile, notes = read("n;time_ms\n64;1,5\n128;12,25\n")
    assert profile.time_s.tolist() == [1.5e-3, 12.25e-3]
    assert notes[1] == "commas are read as decimal points: '1,5' of column 'time_ms' is 1.5"
    ambiguous = refusal("n;time_ms\n1,024;7\n2,048;8\n")
    assert ambiguous[0].startswith("column 'n': '1,024' may be 1.024 or 1024")
    mixed = refusal("n;time_ms\n1.024;0,5\n2.048;0,75\n")
    assert mixed[0].startswith("column 'time_ms': '0,5' has a comma, and '1.024' of 'n' has a point; write")
    points = refusal("n;time_ms\n1.024;7\n2.048;8\n")
    assert points[0].startswith("column 'n': '1.024' may be 1.024 or 1024; write")
    assert read("x;time_ms\n1.024;0.5\n2.048;0.75\n")[0].X["x"].tolist() == [1.024, 2.048]


def test_a_header_that_both_separators_fit_is_refused(refusal):
    assert refusal("Zeit, ms;n\n1,5;64\n2,5;128\n")[0].startswith("columns may be separated by")


def test_row_indices_blank_columns_and_byte_order_marks_are_no_columns(read):
    profile, notes = read("\ufeff,n,time_ms,,\n0,64,1,,\n1,128,2,,\n")
    assert (profile.parameters, notes) == (("n",), ["column 1 is left out: it numbers the rows"])
    named, notes = read("Unnamed: 0,n,time_ms\n3,64,1\n7,128,2\n")
    assert (named.parameters, notes) == (("n",), ["column 1 ('Unnamed: 0') is left out: it numbers the rows"])
    called, notes = read("index,n,time_ms\n0,64,1\n1,128,2\n")
    assert (called.parameters, notes) == (("n",), ["column 'index' is left out: it numbers the rows"])
    assert read("index,n,time_ms\n0,64,1\n5,128,2\n")[0].parameters == ("index", "n")
    trailing, _ = read("n,time_ms\n64,1,\n128,2,\n")
    assert trailing.X["n"].tolist() == [64, 128]


def test_quoted_numbers_and_repeated_headers(read):
    profile, notes = read('n,time_ms\n"64","1"\nn,time_ms\n"128","2"\n')
    assert profile.X["n"].tolist() == [64, 128]
    assert notes == ["1 row is left out that repeats the header"]


def test_lines_before_the_header_are_skipped_but_never_a_header(read, refusal):
    profile, notes = read("# made by bench\nCPU: 3 GHz\nn,m,time_ms\n1,2,3\n4,5,6\n")
    assert profile.parameters == ("n", "m")
    assert notes == ["the header is line 3: 2 lines before it are not read"]
    commented, _ = read("# a, b\nn,time_ms\n1,2\n4,5\n")
    assert commented.parameters == ("n",)
    assert "cells, but the header has" in refusal("n,time_ms\nabc,1,2\n128,2,3\n64,3,4\n")[0]


@pytest.mark.parametrize("cell", ["NA", "N/A", "-", "null", "#N/A"])
def test_cells_that_say_nothing_are_refused_with_the_way_out(refusal, cell):
    (problem,) = refusal(f"n,m,time_ms\n1,1,1\n2,{cell},1\n3,2,1\n")
    assert problem.startswith("row 2 (line 3): m must be a number as in most rows")
    assert problem.endswith(
        f"is '{cell}'; leave a cell blank where nothing is known, or leave such rows out with --where"
    )


FORMS = {
    "64,000": 64000,
    "64K": 64000,
    "2Mi": 2097152,
    "0x40": 64,
    "1_024": 1024,
    "12 ms": 12,
    "50%": 50,
    "1.5e3 us": 1500,
    "1'024": 1024,
    "2^10": 1024,
    "0,5": 0.5,
}


@pytest.mark.parametrize("cell", FORMS)
def test_numbers_in_another_form_are_refused_or_read_when_asked(read, refusal, cell):
    text = f'n,time_ms\n"{cell}",1\n"{cell}",2\n'
    (problem,) = refusal(text)
    assert problem.startswith(f"column 'n': {cell!r} is a number ")
    assert "--numbers n" in problem
    profile, notes = read(text, numbers="n")
    assert profile.X["n"].tolist() == [FORMS[cell]] * 2
    assert notes == [f"column 'n': {cell!r} is read as {FORMS[cell]}"]


def test_numbers_in_several_units_are_refused_in_any_case(refusal):
    text = "size,time_ms\n512KB,1\n1MB,2\n"
    assert "'512KB' is a number with a unit" in refusal(text)[0]
    assert refusal(text, numbers="size")[0] == (
        "column 'size' has numbers in several units (KB, MB); write them in one"
    )


def test_times_with_units_are_read_when_asked(read, refusal):
    text = "n,time\n1,12 ms\n2,3 us\n3,1.5s\n"
    (problem,) = refusal(text, time="time", unit="s")
    assert problem.endswith(
        "'12 ms' is a number with a unit, which is not read; write 12, or add --numbers time"
    )
    profile, _ = read(text, time="time", unit="s", numbers="time")
    assert profile.time_s.tolist() == [12e-3, 3e-6, 1.5]


def test_the_thousands_of_the_case(perfpred, tmp_path):
    path = CASES / "csv-13-numbers-read-as-categories" / "thousands.csv"
    outcome = perfpred("train", path, "--models", tmp_path / "m")
    assert outcome.code == 2
    assert "column 'n': '1,000' is a number with thousands separators" in outcome.err
    assert "--numbers n" in perfpred("inspect", path, "--json").json["command"]


def test_categories_are_no_numbers_and_nearly_as_many_as_rows_are_warned_of(read):
    rows = "".join(
        f"{size},{i + 1},time\n".replace("time", "1") for i, size in enumerate(["7b-chat", "13b-chat"] * 5)
    )
    assert read("size,n,time_ms\n" + rows)[1] == []
    named = "".join(f"m{i},{i + 1},1\n" for i in range(30))
    assert read("name,n,time_ms\n" + named)[1] == [
        "name is text with 30 values in 30 rows: each value is a category of its own, and no other can be "
        "predicted; --ignore name leaves it out"
    ]


def test_a_file_without_variant_and_hardware_trains_with_a_notice(tmp_path, perfpred):
    n = np.arange(1, 31)
    pd.DataFrame({"n": n, "elapsed_us": 3.0 + n}).to_csv(tmp_path / "f.csv", index=False)
    outcome = perfpred(
        *("train", tmp_path / "f.csv", "--models", tmp_path / "m", "--kernel", "k", "--time", "elapsed_us")
    )
    assert outcome.code == 0, outcome.err
    assert "f.csv: no column names the variant: every row is variant 'default'" in outcome.err
    assert outcome.err.count("f.csv: no column names the hardware") == 1


def test_python_takes_a_mapping_too():
    path = CASES / "csv-17-rows-of-one-input" / "spmm.csv"
    profile = pp.read_profile(path, columns=ColumnMapping(group="nnz"))
    assert profile.groups.nunique() == 25
    assert profile.metadata["columns"] == {"group": "nnz"}


def test_inspect_finds_the_input_that_columns_share(perfpred):
    document = perfpred("inspect", CASES / "csv-17-rows-of-one-input" / "spmm.csv", "--json").json
    assert document["groups"] == [{"columns": ["nnz", "rows"], "values": 25, "group": "nnz"}]
    assert document["repeats"] == {"rows": 200, "settings": 100, "repeated": 200, "most": 2}
    assert document["command"].endswith("--group nnz")
    assert set(document) == {"columns", "repeats", "groups", "terms", "warnings", "command"}


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("n,Run1 (ms),Run2 (ms),Run3 (ms)", "--runs 'Run1 (ms),Run2 (ms),Run3 (ms)'"),
        ("n,cpu_ms,gpu_ms,npu_ms", "--wide cpu_ms,gpu_ms,npu_ms"),
        ("n,elapsed,m,q", "--time elapsed --unit s"),
        ("n,Duration (us),m,q", "--time 'Duration (us)'"),
    ],
)
def test_inspect_and_the_error_name_the_columns_of_times(perfpred, tmp_path, header, options):
    path = tmp_path / "f.csv"
    path.write_text(header + "\n1,2,3,4\n2,3,4,5\n3,4,5,6\n")
    command = perfpred("inspect", path, "--json").json["command"]
    assert sorted(command.split(" --kernel f ")[1].split()) == sorted(options.split())
    error = perfpred("train", path, "--models", tmp_path / "m", "--kernel", "k").err
    assert f"is it {options}" in error


def test_inspect_tells_what_is_wrong_with_rows(perfpred, tmp_path):
    (tmp_path / "f.csv").write_text("n,time_ms\n1,-2\n2,3\n")
    outcome = perfpred("inspect", tmp_path / "f.csv")
    assert outcome.code == 0
    assert "warning: row 1 (line 2): time_ms must be > 0 and finite, but is '-2'" in outcome.out
    assert "perfpred train" in outcome.out


def test_inspect_quotes_what_a_shell_would_read(perfpred, tmp_path):
    path = tmp_path / "my $(bench).csv"
    path.write_text('n,"time, mean [ms]"\n1,2\n2,3\n')
    document = perfpred("inspect", path, "--json").json
    assert "--kernel my_bench --time 'time, mean [ms]'" in document["command"]
    assert f"'{path}'" in document["command"]
    assert json.dumps(document)


def test_a_table_of_headers_alone_is_refused(refusal):
    assert "there is a header but no row: all rows repeat it" in refusal("n,time_ms\nn,time_ms\n")


def test_what_a_profile_needs_itself_is_no_parameter(refusal):
    text = "n,noise,time_ms\n1,0.1,2\n"
    assert "column 'noise' cannot be a parameter of that name" in refusal(text, parameters="n,noise")[0]
    with pytest.raises(InputError, match="cannot be both --group and a column of times"):
        ColumnMapping(time="t", group="t")


def test_no_terms_are_sought_among_more_columns_than_a_model_takes():
    n = 302
    columns = {"kernel": "k", "variant": "v", "hardware": "h", "n": range(1, n + 1)}
    names = [f"run{index}" for index in range(n)]
    rows = pd.DataFrame({**columns, "id": names, "time_s": 1e-6 * np.arange(1, n + 1)})
    assert found_terms(Profile(rows, ("n", "id"))) == {}
    assert list(found_terms(Profile(rows.drop(columns="id"), ("n",))).values()) == ["n"]
