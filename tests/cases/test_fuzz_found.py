"""What benchmarks/fuzz.py found: one test for each rule that was missing."""

import json
import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import perfpred as pp
from perfpred.errors import InputError, require_repeats
from perfpred.learn.fitting import terms
from perfpred.predict import reading
from perfpred.tuning.replay import Trial

LONG = "size > 1 and " * 2000 + "size > 1"


def refused(call):
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "unit = 0x" + "f" * 5000,
        f"unit = {json.dumps(LONG)}",
        f"time = {json.dumps(['took'] * 10_000)}",
        f"runs = {json.dumps([LONG])}",
        f"runs = {json.dumps([LONG, LONG])}",
        f"ignore = [0x{'f' * 5000}]",
        "group = [" + "[" * 200 + "]" * 200 + "]",
        f"where = {json.dumps(LONG)}",
        f"group = {json.dumps(LONG)}",
        f"time = {json.dumps(LONG)}\nignore = [{json.dumps(LONG)}]",
    ],
)
def test_values_of_a_mapping_are_short_in_messages(line, tmp_path):
    (tmp_path / "in.csv").write_text("size,took\n8,1\n16,2\n")
    (tmp_path / "in.toml").write_text(line + "\n")
    message = refused(lambda: pp.read_profile(tmp_path / "in.csv", kernel="k", variant="v", hardware="h"))
    assert "in.toml" in message or "--" in message or "group" in message
    assert max(map(len, message.splitlines())) < 1000


@pytest.mark.parametrize("cell", ["e" * 131_072, "9" * 5000])
def test_cells_of_repeated_runs_are_short_in_messages(cell, tmp_path):
    (tmp_path / "in.csv").write_text(f"size,a_ms,b_ms\n8,1,2\n16,{cell},2\n")
    (tmp_path / "in.toml").write_text('runs = ["a_ms", "b_ms"]\n')
    message = refused(lambda: pp.read_profile(tmp_path / "in.csv", kernel="k", variant="v", hardware="h"))
    assert max(map(len, message.splitlines())) < 1000


def test_terms_whose_error_is_no_number_are_not_taken():
    errors = {"m": np.nan, "m*n": 0.5, "n": 0.1}
    assert terms._best(["m", "m*n", "n"], errors, 1.0) == "n"
    assert terms._best(["m"], errors, 1.0) is None


def test_a_path_that_no_system_takes_is_short_in_the_message(tmp_path):
    command = [sys.executable, "-m", "perfpred", "predict", "k", "m=1", "--models", "a" * 5000]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert 0 < len(done.stderr) < 1000


def test_the_origin_of_an_expression_is_told_of_formulas_whose_inputs_are_texts():
    predictor = SimpleNamespace(
        training=SimpleNamespace(found=False, complexity={}),
        formula=SimpleNamespace(inputs=("log2(m)",)),
        combination=SimpleNamespace(kernel="k"),
        parameters=("m",),
    )
    assert "training made" in reading._origin(predictor, "cannot evaluate 'log2(m)' here")


def test_too_few_sizes_to_leave_some_out_have_no_terms():
    sizes = {"m": np.array([1.0, 2.0, 3.0, 4.0])}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert terms.terms_of(sizes, 1e-6 * sizes["m"]) == {}


@pytest.mark.parametrize("repeats", [0, 100_001, 10**400])
def test_repeats_have_bounds(repeats):
    assert len(refused(lambda: require_repeats(repeats))) < 200


def test_a_file_of_many_problems_is_refused_with_their_number(tmp_path):
    rows = "".join(f"k,v,h,{n},-1\n" for n in range(1, 3001))
    (tmp_path / "in.csv").write_text("kernel,variant,hardware,m,time_s\n" + rows)
    message = refused(lambda: pp.read_profile(tmp_path / "in.csv"))
    assert "3000 problems" in message
    assert "and 2980 more" in message


def test_many_blank_cells_are_reported_by_their_columns(tmp_path):
    names = [f"p{i}" for i in range(200)]
    rows = [f"k,v,h,{','.join(['1' if n % 2 else ''] * 200)},1" for n in range(200)]
    (tmp_path / "in.csv").write_text("\n".join([f"kernel,variant,hardware,{','.join(names)},time_s", *rows]))
    message = refused(lambda: pp.read_profile(tmp_path / "in.csv"))
    assert "column 'p0' must be given in every row" in message
    assert "it is blank in 100 rows" in message


def test_budgets_have_bounds():
    assert len(refused(lambda: Trial(("random",), (10**400,)))) < 200


def test_arguments_are_short_in_messages():
    command = [sys.executable, "-m", "perfpred", "inspect", "a.csv", "9" * 100_000]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unexpected extra argument" in done.stderr
    assert len(done.stderr) < 4000


def test_equal_predictions_have_no_rank_correlation_and_no_warning(tmp_path):
    rows = "".join(f"k,v,h,{n},0.001\n" for n in range(1, 13))
    (tmp_path / "in.csv").write_text("kernel,variant,hardware,m,time_s\n" + rows)
    profile = pp.read_profile(tmp_path / "in.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = pp.evaluate(profile, models=["linear-c"], repeats=1, n_jobs=1)
    assert np.isnan(found["spearman"]).all()


def test_what_is_noticed_of_data_while_choosing_is_a_sentence_not_a_warning(tmp_path):
    rows = [f"k,v,h,{n},{b},{n * b * s}" for n in (16, 32, 64) for b in (1, 2, 4) for s in (1, 3)]
    (tmp_path / "in.csv").write_text("\n".join(["kernel,variant,hardware,n,block,time_ms", *rows, ""]))
    command = [sys.executable, "-m", "perfpred", "best", "in.csv", "n=48"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "very different results" in done.stderr
    assert "Warning" not in done.stderr


def test_a_key_of_a_mapping_that_is_spelled_in_two_ways(tmp_path):
    (tmp_path / "f.csv").write_text("lib,n,time_s\na,1,1e-6\nb,2,2e-6\n")
    (tmp_path / "f.toml").write_text('kernel_column = "lib"\nkernel-column = "lib"\n')
    with pytest.raises(InputError, match=r"f\.toml: 'kernel_column' is given twice, also as 'kernel-column'"):
        pp.read_profile(tmp_path / "f.csv")
