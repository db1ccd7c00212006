"""What campaigns take for a timing, when they stop, and what profiles and cards say of what was timed."""

import dataclasses
import math
import re
from contextlib import contextmanager

import numpy as np
import pytest

from perfpred.cards.dataset import card
from perfpred.errors import InputError, MeasurementError
from perfpred.hardware import Hardware, Machine
from perfpred.measure import recheck as rechecking
from perfpred.measure.campaign import Effort, InMemoryLog, Row, RowRecord, run_campaign
from perfpred.measure.destination import Destination, card_path, stem
from perfpred.measure.entries import problem, timings_in_range
from perfpred.measure.plan import Part
from perfpred.measure.process import Subject
from perfpred.measure.profiling import describe
from perfpred.measure.results import outcomes_of, to_profile
from perfpred.progress import NullProgress

MACHINE = Machine(
    cpu="test-cpu-6-85",
    model_name="Test CPU",
    microarchitecture="zen",
    cores=4,
    affinity=(0, 1),
    memory_bytes=1 << 34,
    caches_bytes={"L1d": 32768, "L2": 1 << 20},
    flags=("avx2", "fma", "sse4_2"),
    governor="performance",
    system="Linux",
)
ONE, TWO = (Subject("matvec", "openblas", Hardware(MACHINE.cpu, "avx2", threads)) for threads in (1, 2))
SIZES = ({"m": 8, "n": 4}, {"m": 16, "n": 4}, {"m": 32, "n": 4})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"min_rounds": 0}, r"min_rounds must be in 1\.\.100000, but got 0"),
        (
            {"min_rounds": 100_001, "max_rounds": 100_001},
            r"min_rounds must be in 1\.\.100000, but got 100001",
        ),
        ({"max_rounds": 11}, r"max_rounds must be in 12\.\.100000, but got 11"),
        ({"target_noise": 0.0}, r"target_noise must be > 0, but got 0\.0"),
        ({"target_noise": math.nan}, "target_noise must be > 0, but got nan"),
        ({"target_noise": math.inf}, "target_noise must be > 0, but got inf"),
        ({"row_budget_s": 0}, "row_budget_s must be > 0, but got 0"),
        ({"row_limit_s": 0}, r"row_limit_s must be in 0\.\.1e\+06, but got 0"),
        ({"row_limit_s": 2e6}, r"row_limit_s must be in 0\.\.1e\+06, but got 2000000"),
        ({"time_limit_s": math.nan}, "time_limit_s must be a number, but got nan"),
    ],
)
def test_an_effort_that_never_ends_or_begins_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        Effort(**change)


@pytest.mark.parametrize(
    ("times_s", "enough"),
    [
        ([1.0] * 3, False),
        ([2.0] * 3, False),  # over the budget, but fewer than four
        ([2.0] * 4, True),
        ([1e-3] * 11, False),
        ([1e-3] * 12, True),
        ([1e-3] * 6 + [2e-3] * 6, False),  # it does not repeat
        ([1e-3] * 20 + [2e-3] * 20, True),  # but nobody waits longer
    ],
)
def test_when_a_row_was_timed_enough(times_s, enough):
    assert Effort().enough(times_s) is enough


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ({"row": 0, "status": "timeout", "message": "no answer"}, None),
        ({"look3": 0, "status": "ok", "time_s": 1.0, "monitor_s": 1.0, "give_up": True, "stage": 1}, None),
        ({"row": 0, "look1": 0, "status": "timeout"}, "neither a timing nor anything else"),
        ({"row": 0, "status": "ok", "time_s": 1.0}, "it lacks monitor_s"),
        ({"row": 0, "status": "timeout", "time_s": 1.0}, "a timing has no 'time_s'"),
        ({"row": 0, "status": "lost"}, "status cannot be lost"),
        ({"row": True, "status": "timeout"}, "row cannot be True"),
        ({"row": 1 << 60, "status": "timeout"}, "row cannot be"),
        ({"row": 0, "status": "ok", "time_s": math.inf, "monitor_s": 1.0}, "time_s cannot be inf"),
        ({"row": 0, "status": "ok", "time_s": "1", "monitor_s": 1.0}, "time_s cannot be 1"),
        ({"row": 0, "status": "timeout", "message": 7}, "message cannot be 7"),
        ({"stage": 0, "new": [1, 2], "anchors": []}, None),
        ({"stage": 0, "new": [1, -2], "anchors": []}, r"new cannot be \[1, -2\]"),
        ({"stage": 0, "finding": {"rows": 3, "error": 0.1, "noise": 0}}, None),
        ({"stage": 0, "finding": {"rows": 3, "error": -0.1, "noise": 0}}, "finding cannot be"),
        ({"stage": 0, "finding": {"rows": 3}}, "finding cannot be"),
        ({"candidates": [{}], "notes": ["why"]}, None),
        ({"candidates": [[]], "notes": []}, r"candidates cannot be \[\[\]\]"),
        ({"proposed": 1, "schedules": "none"}, "schedules cannot be none"),
        ({"compiled": "s1", "status": "ok", "message": "", "codes": [], "compile_s": 0.0}, None),
        (
            {"compiled": "s1", "status": "ok", "message": "", "codes": [], "compile_s": -1},
            "compile_s cannot be -1",
        ),
    ],
)
def test_what_a_journal_may_hold(entry, wrong):
    found = problem(entry)
    assert (found is None) == (wrong is None)
    assert re.search(wrong or "", found or "")


def test_timings_of_rows_that_there_are_not_are_left_out():
    entries = [{"row": 0}, {"row": 3}, {"row": -1}, {"stage": 0}, {"row": 2}]
    assert list(timings_in_range(entries, 3)) == [{"row": 0}, {"row": 2}]


class Replies:
    """Gives replies in turn, the last one for ever."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), 0

    def ask(self, sizes, *, check):
        self.asked += 1
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def ok(time_s=1e-3, **more):
    return {"status": "ok", "time_s": time_s, "monitor_s": 5e-6, **more}


def campaign(asker, effort=None):
    rows = [Row(ONE, SIZES[0])]
    return run_campaign(rows, {ONE: asker}, InMemoryLog(), effort or Effort(), 0, lambda: 0.0, NullProgress())


def test_a_reply_that_cannot_be_is_a_failure_that_says_so():
    (record,) = campaign(Replies(ok(0.0)))
    assert record.failed and record.times_s == []
    assert record.message == "an impossible reply: time_s cannot be 0.0"


def test_a_row_that_its_process_gives_up_keeps_what_it_has():
    asker = Replies(ok(), ok(2e-3, give_up=True))
    (record,) = campaign(asker)
    assert (asker.asked, record.times_s, record.failed, record.finished) == (2, [1e-3, 2e-3], False, True)


def test_a_failure_after_timings_ends_the_row():
    (record,) = campaign(Replies(ok(), {"status": "timeout", "message": "no answer"}))
    assert (record.status, record.message, len(record.times_s)) == ("timeout", "no answer", 1)


def timed(times_s, first=1):
    order = list(range(first, first + len(times_s)))
    return RowRecord(list(times_s), order, [5e-6] * len(times_s))


def results(records, subjects=(ONE,), chosen=None):
    part = Part("matvec", tuple(subjects), SIZES)
    outcomes = outcomes_of(part.rows, records)
    return to_profile(part, outcomes, MACHINE, Effort(), {"measured": {"ended": "now"}}, chosen)


FAILED = RowRecord(status="timeout", message="no answer within 60 s")


def test_a_profile_keeps_failures_and_leaves_out_what_was_never_timed():
    profile = results([timed([1e-3] * 4), FAILED, RowRecord()])
    assert profile.table["status"].tolist() == ["ok", "timeout"]
    assert profile.table["time_s"].tolist() == [pytest.approx(1e-3), pytest.approx(math.nan, nan_ok=True)]
    assert profile.metadata["failures"] == [
        {
            **{"variant": "openblas", "hardware": ONE.hardware.id, "m": 16, "n": 4},
            **{"status": "timeout", "message": "no answer within 60 s"},
        }
    ]
    assert profile.metadata["statistics"]["rows"] == 3
    assert profile.metadata["statistics"]["rows_ok"] == 1


def test_nothing_timed_is_no_profile():
    assert results([RowRecord(), RowRecord(), RowRecord()]) is None


def test_a_profile_of_some_subjects_holds_their_rows_alone():
    records = [timed([1e-3] * 4, 1 + 4 * index) for index in range(6)]
    profile = results(records, (ONE, TWO), [TWO])
    assert profile.table["hardware"].unique().tolist() == [TWO.hardware.id]
    assert len(profile) == 3


def test_the_card_says_what_where_how_and_how_well():
    text = card(results([timed([1e-3] * 4), FAILED, RowRecord()]), "matvec.csv")
    assert text.startswith("# matvec.csv\n")
    assert "1 rows timed of 2" in text
    assert "Test CPU (zen), 4 cores, L1d 32 KiB, L2 1024 KiB; Linux" in text
    assert "12 to 40 rounds, 4.0 on average, until the noise is below 2%" in text
    assert "0.00%: the mean over rows" in text
    assert "|" not in text


def test_the_card_of_several_combinations_lists_them():
    records = [timed([1e-3] * 4, 1 + 4 * index) for index in range(6)]
    text = card(results(records, (ONE, TWO)), "matvec.csv")
    assert "2 combinations, listed below" in text
    assert f"| openblas | {TWO.hardware.id} | 3 | 0.00% |" in text


def test_the_card_of_failures_alone_knows_no_noise():
    profile = results([FAILED, FAILED, RowRecord()])
    assert "unknown: no row was timed" in card(profile, "matvec.csv")
    (described,) = describe({"a.csv": profile})
    assert (described["rows"], described["rows_ok"], described["file"]) == (2, 0, "a.csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", "a"), ("a.csv.gz", "a"), ("a.gz", "a"), ("a.b.csv", "a.b"), ("a", "a")],
)
def test_names_beside_a_csv(tmp_path, name, expected):
    assert stem(tmp_path / name) == expected
    assert card_path(tmp_path / name) == tmp_path / f"{expected}.md"


@pytest.mark.parametrize(
    ("out", "journal"),
    [
        ("a.csv", "a.journal"),
        ("{kernel}.csv", "campaign.journal"),
        ("{kernel}/{variant}/a.csv", "a.journal"),
        ("data/{kernel}-{cpu}/all_{variant}.csv.gz", "data/all.journal"),
        ("data/x{hardware}.csv", "data/x.journal"),
    ],
)
def test_the_journal_lies_beside_the_outputs_or_above_their_folders(out, journal):
    assert Destination(out).journal.as_posix() == journal


def profile_of():
    return results([timed([1e-3] * 4, 1 + 4 * index) for index in range(3)])


class SlowerBy:
    """Stands for the processes: each row takes so many times as long as it was recorded."""

    def __init__(self, factor):
        self.factor = factor

    def ask(self, sizes, *, check):
        return ok(1e-3 * self.factor)


@pytest.mark.parametrize(("factor", "valid"), [(1.0, True), (1.09, True), (1.2, False), (0.8, False)])
def test_a_recheck_measures_rows_again_and_compares(monkeypatch, factor, valid):
    @contextmanager
    def children(subjects, limits):
        yield dict.fromkeys(subjects, SlowerBy(factor))

    monkeypatch.setattr(rechecking, "processes", children)
    monkeypatch.setattr(rechecking, "prepare", lambda subjects: None)
    found = rechecking.recheck(profile_of(), MACHINE, NullProgress(), lambda: 0.0, n_rows=2)
    assert (found.rows, found.valid) == (2, valid)
    assert found.shift == pytest.approx(factor - 1)


def test_a_recheck_of_another_machines_rows_names_it():
    other = dataclasses.replace(MACHINE, cpu="another-6-1")
    with pytest.raises(
        InputError, match=f"the data describes {ONE.hardware.id}; this machine is another-6-1"
    ):
        rechecking.recheck(profile_of(), other, NullProgress(), lambda: 0.0)


def test_a_recheck_where_nothing_can_be_timed_says_why(monkeypatch):
    monkeypatch.setattr(rechecking, "_measure", lambda rows, *_: [FAILED for _ in rows])
    with pytest.raises(
        MeasurementError, match="none of 3 rows could be measured again: no answer within 60 s"
    ):
        rechecking.recheck(profile_of(), MACHINE, NullProgress(), lambda: 0.0)


def test_rows_that_fail_again_do_not_count(monkeypatch):
    monkeypatch.setattr(rechecking, "_measure", lambda rows, *_: [FAILED, *(timed([1e-3]) for _ in rows[1:])])
    assert rechecking.recheck(profile_of(), MACHINE, NullProgress(), lambda: 0.0).rows == 2


def test_drift_of_rows_on_other_threads_is_another_ones():
    slow = np.linspace(1.0, 1.05, 120)
    records = [timed(1e-3 * slow[at::6], 1) for at in range(6)]
    for at, record in enumerate(records):
        record.order[:] = range(at, 120, 6)
    part = Part("matvec", (ONE, TWO), SIZES)
    found = outcomes_of(part.rows, records)
    assert all(each.estimate.time_s < 1.02e-3 for each in found)
