"""What commands print: to the character, but for moments, folders and the machine."""

import json
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MODELS = PROJECT / "models"
MATMUL = ("matmul", "m=512", "n=384", "k=256")
ON = ("--variant", "openblas", "--hardware", "intel-xeon-6-207-avx512-1t")
FFT = Path("docs/examples/fft.csv")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Paths are given relative to the project."""
    monkeypatch.chdir(PROJECT)


@pytest.fixture
def printed(perfpred, golden):
    """Run a command that must succeed, and compare what it prints: stdout, then stderr."""

    def check(*arguments):
        done = perfpred(*arguments)
        assert done.code == 0, done.err
        golden.check(f"{done.out}{done.err and '--- stderr'}\n{done.err}")

    return check


def test_predict(printed):
    printed("predict", *MATMUL, "--models", "models", *ON)


def test_select(printed):
    printed("select", *MATMUL, "--models", "models", "--hardware", "intel-xeon-6-207-avx512-1t")


def test_inspect(printed):
    printed("inspect", FFT)


def test_inspect_json(perfpred, golden):
    golden.check(json.dumps(perfpred("inspect", FFT, "--json").json, indent=1), ".json")


@pytest.fixture
def imported(perfpred, extracts, tmp_path):
    """A small tuning space as a profile, and what importing it printed."""
    path = tmp_path / "convolution.csv"
    source = extracts.relative_to(PROJECT) / "convolution_milo-A6000.T4.json"
    done = perfpred("import", source, "--kernel", "convolution", "--hardware", "a6000", "--out", path)
    return path, done


def test_import(imported, golden):
    path, done = imported
    golden.check(f"{done.out}{done.err}\n{path.read_text()}")


def test_search(imported, printed):
    printed("search", imported[0], "--strategy", "random", "--budget", "10,20", "--repeats", "3")


def test_export(printed, tmp_path):
    printed("export", "models/matvec-naive-intel-xeon-6-207-avx512-1t.json", "--out", tmp_path / "models.h")


def test_a_wrong_request(perfpred, golden):
    done = perfpred("predict", "matmull", "m=512", "--models", "models")
    golden.check(f"{done.code}\n{done.err}")
