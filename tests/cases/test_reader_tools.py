"""Files as benchmark tools write them: one command, with the option that `inspect` names, makes a model."""

import csv as csv_module
import shlex
from pathlib import Path

import pytest

from perfpred.errors import DataWarning
from perfpred.profile import read_profile
from perfpred.profile.columns.mapping import ColumnMapping

DATA = Path(__file__).parents[1] / "data" / "reader"
FALLBACK = {"kernel": "work", "variant": "default", "hardware": "default"}

FILES = {
    "google_benchmark.csv": ("real_time", ("arg0", "arg1", "arg2", "n"), 63),
    "google_benchmark_repetitions.csv": ("real_time", ("n",), 24),
    "google_benchmark_aggregates.csv": ("real_time", ("n",), 15),
    "hyperfine.csv": ("median", ("b", "n"), 24),
    "hyperfine_commands.csv": ("median", ("n",), 6),
    "pytest_benchmark.csv": ("median", ("layout", "m", "n"), 36),
    "nsys_gpu_trace.csv": ("Duration (ns)", None, 90),
    "nsys_kern_sum.csv": ("Med (ns)", ("arg0", "arg1"), 20),
    "hipblaslt_bench.csv": ("us", None, 40),
    "aiter_tuned.csv": ("us", ("cu_num", "M", "N", "K", "splitK"), 48),
    "aiter_profile.csv": ("us", ("cu_num", "M", "N", "K", "splitK"), 66),
}


def read(name, **columns):
    with pytest.warns(DataWarning):
        return read_profile(DATA / name, columns=ColumnMapping(**columns), fallback=FALLBACK)


@pytest.mark.parametrize("name", FILES)
def test_inspect_names_the_time_and_the_parameters(name, perfpred):
    time, parameters, rows = FILES[name]
    document = perfpred("inspect", DATA / name, "--json").json
    assert f"--time {shlex.quote(time)}" in document["command"]
    assert document["groups"] == []
    kinds = [each["name"] for each in document["columns"] if each["role"] in {"parameter", "category"}]
    profile = read(name, time=time)
    assert len(profile) == rows
    assert set(profile.parameters) <= set(kinds)
    if parameters is not None:
        assert profile.parameters == parameters


@pytest.mark.parametrize("name", FILES)
def test_without_its_option_the_error_names_it(name, perfpred, tmp_path):
    outcome = perfpred("train", DATA / name, "--models", tmp_path / "m", "--kernel", "k")
    assert outcome.code == 2
    assert f"is it --time {shlex.quote(FILES[name][0])}?" in outcome.err


@pytest.mark.parametrize(
    "name", ["hyperfine.csv", "pytest_benchmark.csv", "nsys_kern_sum.csv", "google_benchmark_aggregates.csv"]
)
def test_the_command_that_inspect_shows_trains(name, perfpred, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = shlex.split(perfpred("inspect", DATA / name, "--json").json["command"])
    outcome = perfpred(*command[1:], "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json
    assert list((tmp_path / "models").iterdir())


def test_google_benchmark_times_have_the_unit_of_their_row():
    profile = read("google_benchmark.csv", time="real_time")
    with (DATA / "google_benchmark.csv").open() as file:
        typed = list(csv_module.DictReader(file))
    scale = {"ns": 1e9, "us": 1e6}
    expected = [float(row["real_time"]) / scale[row["time_unit"]] for row in typed]
    assert {row["time_unit"] for row in typed} == {"ns", "us"}
    assert profile.time_s.tolist() == pytest.approx(expected, rel=1e-12)
    assert profile.table["kernel"].unique().tolist() == ["BM_gemm", "BM_sum"]


def test_google_benchmark_failures_are_rows_with_a_status(tmp_path):
    path = tmp_path / "g.csv"
    header = "name,iterations,real_time,cpu_time,time_unit,error_occurred,error_message"
    rows = ['"BM_x/8",10,1.5,1.5,ns,,', '"BM_x/16",,,,,true,"out of memory"', '"BM_x/32",5,3,3,ns,,']
    path.write_text("\n".join([header, *rows]) + "\n")
    with pytest.warns(DataWarning):
        profile = read_profile(path, columns=ColumnMapping(time="real_time"), fallback=FALLBACK)
    assert profile.table["status"].tolist() == ["ok", "runtime_error", "ok"]
    assert profile.X["arg0"].tolist() == [8, 16, 32]


def test_google_benchmark_with_several_functions_of_one_kernel_has_variants():
    with pytest.warns(DataWarning):
        profile = read_profile(
            DATA / "google_benchmark.csv", kernel="k", hardware="h", columns=ColumnMapping(time="real_time")
        )
    assert profile.table["variant"].unique().tolist() == ["BM_gemm", "BM_sum"]


def test_parameters_named_as_columns_of_a_profile_keep_out_of_their_way(tmp_path):
    header = "name,iterations,real_time,cpu_time,time_unit"
    rows = ['"BM_c/kernel:3/noise:1",1,2,3,ns', '"BM_c/kernel:5/noise:2",1,3,3,ns']
    (tmp_path / "g.csv").write_text("\n".join([header, *rows]) + "\n")
    with pytest.warns(DataWarning):
        profile = read_profile(tmp_path / "g.csv", columns=ColumnMapping(time="real_time"), fallback=FALLBACK)
    assert profile.parameters == ("arg_kernel", "arg_noise")
    assert profile.table["kernel"].unique().tolist() == ["BM_c"]
    lines = (DATA / "hyperfine.csv").read_text().replace("parameter_b", "parameter_variant", 1).splitlines()
    (tmp_path / "h.csv").write_text("\n".join(lines) + "\n")
    with pytest.warns(DataWarning):
        profile = read_profile(tmp_path / "h.csv", columns=ColumnMapping(time="mean"), fallback=FALLBACK)
    assert profile.parameters == ("arg_variant", "n")


def test_statistics_over_repetitions_are_no_rows_of_their_own():
    medians = read("google_benchmark_aggregates.csv", time="real_time")
    assert medians.table["noise"].notna().all()
    repetitions = read("google_benchmark_repetitions.csv", time="real_time", estimate="median")
    assert repetitions.table["rounds"].tolist() == [3.0] * 8


def test_commands_that_differ_are_variants():
    profile = read("hyperfine_commands.csv", time="mean")
    assert profile.table["variant"].nunique() == 2
    assert all("{n}" in variant for variant in profile.table["variant"])


def test_a_trace_has_the_kernels_and_the_device_of_its_launches():
    table = read("nsys_gpu_trace.csv", time="Duration (ns)").table
    assert table["kernel"].nunique() == 2
    assert table["hardware"].unique().tolist() == ["NVIDIA H100 80GB HBM3 (0)"]


def test_kernels_timed_at_each_problem_are_variants_and_chosen_ones_are_results():
    assert read("aiter_profile.csv", time="us").table["variant"].nunique() == 3
    assert read("aiter_tuned.csv", time="us").table["variant"].unique().tolist() == ["default"]
    kept = read("aiter_tuned.csv", time="us", variant_column="kernelName")
    assert kept.table["variant"].nunique() == 6


def test_a_summary_without_any_parameter_is_refused(tmp_path, perfpred):
    lines = (DATA / "nsys_kern_sum.csv").read_text().splitlines()
    (tmp_path / "s.csv").write_text("\n".join([lines[0], lines[-1]]) + "\n")
    outcome = perfpred("train", tmp_path / "s.csv", "--models", tmp_path / "m", "--time", "Med (ns)")
    assert outcome.code == 2
    assert "the summary has no parameter" in outcome.err
