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
