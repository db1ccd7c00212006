"""A campaign with processes that answer from a table: order, stopping, failures, resuming."""

import math
import os
from pathlib import Path

import pytest

from perfpred.errors import InputError, MeasurementError
from perfpred.hardware import Hardware
from perfpred.measure.campaign import Effort, Row, run_campaign
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.process import Subject

SUBJECT = Subject("matmul", "openblas", Hardware("cpu", "avx2", 1))
PLAN = {"kernel": "matmul", "samples": 3}


class Silent:
    def update(self, done, total, note):
        assert done <= total


class Asker:
    """Answers one second a timing on its own clock; a row may answer with a status of its own."""

    def __init__(self, noise=0.0, status=None, stop_after=math.inf):
        self.asked, self.noise, self.status, self.stop_after = [], noise, status or {}, stop_after

    def ask(self, sizes, *, check):
        if len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked.append((sizes["m"], check))
        if sizes["m"] in self.status:
            return {"status": self.status[sizes["m"]], "message": "as asked"}
        drift = 1 + self.noise * (len(self.asked) > 15)
        return {"status": "ok", "time_s": 1e-3 * sizes["m"] * drift, "monitor_s": 5e-6}

    def clock(self):
        return float(len(self.asked))


def run(path, asker, effort=None, resume=False, rows=3):
    with CampaignJournal(path, PLAN, resume=resume) as journal:
        table = [Row(SUBJECT, {"m": m + 1}) for m in range(rows)]
        return run_campaign(table, {SUBJECT: asker}, journal, effort or Effort(), 0, asker.clock, Silent())


def test_quiet_rows_get_the_least_number_of_rounds(tmp_path):
    records = run(tmp_path / "a.journal", Asker())
    assert [len(record.times_s) for record in records] == [12, 12, 12]
    assert [record.times_s[0] for record in records] == pytest.approx([1e-3, 2e-3, 3e-3])
    assert sorted(place for record in records for place in record.order) == list(range(1, 37))


def test_noisy_rows_get_more_rounds_up_to_the_most(tmp_path):
    effort = Effort(min_rounds=12, max_rounds=20)
    records = run(tmp_path / "a.journal", Asker(noise=0.5), effort)
    assert {len(record.times_s) for record in records} == {20}


def test_rounds_are_interleaved_and_reshuffled(tmp_path):
    asker = Asker()
    run(tmp_path / "a.journal", asker, rows=8)
    orders = [tuple(m for m, _ in asker.asked[start : start + 8]) for start in range(0, 96, 8)]
    assert all(sorted(order) == list(range(1, 9)) for order in orders)
    assert len(set(orders)) > 6


def test_a_result_is_checked_once_a_row(tmp_path):
    asker = Asker()
    run(tmp_path / "a.journal", asker)
    assert sum(check for _, check in asker.asked) == 3


def test_a_failed_row_is_kept_and_not_timed_again(tmp_path):
    asker = Asker(status={2: "wrong_result"})
    records = run(tmp_path / "a.journal", asker)
    assert records[1].status == "wrong_result"
    assert records[1].times_s == []
    assert sum(m == 2 for m, _ in asker.asked) == 1


def test_long_rows_get_fewer_rounds(tmp_path):
    effort = Effort(row_budget_s=3e-3 * 5)
    records = run(tmp_path / "a.journal", Asker(), effort)
    assert [len(record.times_s) for record in records] == [12, 8, 5]


def test_the_time_limit_keeps_what_there_is(tmp_path):
    records = run(tmp_path / "a.journal", Asker(), Effort(time_limit_s=7))
    assert sum(len(record.times_s) for record in records) == 7


def test_an_interrupted_campaign_continues_where_it_was(tmp_path):
    path = tmp_path / "a.journal"
    with pytest.raises(KeyboardInterrupt):
        run(path, Asker(stop_after=10))
    rest = Asker()
    records = run(path, rest, resume=True)
    assert len(rest.asked) == 36 - 10
    assert [len(record.times_s) for record in records] == [12, 12, 12]


def test_a_torn_last_line_is_dropped(tmp_path):
    path = tmp_path / "a.journal"
    with pytest.raises(KeyboardInterrupt):
        run(path, Asker(stop_after=10))
    path.write_bytes(path.read_bytes()[:-7])
    records = run(path, rest := Asker(), resume=True)
    assert len(rest.asked) == 36 - 9
    assert [len(record.times_s) for record in records] == [12, 12, 12]


def test_a_finished_journal_asks_nothing(tmp_path):
    run(tmp_path / "a.journal", Asker())
    run(tmp_path / "a.journal", again := Asker(), resume=True)
    assert again.asked == []


def test_an_existing_journal_is_not_overwritten(tmp_path):
    path = tmp_path / "a.journal"
    run(path, Asker())
    with pytest.raises(InputError, match="exists: continue it with --resume"):
        run(path, Asker())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full disk")
def test_a_full_disk_is_said_and_keeps_what_was_timed(tmp_path):
    path = tmp_path / "a.journal"
    with pytest.raises(KeyboardInterrupt):
        run(path, Asker(stop_after=10))
    with CampaignJournal(path, PLAN, resume=True) as journal:
        os.dup2(os.open("/dev/full", os.O_WRONLY), journal._claim.descriptor)
        with pytest.raises(MeasurementError, match="No space left on device; what was timed is kept"):
            journal.append({"row": 0, "status": "ok"})
    assert sum(len(record.times_s) for record in run(path, Asker(), resume=True)) == 36


def test_a_journal_of_another_plan_is_refused(tmp_path):
    path = tmp_path / "a.journal"
    CampaignJournal(path, {**PLAN, "samples": 9}, resume=False).close()
    with pytest.raises(InputError, match="another plan: samples differ"):
        run(path, Asker(), resume=True)


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    path = tmp_path / "a.journal"
    path.write_text("m,n\n1,2\n")
    with pytest.raises(InputError, match="not a journal"):
        run(path, Asker(), resume=True)
