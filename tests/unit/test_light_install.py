"""Without its extras the package predicts and selects; what needs more says which extra to install."""

import json
import os
import subprocess
import sys
from importlib.metadata import requires

import pytest

from perfpred.extras import EXTRA_OF, MissingPackageError, missing_package

HEAVY = ("pandas", "torch", "sklearn", "scipy", "joblib", "lightgbm", "matplotlib", "halide")
WITHOUT = f"""
import sys
for name in {HEAVY}:
    sys.modules[name] = None
"""


@pytest.fixture
def light(tmp_path):
    """Run Python in an empty folder as if the extras' packages were not installed."""

    def run(code, *arguments):
        return subprocess.run(
            [sys.executable, "-c", WITHOUT + code, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "100"},
            timeout=120,
            check=False,
        )

    return run


MAIN = "from perfpred.app.main import main; main()"


def test_predict_and_select_need_no_extra(light, tmp_path):
    predicted = light(MAIN, "predict", "softmax", "--variant", "eigen", "--json", *QUERY)
    assert predicted.returncode == 0, predicted.stderr
    assert json.loads(predicted.stdout)["time_s"] > 0
    selected = light(MAIN, "select", "softmax", "--json", "m=100", "n=1000")
    assert selected.returncode == 0, selected.stderr
    assert len(json.loads(selected.stdout)["ranking"]) > 3


QUERY = ("--hardware", "intel-xeon-6-207-avx512-1t", "m=100", "n=1000")


def test_a_table_needs_no_extra(light, tmp_path):
    (tmp_path / "queries.csv").write_text("m,n\n100,1000\n7,50\n")
    chosen = light(MAIN, "select", "softmax", "--table", "queries.csv")
    assert chosen.returncode == 0, chosen.stderr
    assert len(chosen.stdout.splitlines()) == 3


@pytest.mark.parametrize("command", [("train", "f.csv", "--models", "m"), ("inspect", "f.csv"), ("demo",)])
def test_what_needs_more_names_the_extra(light, tmp_path, command):
    (tmp_path / "f.csv").write_text("kernel,variant,hardware,n,time_s\nk,v,h,1,0.5\n")
    told = light(MAIN, *command)
    assert told.returncode == 2
    assert "pip install 'perfpred[train]'" in told.stderr
    assert "Traceback" not in told.stderr


def test_python_names_the_extra_too(light):
    told = light("import perfpred\ntry: perfpred.train\nexcept ImportError as error: print(error)")
    assert told.stdout.strip() == "this needs pandas, which is not installed: pip install 'perfpred[train]'"


def test_another_missing_module_stays_what_it_is():
    assert missing_package(ModuleNotFoundError("No module named 'x'", name="x")) is None
    assert missing_package(ImportError("cannot import name", name="pandas")) is None
    assert isinstance(missing_package(ModuleNotFoundError("", name="torch.nn")), MissingPackageError)


def test_every_extra_named_exists():
    offered = {
        part.split("extra ==")[1].strip(" '\"") for part in requires("perfpred") or () if "extra ==" in part
    }
    if "train" not in offered:
        pytest.skip("the installed metadata are of an earlier version")
    assert set(EXTRA_OF.values()) <= offered


def test_the_doctor_says_what_is_missing(light):
    checks = {each["name"]: each for each in json.loads(light(MAIN, "doctor", "--json").stdout)}
    assert {"version", "hardware", "noise", "shipped models", "variant naive"} <= set(checks)
    assert all(each["state"] in ("ok", "missing", "warning", "broken") for each in checks.values())


def test_the_version(light):
    import perfpred

    told = light(MAIN, "--version")
    assert told.stdout.strip() == f"perfpred {perfpred.__version__}", told.stderr
