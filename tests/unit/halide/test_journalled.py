"""Timings of schedules find their schedule whatever lines of the journal are lost; all failing is failed."""

import json
import warnings

import pytest

pytest.importorskip("halide")
from perfpred.documents.views import NameView
from perfpred.errors import PerfpredWarning
from perfpred.halide.measure.journalled import candidates_of, view, warn_of_unclear
from perfpred.halide.measure.timed import Timer
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.hardware import compiler
from perfpred.measure.journal import CampaignJournal

OK = {"status": "ok", "time_s": 1e-3, "monitor_s": 1e-5}
CANDIDATES = [Candidate((Directive("f", 0, "vectorize", ("x", lanes)),)) for lanes in (2, 4, 8)]


def test_timings_find_their_row_wherever_it_is(tmp_path):
    with CampaignJournal(tmp_path / "a.journal", {}, resume=False) as journal:
        log = NameView(view(journal, "look3", "row"), ["a", "b", "c"])
        for row in range(3):
            log.append({"row": row, **OK})
    with CampaignJournal(tmp_path / "a.journal", {}, resume=True) as journal:
        part = view(journal, "look3", "row")
        assert [entry["row"] for entry in NameView(part, ["c", "a"]).entries()] == [1, 0]
        assert list(NameView(view(journal, "look2", "row"), ["a"]).entries()) == []


def test_unnamed_timings_of_a_damaged_journal_are_left_out_and_counted(tmp_path):
    path = tmp_path / "a.journal"
    lines = [{"format": 1, "started": None, "plan": {}}, {"row": 0, **OK}, {"row": 1, **OK}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with CampaignJournal(path, {}, resume=True) as journal:
        assert [entry["row"] for entry in NameView(view(journal, "row"), ["a", "b"]).entries()] == [0, 1]
    path.write_text(path.read_text() + '{"candidat\n')
    with warnings.catch_warnings(record=True) as found, CampaignJournal(path, {}, resume=True) as journal:
        warnings.simplefilter("always", PerfpredWarning)
        warn_of_unclear(journal)
        assert list(NameView(view(journal, "row"), ["a", "b"]).entries()) == []
    assert any("2 timings bear no name" in str(each.message) for each in found)


def test_candidates_that_are_not_what_was_written_are_lost():
    documents = [each.to_json() for each in CANDIDATES]
    assert candidates_of(documents) == CANDIDATES
    documents[1]["directives"][0][4] = 16
    assert candidates_of(documents) is None
    documents[1]["directives"] = 3
    assert candidates_of(documents) is None


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
def test_a_campaign_without_any_good_row_fails_and_resumes_whatever_was_lost(
    perfpred, soften, tmp_path, monkeypatch
):
    out = tmp_path / "a.csv"
    command = ["halide", "profile", soften, "--size", "96x64", "--threads", "1", "--candidates", "2"]
    command += ["--source", "own", "--min-rounds", "2", "--max-rounds", "2", "--out", out]
    failing = {"status": "runtime_error", "message": "no luck"}
    with monkeypatch.context() as patch:
        patch.setattr(Timer, "ask", lambda self, sizes, check: failing)
        outcome = perfpred(*command)
    assert outcome.code == 1 and "none of 2 rows could be timed; a.meta.json says why" in outcome.err
    assert not (tmp_path / "a.work").exists()

    journal = tmp_path / "a.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    timed = [number for number, line in enumerate(lines) if b'"row"' in line]
    journal.write_bytes(b"".join(line for number, line in enumerate(lines) if number not in timed))
    assert perfpred(*command, "--resume").code == 0
    whole = journal.read_bytes().splitlines(keepends=True)
    assert all(b'"of": "s' in line for line in whole if b'"row"' in line)
    for number, line in enumerate(whole[1:], start=1):
        if b'"row"' not in line:  # candidates, and what became of them when they were compiled
            journal.write_bytes(
                b"".join([*whole[:number], line.replace(b'"', b"'", 1), *whole[number + 1 :]])
            )
            outcome = perfpred(*command, "--resume")
            assert outcome.code == 0 and f"the first is line {number + 1}" in outcome.err
