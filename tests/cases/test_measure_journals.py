"""Damaged journals: lines are skipped, counted and measured again; no wrong timing passes, nothing raises."""

import json
import warnings
from pathlib import Path

import pytest

from perfpred.errors import InputError, PerfpredWarning
from perfpred.hardware import Hardware
from perfpred.measure.campaign import Effort, Row, run_campaign
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.process import Subject
from perfpred.measure.stages import Stage, StageJournal
from perfpred.progress import NullProgress

SUBJECT = Subject("matvec", "naive", Hardware("cpu", "avx2", 1))
PLAN = {"kernel": "matvec"}
EFFORT = Effort(4, 4)


class Asker:
    """A row takes as many milliseconds as its number says, always."""

    asked = 0

    def ask(self, sizes, *, check):
        self.asked += 1
        return {"status": "ok", "time_s": 1e-3 * sizes["m"], "monitor_s": 5e-6}


def run(path, rows=20):
    """Measure; returns how many timings were asked for, and what was warned of."""
    asker = Asker()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        with CampaignJournal(path, PLAN, resume=path.exists()) as journal:
            table = [Row(SUBJECT, {"m": m + 1}) for m in range(rows)]
            records = run_campaign(table, {SUBJECT: asker}, journal, EFFORT, 0, lambda: 0.0, NullProgress())
    assert all(record.times_s == [1e-3 * (m + 1)] * 4 for m, record in enumerate(records))
    return asker.asked, [str(each.message) for each in found]


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "a.journal"
    run(path)
    return path


def damaged(path, number, old, new):
    lines = path.read_bytes().split(b"\n")
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    path.write_bytes(b"\n".join(lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"row"', b'"rnw"'),
        (b"0.0", b"0.1"),
        (b'"ok"', b'"timeout"'),
        (b'"row": ', b'"row": -'),
        (b"}", b""),
        (b'"time_s"', b'"t\xff\x00me_s"'),
        (b'"sum"', b'"sun"'),
        (b'"line": ', b'"line": 1'),
        (b"{", b"[" * 5000 + b"{"),
        (b'"row": ', b'"row": ' + b"9" * 5000),
    ],
)
def test_a_damaged_line_is_counted_and_measured_again(journal, old, new):
    damaged(journal, 30, old, new)
    asked, said = run(journal)
    assert asked == 1
    assert said == [f"{journal}: 1 line is damaged, the first is line 30; what they held is measured again"]
    assert run(journal)[0] == 0


def test_lines_that_were_copied_moved_removed_or_of_another_journal_do_not_count(journal, tmp_path):
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:40], lines[20], *lines[40:]]))
    assert "1 line is damaged, the first is line 41" in run(journal)[1][0]
    journal.write_bytes(b"".join([*lines[:40], lines[41], lines[40], *lines[42:]]))
    assert run(journal) == (1, [f"{journal}: 1 line is damaged, the first is line 42; "
                                "what they held is measured again"])  # fmt: skip
    journal.write_bytes(b"".join([*lines[:40], *lines[43:]]))
    asked, said = run(journal)
    assert asked == 3 and "3 lines are missing" in said[0]
    other = tmp_path / "other.journal"
    with CampaignJournal(other, {**PLAN, "seed": 1}, resume=False) as of_another_plan:
        for _ in range(30):
            of_another_plan.append({"row": 1, "status": "ok", "time_s": 9.0, "monitor_s": 1.0})
    foreign = other.read_bytes().splitlines(keepends=True)[25]
    journal.write_bytes(b"".join([*lines[:24], foreign, *lines[25:]]))
    assert run(journal)[0] == 1


def old_journal(path):
    """Write a journal as it was before lines had checksums."""
    header = {"format": 1, "started": "2026-01-01T00:00:00+00:00", "plan": PLAN}
    lines = [json.dumps(header)]
    for index in range(80):
        row = index % 20
        lines.append(json.dumps({"row": row, "status": "ok", "time_s": 1e-3 * (row + 1), "monitor_s": 5e-6}))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"row"', b'"rnw"'),
        (b'"row": ', b'"row": -1'),
        (b'"row": ', b'"row": 99'),
        (b'"row": 8', b'"row": "8"'),
        (b'"row": 8', b'"row": true'),
        (b'"time_s": ', b'"time_s": -'),
        (b'"time_s": ', b'"time_s": 1e999'),
        (b'"time_s": 0.009', b'"time_s": NaN'),
        (b'"time_s": 0.009', b'"time_s": 0'),
        (b'"time_s": 0.009', b'"time_s": null'),
        (b'"time_s": ', b'"time_s": 1' + b"0" * 400),
        (b'"ok"', b'"okay"'),
        (b'"ok"', b"[1]"),
    ],
)
def test_an_old_journal_is_read_and_checked_by_types(tmp_path, old, new):
    path = old_journal(tmp_path / "old.journal")
    assert run(path) == (0, [])
    damaged(path, 30, old, new)
    assert run(path)[0] == 1
    assert run(path)[0] == 0
    assert '"sum"' in path.read_text().splitlines()[-1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"format"', b'"fprmat"', "line 1, which says what was measured, is damaged: its checksum is wrong"),
        (b'"sum"', b'"sun"', "line 1, which says what was measured, is damaged: it has no checksum"),
        (b"matvec", b"matvfc", "its checksum is wrong"),
        (b"{", b"", "not a journal"),
        (b"{", b"\xff", "not a journal"),
        (b"{", b"[" * 100_000, "not a journal"),
    ],
)
def test_a_damaged_first_line_is_refused(journal, old, new, message):
    damaged(journal, 1, old, new)
    before = journal.read_bytes()
    with pytest.raises(InputError, match=message):
        run(journal)
    assert journal.read_bytes() == before


def test_odd_headers_of_old_journals_are_refused(tmp_path):
    path = tmp_path / "a.journal"
    for text in (
        '{"format": 1}',
        '{"format": 1, "plan": 3}',
        '{"format": [2]}',
        "[]",
        "3",
        '"a"',
        '{"a\\u001b": 1}',
    ):
        path.write_text(text + "\n")
        with pytest.raises(InputError):
            run(path)
    path.write_text('{"format": 1, "plan": {"\\u001b[31m": 1}}\n')
    with pytest.raises(InputError) as found:
        run(path)
    assert "\x1b" not in str(found.value)


def test_a_journal_whose_writer_died_before_any_timing_is_begun_anew(tmp_path):
    path = tmp_path / "a.journal"
    for torn in (b"", b'{"form', b'{"format": 2, "star'):
        path.write_bytes(torn)
        assert run(path) == (80, [])
    path.write_bytes(b"precious text")
    with pytest.raises(InputError, match="not a journal"):
        run(path)
    assert path.read_bytes() == b"precious text"


def test_a_link_or_a_folder_or_a_pipe_is_no_journal(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("precious")
    path = tmp_path / "a.journal"
    path.symlink_to(outside)
    with pytest.raises(InputError, match="is a symbolic link, which a journal is not written through"):
        CampaignJournal(path, PLAN, resume=True)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is a symbolic link"):
        CampaignJournal(path, PLAN, resume=False, overwrite=True)
    path.unlink()
    __import__("os").mkfifo(path)
    with pytest.raises(InputError, match="no regular file"):
        CampaignJournal(path, PLAN, resume=True)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="is a folder"):
        CampaignJournal(path, PLAN, resume=True)
    assert outside.read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


def staged(path, lose=None):
    """Write two stages of three sizes; returns the journal's lines, without some of them if asked."""
    with CampaignJournal(path, PLAN, resume=False) as journal:
        stages = StageJournal(journal, 100)
        for number, stage in enumerate((Stage((5, 6, 7)), Stage((8, 9), (5,)))):
            stages.open(stage)
            for row, size in enumerate(stage.sizes):
                timing = {"status": "ok", "time_s": 1e-3 * size, "monitor_s": 5e-6}
                stages.log(number).append({"row": row, **timing})
            stages.conclude({"rows": 3, "error": 0.1, "noise": 0.01})
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for number, line in enumerate(lines, start=1) if number != lose))
    return lines


@pytest.mark.filterwarnings("ignore::perfpred.errors.PerfpredWarning")
@pytest.mark.parametrize(
    ("lost", "stages", "timings", "findings"),
    [(None, 2, 6, [0, 1]), (2, 0, 0, []), (3, 2, 5, [0, 1]), (6, 2, 6, [1]), (7, 1, 3, [0]), (11, 2, 6, [0])],
)
def test_timings_of_a_stage_count_only_after_the_line_that_opens_it(
    tmp_path, lost, stages, timings, findings
):
    path = tmp_path / "a.journal"
    staged(path, lost)
    with CampaignJournal(path, PLAN, resume=True) as journal:
        found = StageJournal(journal, 100)
        assert len(found.stages) == stages
        assert len(list(found.timings())) == timings
        assert list(found.findings) == findings
        records = found.records(1)
        for stage, part in zip(found.stages, records, strict=True):
            for size, record in zip(stage.sizes, part, strict=True):
                assert set(record.times_s) <= {1e-3 * size}
        if lost == 7:  # opened again with other sizes, the lost stage's timings stay lost
            found.open(Stage((20, 21), (5,)))
            assert found.records(1)[1][0].times_s == []
    if lost == 7:
        with CampaignJournal(path, PLAN, resume=True) as journal:
            again = StageJournal(journal, 100)
            assert again.stages[1].new == (20, 21)
            assert not any(record.times_s for record in again.records(1)[1])


def test_a_stage_of_sizes_that_there_are_not_is_lost(tmp_path):
    path = tmp_path / "a.journal"
    staged(path)
    with (
        CampaignJournal(path, PLAN, resume=True) as journal,
        pytest.warns(PerfpredWarning, match="10 lines are of stages"),
    ):
        assert StageJournal(journal, 6).stages == []


def test_profile_says_what_was_damaged_and_goes_on(tmp_path, perfpred, monkeypatch):
    from perfpred.measure.process import MeasuringProcess

    def ask(self, sizes, *, check):
        return {"status": "ok", "time_s": 1e-6 * sizes["m"], "monitor_s": 5e-6}

    monkeypatch.setattr(MeasuringProcess, "ask", ask)
    command = ("profile", "matvec", "--variant", "openblas", "--samples", "5", "--min-rounds", "4")
    command += ("--max-rounds", "4", "--out", tmp_path / "a.csv")
    assert perfpred(*command).code == 0
    csv = (tmp_path / "a.csv").read_text()
    damaged(tmp_path / "a.journal", 8, b'"row"', b'"rnw"')
    outcome = perfpred(*command, "--resume")
    assert outcome.code == 0
    assert "1 line is damaged, the first is line 8" in outcome.err
    about = json.loads((tmp_path / "a.meta.json").read_text())
    assert about["measured"]["journal_lines"] == {"damaged": 1, "missing": 0}
    assert [line.split(",")[:6] for line in (tmp_path / "a.csv").read_text().splitlines()] == [
        line.split(",")[:6] for line in csv.splitlines()
    ]
    damaged(tmp_path / "a.journal", 1, b'"kernel"', b'"kernfl"')
    outcome = perfpred(*command, "--resume")
    assert outcome.code == 2 and "its line 1" in outcome.err
    assert Path(tmp_path / "a.csv").exists()
