"""Files that earlier generations wrote stay readable and mean what they did; see data/documents/make.py."""

import gzip
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import perfpred as pp
from perfpred.hardware import probe
from perfpred.measure.campaign_file import read_campaign
from perfpred.measure.journal import CampaignJournal
from perfpred.predict import store
from perfpred.search import lines_of, trace_of
from perfpred.search.listed import ListedSpace

KEPT = Path(__file__).parents[1] / "data" / "documents"
MEANT = {
    name: meaning
    for path in sorted(KEPT.glob("expected-*.json"))
    for name, meaning in json.loads(path.read_text(encoding="utf-8")).items()
}
QUERIES = [{"m": 1.0, "mode": "a"}, {"m": 17.0, "mode": "b"}, {"m": 100.0, "mode": "a"}]
ROWS = [(x, y) for x in (1, 2) for y in ("row", "column")]
SPACE = ListedSpace(("x", "y"), ROWS, lambda chosen: np.zeros((len(chosen), 1)))


def kept(pattern):
    found = [path.name for path in sorted(KEPT.glob(pattern))]
    assert len(found) >= 3
    return pytest.mark.parametrize("name", found)


def test_every_kept_file_is_read_by_a_test():
    kinds = (
        "first-model-",
        "model-",
        "schedule-",
        "journal-",
        "trace-",
        "profile-",
        "campaign-",
        "expected-",
        "make.py",
    )
    assert all(path.name.startswith(kinds) for path in KEPT.iterdir() if path.is_file())
    assert all((KEPT / name).is_file() for name in MEANT)


@kept("model-*.json")
def test_models(name):
    predictor = store.load(KEPT / name)
    assert (str(predictor.combination), predictor.training.noise) == ("k / v/1 / cpu-1t", 0.03)
    found = [predictor.predict(query) for query in QUERIES]
    numbers = [[each.time_s, each.low_s, each.high_s] for each in found]
    np.testing.assert_allclose(numbers, [each[:3] for each in MEANT[name]], rtol=1e-12)
    assert [each.in_range for each in found] == [each[3] for each in MEANT[name]]
    assert store.dumps(store.loads(store.dumps(predictor))) == store.dumps(predictor)


def test_a_model_of_the_first_days():
    predictor, meant = store.load(KEPT / "first-model-0.json"), MEANT["first-model-0.json"]
    found = [predictor.predict(query) for query in meant["queries"]]
    numbers = [[each.time_s, each.low_s, each.high_s] for each in found]
    np.testing.assert_allclose(numbers, [each[:3] for each in meant["answers"]], rtol=1e-12)
    assert [each.in_range for each in found] == [each[3] for each in meant["answers"]]


@kept("journal-*.journal")
def test_journals(name, tmp_path):
    path = tmp_path / "a.journal"
    shutil.copy(KEPT / name, path)
    plan = {"kernel": "matvec", "of": name.split("-")[1]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with CampaignJournal(path, plan, resume=True) as journal:
            assert list(journal.entries()) == MEANT[name]
            journal.append({"row": 0, "status": "ok", "time_s": 1.0, "monitor_s": 1.0})
    assert path.read_bytes().startswith((KEPT / name).read_bytes())


@kept("trace-*.jsonl")
def test_traces(name):
    trace = trace_of((KEPT / name).read_text(encoding="utf-8").splitlines(), SPACE)
    found = [[list(each.candidate), each.outcome.status, each.outcome.cost_s] for each in trace]
    assert found == MEANT[name] and trace.best.candidate == (2, "row")
    assert trace.pending == (() if name == "trace-1.jsonl" else ((2, "column"),))


@kept("profile-*.csv")
def test_profiles(name):
    profile = pp.read_profile(KEPT / name)
    rows = [{key: None if value != value else value for key, value in row.items()}
            for row in profile.table.to_dict(orient="records")]  # fmt: skip
    assert rows == MEANT[name]["rows"] and profile.metadata == MEANT[name]["metadata"]


@kept("campaign-*.toml")
def test_campaigns(name):
    campaign = read_campaign(KEPT / name, probe())
    assert [part.kernel for part in campaign.plan.parts] == ["matvec"]


@kept("schedule-?.json")
def test_schedules(name):
    pytest.importorskip("halide")
    assert pp.halide.load_schedule(KEPT / name).to_json() == MEANT[name]


@kept("schedule-database-*.json.gz")
def test_schedule_databases(name):
    pytest.importorskip("halide")
    from perfpred.halide.choose.database import load_database

    database, meant = load_database(KEPT / name), MEANT[name]
    assert [each.id for each in database.candidates] == meant["ids"]
    np.testing.assert_array_equal(database.log_time, meant["log_time"])
    n = len(pp.halide.FEATURES)
    found = database.of_unseen(np.vstack([np.ones(n), np.full(n, 3.0)]))
    np.testing.assert_allclose(found, meant["of_unseen"], rtol=1e-12)
    assert database.failed == ({} if "-1." in name else {"s0123456789a": "wrong_result"})


LATEST = max(path.stem.rsplit("-", 1)[1] for path in KEPT.glob("expected-*.json"))
NEXT = "what is written has changed: keep it readable, and keep a new generation, see make.py"


@pytest.mark.parametrize("path", sorted(KEPT.glob(f"model-*-{LATEST}.json")), ids=lambda path: path.name)
def test_models_are_written_as_the_latest_generation(path):
    assert store.dumps(store.load(path)) == path.read_text(encoding="utf-8"), NEXT


def test_schedules_are_written_as_the_latest_generation(tmp_path):
    pytest.importorskip("halide")
    path = KEPT / f"schedule-{LATEST}.json"
    pp.halide.load_schedule(path).save(tmp_path / "a.json")
    assert (tmp_path / "a.json").read_bytes() == path.read_bytes(), NEXT


def test_schedule_databases_are_written_as_the_latest_generation(tmp_path):
    pytest.importorskip("halide")
    from perfpred.halide.choose.database import load_database

    path = KEPT / f"schedule-database-{LATEST}.json.gz"
    written = load_database(path).save(tmp_path).read_bytes()
    assert gzip.decompress(written) == gzip.decompress(path.read_bytes()), NEXT


def test_profiles_are_written_as_the_latest_generation(tmp_path):
    pp.write_profile(pp.read_profile(KEPT / f"profile-{LATEST}.csv"), tmp_path / "a.csv")
    for suffix in (".csv", ".meta.json"):
        kept_bytes = (KEPT / f"profile-{LATEST}{suffix}").read_bytes()
        assert (tmp_path / f"a{suffix}").read_bytes() == kept_bytes, NEXT


def test_traces_are_written_as_the_latest_generation():
    lines = (KEPT / f"trace-{LATEST}.jsonl").read_text(encoding="utf-8").splitlines()
    trace = trace_of(lines, SPACE)
    assert list(lines_of(trace, SPACE)) == lines[: len(trace)], NEXT
