"""The commands as scripts use them: documents on stdout, exit codes, and what is said of wrong requests."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

EVALUATION_KEYS = {
    *("kernel", "variant", "hardware", "model", "train_size", "repeat", "n_test", "mape", "mape_slowest70"),
    *("median_ape", "p90_ape", "spearman", "coverage90", "n_parameters", "fit_s", "noise"),
}
CHOICE_KEYS = {"kernel", "variant", "hardware", "time_s", "low_s", "high_s", "in_range"}


@pytest.fixture
def models(csv, tmp_path, perfpred):
    folder = tmp_path / "models"
    assert perfpred("train", csv, "--models", folder, "--model", "linear-c").code == 0
    return folder


def test_train_says_what_it_made(csv, tmp_path, perfpred):
    outcome = perfpred("train", csv, "--models", tmp_path / "m", "--train-size", 60, "--json")
    assert outcome.code == 0
    assert [d["variant"] for d in outcome.json] == ["openblas", "eigen"]
    assert all(d["n_parameters"] <= 75 and d["rows"] == 60 for d in outcome.json)
    assert "with fewer than 120 sizes augmented is smaller than it could be" in outcome.err
    assert len(list((tmp_path / "m").glob("*.json"))) == 2


def test_training_twice_with_a_seed_gives_the_same_files(csv, tmp_path, perfpred):
    for name in ("a", "b"):
        assert perfpred("train", csv, "--models", tmp_path / name, "--seed", 3).code == 0
    for first in (tmp_path / "a").iterdir():
        assert first.read_bytes() == (tmp_path / "b" / first.name).read_bytes()


def test_evaluate_keeps_its_contract(csv, perfpred):
    outcome = perfpred(
        *("evaluate", csv, "--model", "linear-c", "--model", "forest-c", "--train-size", 50, "--repeats", 2),
        "--json",
    )
    documents = outcome.json
    assert outcome.code == 0
    assert len(documents) == 2 * 2 * 2
    assert all(set(d) >= EVALUATION_KEYS for d in documents)
    assert {d["n_test"] for d in documents} == {30}
    linear = [d["mape"] for d in documents if d["model"] == "linear-c"]
    assert 0.001 < np.mean(linear) < 0.05


def test_evaluate_prints_a_table_beside_the_noise(csv, perfpred):
    outcome = perfpred("evaluate", csv, "--model", "linear-c", "--train-size", 50, "--repeats", 1)
    assert "noise floor" in outcome.out
    assert "slowest 70%" in outcome.out


def test_predict_keeps_its_contract(models, perfpred):
    query = (
        "predict",
        "matmul",
        "--models",
        models,
        "--variant",
        "eigen",
        "m=512",
        "n=512",
        "k=512",
        "--json",
    )
    outcome = perfpred(*query)
    assert set(outcome.json) == {"time_s", "low_s", "high_s", "in_range", "reason", "this_machine"}
    assert outcome.json["low_s"] < outcome.json["time_s"] < outcome.json["high_s"]
    assert outcome.json["in_range"] is True
    assert outcome.json["time_s"] == pytest.approx(512**3 / 4e10, rel=0.15)


def test_predict_outside_the_range_answers_and_says_so(models, perfpred):
    query = ("predict", "matmul", "--models", models, "--variant", "eigen", "m=9000", "n=5", "k=5")
    assert perfpred(*query, "--json").json["in_range"] is False
    text = perfpred(*query)
    assert text.code == 0
    assert "m=9000 is outside the trained range" in text.out


def test_select_keeps_its_contract(models, perfpred):
    outcome = perfpred("select", "matmul", "--models", models, "m=384", "n=128", "k=900", "--json")
    document = outcome.json
    assert set(document) == {"best", "ranking", "ties", "reason", "left_out", "this_machine"}
    assert all(set(entry) == CHOICE_KEYS for entry in [document["best"], *document["ranking"]])
    assert document["best"]["variant"] == "openblas"
    assert document["best"] == document["ranking"][0]
    top = perfpred("select", "matmul", "--models", models, "--top", 1, "m=384", "n=128", "k=900", "--json")
    assert len(top.json["ranking"]) == 1


def test_export_writes_a_header_or_nothing(models, csv, tmp_path, perfpred):
    out = tmp_path / "bank.h"
    outcome = perfpred("export", models, "--to", "c", "--out", out, "--json")
    assert outcome.code == 0, outcome.err
    assert {d["variant"] for d in outcome.json["models"]} == {"openblas", "eigen"}
    text = out.read_text()
    assert (
        "static inline double matmul_openblas_test_cpu_avx2_1t_seconds(double m, double n, double k)" in text
    )
    assert "static inline int select_matmul(double m, double n, double k)" in text
    forest = tmp_path / "forest"
    assert perfpred("train", csv, "--models", forest, "--model", "forest-c").code == 0
    for wrong, message in (
        (
            (forest, "--out", out),
            "matmul / eigen / test-cpu-avx2-1t: model type Forest cannot be exported to C",
        ),
        ((models, models, "--out", out), "two predictors for matmul"),
        ((models, "--to", "rust", "--out", out), "unknown language 'rust'"),
        ((tmp_path / "nowhere", "--out", out), "there is no such folder"),
        ((models, "--out", tmp_path / "nowhere" / "bank.h"), "cannot write"),
    ):
        refused = perfpred("export", *wrong)
        assert refused.code == 2
        assert message in refused.err
    assert out.read_text() == text


def test_kernels_lists_variants_and_reasons(perfpred):
    document = perfpred("kernels", "--json").json
    assert document[0]["kernel"] == "matmul"
    assert {v["variant"] for v in document[0]["variants"]} >= {"eigen", "onednn", "openblas", "ublas"}
    assert len(document) == 7
    assert all((v["reason"] is None) == v["available"] for v in document[0]["variants"])
    assert "openblas" in perfpred("kernels").out


def test_someone_elses_kernel_trains_and_predicts(tmp_path, perfpred):
    rng = np.random.default_rng(0)
    ranks, threads, mesh = 2.0 ** rng.integers(0, 6, 90), rng.integers(1, 9, 90), rng.integers(20, 200, 90)
    time_ms = (0.5 + 1e-4 * mesh**3 / (ranks * threads)) * np.exp(0.02 * rng.standard_normal(90))
    table = pd.DataFrame({"np": ranks, "threads": threads, "mesh": mesh, "time_ms": time_ms})
    table.to_csv(tmp_path / "solver.csv", index=False)
    names = ("--kernel", "solver", "--variant", "mpi", "--hardware", "cluster")
    work = ("--complexity", "work=mesh**3/(np*threads)")
    trained = perfpred("train", tmp_path / "solver.csv", "--models", tmp_path / "m", *names, *work, "--json")
    assert trained.code == 0, trained.err
    assert trained.json[0]["complexity"] == {"work": "mesh**3/(np*threads)"}
    query = ("predict", "solver", "--models", tmp_path / "m", "np=8", "threads=4", "mesh=100", "--json")
    assert perfpred(*query).json["time_s"] == pytest.approx(1e-3 * (0.5 + 1e-4 * 100**3 / 32), rel=0.1)


def test_a_kernel_without_complexity_trains_with_a_notice(csv, tmp_path, perfpred):
    table = pd.read_csv(csv).assign(kernel="mine")
    table.to_csv(csv, index=False)
    outcome = perfpred("train", csv, "--models", tmp_path / "m", "--json")
    assert outcome.code == 0
    assert "no complexity is known for kernel 'mine'" in outcome.err


WRONG_TABLES = {
    "no time column": (lambda t: t.drop(columns="time_s"), "time_s"),
    "two time columns": (lambda t: t.assign(time_ms=1.0), "time_ms"),
    "negative time": (lambda t: t.assign(time_s=t["time_s"].where(t.index != 6, -1.0)), "row 7"),
    "zero time": (lambda t: t.assign(time_s=t["time_s"].where(t.index != 6, 0.0)), "row 7"),
    "infinite time": (lambda t: t.assign(time_s=t["time_s"].where(t.index != 6, np.inf)), "row 7"),
    "text for a time": (
        lambda t: t.assign(time_s=t["time_s"].astype(object).where(t.index != 6, "fast")),
        "fast",
    ),
    "all-NaN parameter": (lambda t: t.assign(k=np.nan), "k"),
    "no rows": (lambda t: t.head(0), "row"),
    "few rows": (lambda t: t.head(3), "rows|samples"),
}


@pytest.mark.parametrize("case", WRONG_TABLES)
def test_a_wrong_table_is_refused_and_nothing_is_written(case, csv, tmp_path, perfpred):
    change, message = WRONG_TABLES[case]
    change(pd.read_csv(csv)).to_csv(csv, index=False)
    outcome = perfpred("train", csv, "--models", tmp_path / "m")
    assert outcome.code == 2, outcome.err
    assert outcome.err.startswith("error: ")
    assert pd.Series(outcome.err).str.contains(message).all(), outcome.err
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere.csv", "--models", "m"], "nowhere.csv"),
        (["train", "CSV", "--models", "CSV"], "cannot write to the folder"),
        (["train", "CSV", "--models", "M", "--model", "augmentd"], "did you mean 'augmented'?"),
        (["train", "CSV", "--models", "M", "--complexity", "work=m*n*q"], "'q'"),
        (["train", "CSV", "--models", "M", "--complexity", "work=m*n*"], "^"),
        (["train", "CSV", "--models", "M", "--complexity", "m*n"], "--complexity must be NAME=VALUE"),
        (
            ["train", "CSV", "--models", "M", "--model", "paper-nnc", "--train-size", "40"],
            "model paper-nnc has 73 parameters, but there are 40 rows",
        ),
        (["train", "CSV", "--models", "M", "--train-size", "900"], "--train-size) must be in 1..80"),
        (["evaluate", "CSV", "--train-size", "80"], "each needs more than --train-size 80 rows"),
        (["evaluate", "CSV", "--train-size", "-3"], "must be >= 1, but got -3"),
        (["evaluate", "CSV", "--train-size", "50", "--repeats", "0"], "repeats must be from 1 to 100,000"),
        (["predict", "matmul", "--models", "nowhere", "m=1"], "there is no such folder"),
        (["predict", "matmull", "--models", "MODELS", "m=1"], "did you mean 'matmul'?"),
        (["predict", "matmul", "--models", "MODELS", "--variant", "eigen", "m=1", "n=1"], "a value of k"),
        (
            ["predict", "matmul", "--models", "MODELS", "--variant", "eigen", "m=-4", "n=1", "k=1"],
            "m must be >= 1, but got -4",
        ),
        (
            ["predict", "matmul", "--models", "MODELS", "--variant", "eigen", "m=x", "n=1", "k=1"],
            "must hold numbers",
        ),
        (["predict", "matmul", "--models", "MODELS", "m", "n=1"], "must be NAME=VALUE, but got 'm'"),
        (["predict", "matmul", "--models", "MODELS", "m=1", "m=2"], "'m' is given twice"),
        (["select", "matmul", "--models", "MODELS", "m=1", "n=1", "k=nan"], "must be finite"),
        (
            ["select", "matmul", "--models", "MODELS", "--hardware", "gpu", "m=1", "n=1", "k=1"],
            "unknown hardware",
        ),
        (["profile", "matmull", "--out", "x.csv"], "did you mean 'matmul'?"),
        (["profile", "matmul", "--variant", "mkl", "--out", "x.csv"], "unknown variant 'mkl'"),
        (["profile", "matmul", "--threads", "1,two", "--out", "x.csv"], "--threads must be whole numbers"),
        (["profile", "matmul", "--threads", "4096", "--out", "x.csv"], "threads must be in 1.."),
        (["profile", "matmul", "--isa", "avx1024", "--out", "x.csv"], "unknown ISA level"),
        (["profile", "matmul", "--samples", "0", "--out", "x.csv"], "samples must be >= 1"),
        (["profile", "matmul", "--variant", "openblas", "--out", "CSV/x.csv"], "cannot make the folder"),
    ],
)
def test_a_wrong_request_exits_with_2(arguments, message, csv, tmp_path, perfpred, monkeypatch, models):
    monkeypatch.chdir(tmp_path)
    places = {"CSV": csv, "CSV/x.csv": csv / "x.csv", "M": tmp_path / "m2", "MODELS": models}
    outcome = perfpred(*[places.get(argument, argument) for argument in arguments])
    assert outcome.code == 2, (outcome.out, outcome.err)
    assert message in outcome.err
    assert any(line.startswith("error: ") for line in outcome.err.splitlines())
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "m2").exists()
    assert not (tmp_path / "x.csv").exists()


def test_an_edited_model_file_is_refused(models, perfpred):
    path = sorted(models.glob("*.json"))[0]
    path.write_text(path.read_text().replace('"floor": ', '"floor": 1', 1))
    outcome = perfpred("select", "matmul", "--models", models, "m=1", "n=1", "k=1")
    assert outcome.code == 2
    assert "the file was edited" in outcome.err


def test_importing_the_package_loads_no_torch():
    code = (
        "import sys, perfpred; print(sorted({'torch', 'pandas', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_running_as_a_module(models):
    command = [sys.executable, "-m", "perfpred", "select", "matmul", "--models", str(models)]
    done = subprocess.run(
        [*command, "m=9", "n=9", "k=9", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["best"]["variant"] in {"openblas", "eigen"}
    assert done.stderr == ""
    wrong = subprocess.run([*command, "m=9", "--top", "0"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2


def test_public_names_are_all_there():
    import perfpred

    assert all(getattr(perfpred, name) is not None for name in perfpred.__all__)
    assert set(perfpred.__all__) <= set(dir(perfpred))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        perfpred.nothing  # noqa: B018


def test_the_demo_judges_and_selects(csv, perfpred, monkeypatch):
    monkeypatch.setattr("perfpred.shipped.datasets", lambda kernel: [csv])
    monkeypatch.setattr("perfpred.app.commands.demo.TRAIN_SIZE", 50)
    monkeypatch.setattr("perfpred.app.commands.demo.MODELS", ("linear-c", "augmented"))
    outcome = perfpred("demo")
    assert outcome.code == 0, outcome.err
    assert "noise floor" in outcome.out
    assert "m=384 n=128 k=900" in outcome.out
    document = perfpred("demo", "--json").json
    assert {d["model"] for d in document["errors"]} == {"linear-c", "augmented"}
    assert document["selections"][1]["selection"]["best"]["variant"] in {"openblas", "eigen"}


def test_shipped_datasets_are_found():
    from perfpred import shipped
    from perfpred.errors import InputError

    assert len(shipped.datasets("matmul")) >= 7
    with pytest.raises(InputError, match="no shipped datasets"):
        shipped.datasets("nothing")
