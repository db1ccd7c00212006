"""Reports of what still runs: traces, journals, and a page that follows a file which grows."""

import json
import math

import numpy as np
import pytest

from perfpred.app.commands import report as command
from perfpred.measure.journal import CampaignJournal
from perfpred.report.inputs import read_inputs
from perfpred.report.running import CampaignSoFar, SearchSoFar, read_running

pytest.importorskip("jinja2")
PLAN = {"seed": 0, "parts": [{"kernel": "g", "subjects": [["p", "h"], ["q", "h"]], "samples": 3}]}


def evaluation(value, status="ok", **more):
    return json.dumps({"candidate": {"x": 1}, "time_s": value, "status": status, "cost_s": 1.0} | more)


def test_a_trace_is_read_as_far_as_it_is_written(tmp_path):
    path = tmp_path / "search.jsonl"
    proposed = json.dumps({"proposed": {"x": 1}})
    lines = [
        evaluation(None, "timeout"),
        evaluation(3.0),
        evaluation(2.0, violations={"v": 1.0}),
        evaluation(2.5),
    ]
    path.write_text("\n".join([proposed, *lines, '{"cand']), encoding="utf-8")
    found = read_running(path)
    assert isinstance(found, SearchSoFar)
    np.testing.assert_array_equal(found.best, [math.inf, 3.0, 3.0, 2.5])
    assert found.failed == {"timeout": 1, "infeasible": 1}


def test_a_journal_that_is_being_written_says_how_far_it_is(tmp_path):
    path = tmp_path / "g.journal"
    with CampaignJournal(path, PLAN, resume=False) as journal:
        for row, time_s in ((0, 1e-3), (0, 1.02e-3), (1, 2e-3)):
            journal.append({"row": row, "status": "ok", "time_s": time_s, "monitor_s": 1e-6})
        journal.append({"row": 2, "status": "timeout"})
        found = read_running(path)  # while it is locked
    assert isinstance(found, CampaignSoFar)
    assert (found.kernels, found.timings, found.rows, found.planned) == ("g", 4, 3, 6)
    assert found.failed == {"timeout": 1}
    assert found.noise == pytest.approx(0.02, abs=1e-3)
    assert found.left_s >= 0
    path.write_bytes(path.read_bytes().replace(b"0.002", b"0.003"))
    assert read_running(path).damaged == 1


def test_results_of_halide_bench_are_told_from_other_json(tmp_path):
    rows = [
        {"pipeline": "blur", "budget": 0, "speedup": 1.2},
        {"pipeline": "blur", "budget": None, "speedup": 0.8},
        {"pipeline": "blur", "budget": 10, "speedup": None},
    ]
    (tmp_path / "bench.json").write_text(json.dumps(rows), encoding="utf-8")
    found = read_inputs([tmp_path / "bench.json"], read=pytest.fail)
    assert found.speedups == rows[:1]
    (tmp_path / "other.json").write_text("[1]", encoding="utf-8")
    read = []
    read_inputs([tmp_path / "other.json"], read=read.append)
    assert read == [tmp_path / "other.json"]


def test_the_page_has_them_all(perfpred, tmp_path):
    trace, bench, out = tmp_path / "search.jsonl", tmp_path / "bench.json", tmp_path / "r.html"
    trace.write_text(evaluation(3.0, candidate={"x": "<b>"}) + "\n", encoding="utf-8")
    bench.write_text(json.dumps([{"pipeline": "<i>", "budget": 0, "speedup": 1.2}]), encoding="utf-8")
    with CampaignJournal(tmp_path / "g.journal", PLAN, resume=False):
        outcome = perfpred("report", str(trace), str(bench), str(tmp_path / "g.journal"), "--out", str(out))
    assert outcome.code == 0, outcome.err
    text = out.read_text(encoding="utf-8")
    assert "0 of 6" in text
    assert "best found so far" in text
    assert "Speedups over the fastest autoscheduler" in text
    assert "<b>" not in text
    assert "<i>" not in text


class EndedError(Exception):
    """Ends a watch."""


def test_a_watched_file_is_drawn_again_when_it_grows(tmp_path, monkeypatch):
    path, written = tmp_path / "f.jsonl", []
    path.write_text(evaluation(3.0) + "\n", encoding="utf-8")

    def looks(_):
        if len(written) < 2:
            with path.open("a", encoding="utf-8") as file:
                file.write(evaluation(2.0) + "\n")
        else:
            raise EndedError

    monkeypatch.setattr(command.time, "sleep", looks)
    with pytest.raises(EndedError):
        command._watch([path], lambda: written.append(len(read_running(path).best)))
    assert written == [2, 3]
