"""Columns that give the time away are left out with a warning; sizes and other parameters never are."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import DataWarning
from perfpred.profile import Profile, read_profile, write_profile
from perfpred.profile.columns.mapping import ColumnMapping

ROOT = Path(__file__).parents[2]
CASE = ROOT / "tests" / "data" / "cases" / "csv-09-column-derived-from-time"
N = 80
RNG = np.random.default_rng(3)
M, N_, K = RNG.integers(10, 5000, N), RNG.integers(10, 5000, N), RNG.integers(10, 500, N)


def noisy(times, sigma=0.02):
    return times * np.exp(sigma * RNG.standard_normal(len(times)))


TIME = noisy(2e-9 * M * N_ * K + 1e-6)
FLOAT = RNG.uniform(0.01, 0.9, N)
NARROW = RNG.uniform(0.5, 0.6, N)
THREADS = RNG.choice([1, 2, 4, 8], N)
REPEATED = noisy(np.repeat(1e-9 * N_[:20], 4), 0.03)


@pytest.fixture
def left_out(tmp_path):
    """Return the columns of a table that are left out on reading, and the warnings."""

    def reading(table, **columns):
        path = tmp_path / "t.csv"
        pd.DataFrame(table).to_csv(path, index=False)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            profile = read_profile(
                path, kernel="k", variant="v", hardware="h", columns=ColumnMapping(**columns)
            )
        gone = [name for name in table if name not in (*profile.parameters, "time_s")]
        return gone, [str(each.message) for each in caught]

    return reading


SIZES = {
    "proportional, exactly": {"n": N_, "time_s": 1e-9 * N_},
    "proportional, noisy": {"n": N_, "time_s": noisy(1e-9 * N_)},
    "two sizes, exactly": {"n": N_, "m": M, "time_s": 1e-9 * N_ * M},
    "threads": {"n": N_, "threads": THREADS, "time_s": noisy(1e-9 * N_ / THREADS)},
    "processes, exactly": {"p": np.arange(1, N + 1), "time_s": 1 / np.arange(1, N + 1)},
    "density": {"n": N_, "density": FLOAT, "time_s": noisy(1e-9 * N_ * FLOAT, 0.01)},
    "density, exactly": {"n": N_, "density": FLOAT, "time_s": 1e-9 * N_ * FLOAT},
    "one real number, exactly": {"x": FLOAT, "time_s": 1e-3 * FLOAT},
    "narrow range": {"block": THREADS, "x": NARROW, "time_s": noisy(1e-3 * NARROW, 0.01)},
    "narrow range, exactly": {"block": THREADS, "x": NARROW, "time_s": 1e-3 * NARROW},
    "megabytes": {"size_mb": np.round(900 * FLOAT, 3), "ranks": THREADS, "time_s": noisy(1e-3 * FLOAT, 0.01)},
    "operations": {"m": M, "n": N_, "k": K, "flops": 2 * M * N_ * K, "time_s": TIME},
    "gigaoperations": {"m": M, "n": N_, "k": K, "gflop": 2e-9 * M * N_ * K, "time_s": TIME},
    "intensity": {"m": M, "n": N_, "k": K, "intensity": 2 * M * N_ / (M + N_), "time_s": TIME},
    "logarithms": {"m": M, "n": N_, "log_mn": np.log(M * N_), "time_s": noisy(1e-9 * M * N_)},
    "clock": {"n": N_, "freq_ghz": RNG.choice([1.2, 2.4, 3.1], N), "time_s": noisy(1e-9 * N_)},
    "bandwidth of the machine": {
        "n": N_,
        "bandwidth": RNG.choice([50.5, 101.3], N),
        "time_s": noisy(1e-9 * N_),
    },
    "iterations to do": {"n": N_, "iterations": K, "time_s": noisy(1e-9 * N_ * K)},
    "time limit": {"n": N_, "timeout_ms": RNG.choice([10, 20, 50], N), "time_s": noisy(1e-9 * N_)},
    "largest row": {"nnz": M, "max_nnz": K, "avg_nnz": M / N_, "time_s": noisy(1e-9 * M)},
    "seed": {"n": N_, "seed": RNG.integers(0, 10**9, N), "time_s": noisy(1e-9 * N_)},
    "repeats": {"n": np.repeat(N_[:20], 4), "time_s": REPEATED},
    "time to simulate": {"mesh": M, "duration": FLOAT, "time_s": noisy(1e-5 * M * FLOAT)},
    "time to simulate, which matters most": {
        "mesh": 100 + M // 6,
        "duration": np.exp(4 * FLOAT),
        "time_s": noisy(1e-5 * (100 + M // 6) * np.exp(4 * FLOAT)),
    },
    "tolerance": {
        "mesh": RNG.integers(10, 40, N),
        "error_tol": RNG.choice([1e-2, 1e-4, 1e-6, 1e-8], N),
        "time_s": noisy(1e-9 * N_),
    },
    "sizes named like counts": {
        "samples": M,
        "max_depth": THREADS,
        "system_size": K,
        "users": N_,
        "time_s": noisy(1e-9 * M / THREADS),
    },
    "grid of times to simulate": {
        "n": np.repeat(N_[:20], 4),
        "duration": np.tile([0.5, 1.0, 2.0, 4.0], 20),
        "time_s": noisy(np.repeat(1e-9 * N_[:20], 4) * np.tile([0.5, 1.0, 2.0, 4.0], 20)),
    },
    "grid of bandwidths": {
        "n": np.repeat(N_[:20], 4),
        "bandwidth": np.tile([25, 50, 100, 200], 20),
        "time_s": noisy(np.repeat(1e-9 * N_[:20], 4) / np.tile([25, 50, 100, 200], 20)),
    },
    "few rows": {"n": [1, 2, 3, 4], "m": [5.5, 6.1, 7.2, 8.3], "time_s": [1.0, 2.0, 3.0, 4.0]},
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_stay(name, left_out):
    assert left_out(SIZES[name]) == ([], [])


REVEALING = {
    "GB/s": (4 * (M * N_ + N_ * K + M * K) / TIME / 1e9, TIME),
    "gflops": (np.round(2 * M * N_ * K / TIME / 1e9, 3), TIME),
    "items_per_second": (M / TIME, TIME),
    "x": (2 * M * N_ * K / TIME, TIME),
    "inverse": (1 / TIME, TIME),
    "in_other_units": (1e3 * TIME, TIME),
    "cpu_time": (noisy(TIME, 0.01), TIME),
    "Min (ns)": ((0.97e9 * noisy(TIME, 0.01)).astype(int), TIME),
    "stddev": (0.01 * noisy(TIME, 0.4), TIME),
    "cycles": ((3e9 * noisy(TIME, 0.01)).astype(int), TIME),
    "energy_j": (120 * noisy(TIME, 0.03), TIME),
    "iterations": (np.maximum(1, (5 / TIME).astype(int)), TIME),
    "speedup": (4e-9 * M * N_ * K / TIME, TIME),
    "speedup_vs_naive": (noisy(4e-9 * M * N_ * K / TIME, 0.01), TIME),
    "p95": (1.2 * noisy(TIME, 0.05), TIME),
    "n_calls": (np.maximum(1, (5 / TIME).astype(int)), TIME),
    "gpu_util": (noisy(1e-7 * M * N_ * K / TIME, 0.005), TIME),
    "user": (noisy(TIME, 0.01), TIME),
    "sys time": (noisy(0.1 * TIME, 0.05), TIME),
    "duration": (noisy(1e3 * TIME, 0.01), TIME),
}


@pytest.mark.parametrize("name", REVEALING)
def test_what_follows_from_the_time_is_left_out_by_name(name, left_out):
    column, time = REVEALING[name]
    table = {"m": M, "n": N_, "k": K, name: column, "time_s": time}
    gone, notes = left_out(table)
    assert gone == [name]
    assert len(notes) == 1
    assert f"column '{name}' is left out: " in notes[0]
    assert "--parameters" in notes[0]
    assert left_out(table, parameters=["m", "n", "k", name]) == ([], [])


def test_what_follows_the_time_from_repeat_to_repeat_is_left_out(left_out):
    table = {"n": np.repeat(N_[:20], 4), "q": noisy(3.1e9 * REPEATED, 0.002), "time_s": REPEATED}
    assert left_out(table)[0] == ["q"]


@pytest.mark.parametrize("name", ["clk", "q"])
def test_what_may_be_measured_with_the_time_is_told(name, left_out):
    time = noisy(1e-9 * M * N_, 0.1)
    column = (2.4e9 * noisy(time, 0.01)).astype(int) if name == "clk" else 1 / noisy(time, 0.02)
    gone, notes = left_out({"m": M, "n": N_, name: column, "time_s": time})
    assert gone == []
    assert len(notes) == 1
    assert notes[0].endswith(f"leave it out with --ignore {name}")
    assert left_out({"m": M, "n": N_, name: column, "time_s": time}, parameters=["m", "n", name])[1] == []


def test_the_case(perfpred):
    document = perfpred("inspect", CASE / "gemm_bench.csv", "--json").json
    roles = {each["name"]: each["role"] for each in document["columns"]}
    assert [name for name, role in roles.items() if role == "suspicious"] == ["tflops", "GBps"]
    assert [name for name, role in roles.items() if role == "parameter"] == ["M", "N", "K"]
    assert sum("is left out" in warning for warning in document["warnings"]) == 2


def test_the_case_trains_without_them(perfpred, tmp_path):
    names = ("--kernel", "g", "--variant", "v", "--hardware", "h", "--complexity", "w=M*N*K")
    outcome = perfpred("train", CASE / "gemm_bench.csv", "--models", tmp_path / "m", *names, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.err.count("column 'tflops' is left out") == 1
    assert perfpred("predict", "g", "--models", tmp_path / "m", "M=512", "N=512", "K=512").code == 0


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "datasets").glob("*.csv")), *sorted((ROOT / "datasets" / "halide").glob("*.csv"))],
    ids=lambda path: path.stem,
)
def test_no_column_of_our_data_sets_is_left_out(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        read_profile(path)


def test_a_parameter_of_a_profile_is_one_when_it_is_read_back(tmp_path):
    table = pd.DataFrame({"m": M, "n": N_, "k": K, "tflops": M * N_ / TIME, "time_s": TIME})
    profile = Profile(table.assign(kernel="k", variant="v", hardware="h"), ("m", "n", "k", "tflops"))
    write_profile(profile, tmp_path / "p.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        back = read_profile(tmp_path / "p.csv")
    assert (back.data_hash, back.metadata) == (profile.data_hash, {})
