"""Files as people make them by hand: `inspect` names a command that trains, or says that none does yet."""

import shlex

import pytest

SIZES = (10, 20, 50, 100, 200, 400, 800, 1600)


@pytest.fixture
def written(tmp_path):
    def write(header, row):
        path = tmp_path / "mine.csv"
        path.write_text("\n".join([header, *(row(n) for n in SIZES)]) + "\n")
        return path

    return write


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("n,elapsed_us", lambda n: f'{n},"{1000 + 5 * n:,}.5"'),
        ("n,time", lambda n: f"{n},{1 + n / 200:.2f} ms"),
        ("n,time", lambda n: f"{n},{1000 + 5 * n}us" if n < 100 else f"{n},{1 + n / 200:.2f} ms"),
    ],
)
def test_the_command_for_times_in_other_forms_trains(header, row, written, perfpred, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = perfpred("inspect", written(header, row), "--json").json
    assert document["warnings"] and not any("no time column" in each for each in document["warnings"])
    assert "--unit" not in document["command"]
    assert perfpred(*shlex.split(document["command"])[1:], "--model", "linear-c").code == 0
    name = document["command"].split("--kernel ")[1].split()[0]
    time_s = perfpred("predict", name, "--models", "models", "n=400", "--json").json["time_s"]
    assert time_s == pytest.approx(0.003, rel=0.1)


def test_a_unit_in_the_cells_is_not_asked_for(written, perfpred, tmp_path):
    path = written("n,time", lambda n: f"{n},{1 + n / 200:.2f} ms")
    outcome = perfpred("train", path, "--models", tmp_path / "m", "--kernel", "k", "--time", "time")
    assert outcome.code == 2
    assert "the cells of column 'time' state their units; add --numbers time" in outcome.err


def test_inspect_does_not_offer_a_command_that_is_refused(written, perfpred):
    path = written("n,time_ms", lambda n: f"{n},{'N/A' if n == 50 else n}")
    out = perfpred("inspect", path).out
    assert "warning: row 3 (line 4): time_ms must be a number, but is 'N/A'" in out
    assert "To train on it, once what the warnings name is put right" in out


def test_runs_without_a_unit_are_named(written, perfpred):
    path = written("n,Run1,Run2,Run3", lambda n: f"{n},{n},{n + 1},{n + 2}")
    assert "nothing says the unit of 'Run1, Run2, Run3'" in perfpred("inspect", path).out


@pytest.mark.parametrize("date", ["2026-01-{d:02d}", "2026-01-{d:02d}T10:20:30Z", "{d}/1/2026 9:05 PM"])
def test_dates_are_no_parameters(date, written, perfpred):
    path = written("when,n,time_ms", lambda n: f"{date.format(d=SIZES.index(n) + 1)},{n},{n}")
    document = perfpred("inspect", path, "--json").json
    assert {each["name"]: each["role"] for each in document["columns"]}["when"] == "suspicious"
    assert any(
        "column 'when' is left out: it says when a row was measured" in w for w in document["warnings"]
    )


@pytest.mark.parametrize("version", ["1.2.{d}", "v2026-{d}", "12:0{d}"])
def test_versions_and_clocks_are_not_dates(version, written, perfpred):
    path = written("which,n,time_ms", lambda n: f"{version.format(d=SIZES.index(n))},{n},{n}")
    roles = {each["name"]: each["role"] for each in perfpred("inspect", path, "--json").json["columns"]}
    assert roles["which"] == "category"


@pytest.mark.parametrize("text", ['{"results": []}', ' [\n{"n": 1}]', '\ufeff{\n  "context": {}\n}', "{}"])
@pytest.mark.parametrize("command", ["inspect", "train", "evaluate"])
def test_json_is_for_import(text, command, perfpred, tmp_path):
    path = tmp_path / "my results.json"
    path.write_text(text)
    options = ["--models", tmp_path / "m"] if command == "train" else []
    outcome = perfpred(command, path, *options)
    assert outcome.code == 2
    assert f"this is JSON, not CSV; perfpred import '{path}' --out NAME.csv" in outcome.err.replace("\n", " ")


def test_csv_needs_no_import(written, perfpred, tmp_path):
    path = written("n,time_ms", lambda n: f"{n},{n}")
    outcome = perfpred("import", path, "--out", tmp_path / "out.csv")
    assert outcome.code == 2
    assert f"a CSV needs no import: perfpred inspect {path} shows" in outcome.err


def test_a_file_named_like_an_option(perfpred, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-mine.csv").write_text("n,time_ms\n" + "".join(f"{n},{n}\n" for n in SIZES))
    command = perfpred("inspect", "--json", "--", "-mine.csv").json["command"]
    assert "perfpred train ./-mine.csv" in command


def test_what_is_true_of_all_combinations_is_said_once(tmp_path, perfpred):
    lines = [f"matmul,{variant},here,{n},{n + 1}" for variant in "abc" for n in SIZES]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["kernel,variant,hardware,tokens,time_ms", *lines]) + "\n")
    outcome = perfpred("train", path, "--models", tmp_path / "m", "--model", "linear-c")
    assert outcome.err.count("it is taken for a kernel of your own") == 1
