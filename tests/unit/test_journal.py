"""Journals: what was written is found again, damage is told and costs only the lines it hit."""

import json
import warnings

import pytest

from perfpred.documents.journal import FORMAT, WITHOUT_CHECKSUMS, Journal
from perfpred.documents.journal_lines import Damage, DamagedLineError, is_sealed, read_lines, seal, unseal
from perfpred.errors import InputError, MeasurementError, PerfpredWarning

PLAN = {"kernel": "matmul", "rows": 3}


@pytest.fixture
def path(tmp_path):
    """A journal of three entries."""
    path = tmp_path / "a.journal"
    with Journal(path, PLAN, resume=False) as journal:
        for row in range(3):
            journal.append({"row": row, "time_s": 0.5})
    return path


def rows(path, **options):
    """Return the rows of a journal's entries."""
    with Journal(path, PLAN, resume=True, **options) as journal:
        return [entry["row"] for entry in journal.entries()]


def damaged(path, change):
    """Change the lines of a file; a list of bytes with line ends."""
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_entries_are_found_again_and_continued(path):
    assert rows(path) == [0, 1, 2]
    with Journal(path, PLAN, resume=True) as journal:
        journal.append({"row": 3})
        assert not journal.damage.any and journal.started.endswith("+00:00")
    assert rows(path) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("change", "kept", "sentence"),
    [
        (
            lambda lines: [*lines[:2], lines[2].replace(b"0.5", b"0.7"), lines[3]],
            [0, 2],
            "1 line is damaged, the first is line 3; what they held is measured again",
        ),
        (lambda lines: [lines[0], b"x\n", b"y\n", lines[3]], [2], "2 of 3 lines are damaged, the first is"),
        (lambda lines: [lines[0], lines[1], lines[3]], [0, 2], "1 line is missing"),
        (lambda lines: [lines[0], lines[3]], [2], "2 lines are missing"),
        (lambda lines: [*lines, lines[1]], [0, 1, 2], "1 line is damaged, the first is line 5"),
    ],
    ids=["digit", "noise", "line-lost", "lines-lost", "copied"],
)
def test_damage_costs_the_lines_it_hit(path, change, kept, sentence):
    damaged(path, change)
    with pytest.warns(PerfpredWarning, match=f"{path}: {sentence}"):
        assert rows(path) == kept


def test_a_torn_last_line_is_dropped_without_a_word(path):
    path.write_bytes(path.read_bytes()[:-5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rows(path) == [0, 1]


def test_an_entry_that_cannot_be_one_is_damaged(path):
    with pytest.warns(PerfpredWarning, match="1 line is damaged, the first is line 3"):
        assert rows(path, problem=lambda entry: "no" if entry["row"] == 1 else None) == [0, 2]


@pytest.mark.parametrize("begun", [b"", b'{"for', b'{"format": 2, "plan"'], ids=["empty", "start", "header"])
def test_a_journal_whose_header_was_cut_begins_anew(tmp_path, begun):
    path = tmp_path / "a.journal"
    path.write_bytes(begun)
    assert rows(path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"some notes of mine", "it is not JSON"),
        (b"notes\nof mine\n", "it is not JSON"),
        (b"[1]\n", "it is no JSON object"),
        (b'{"format": 2}\n', "it has no checksum"),
        (seal({"format": 2}, b""), "it states no plan"),
        (seal({"format": 2, "plan": PLAN}, b"").replace(b"matmul", b"matvec"), "its checksum is wrong"),
    ],
    ids=["notes", "lines", "list", "unsealed", "plan", "edited"],
)
def test_what_is_no_journal_is_left_alone(tmp_path, content, message):
    path = tmp_path / "a.journal"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"is not a journal, or its line 1, .* is damaged: {message}"):
        rows(path)
    assert path.read_bytes() == content


def test_another_plan_and_another_format_are_refused(path):
    with pytest.raises(InputError, match="written by another plan: kernel, seed differ; repeat the command"):
        Journal(path, {"kernel": "matvec", "rows": 3, "seed": 1}, resume=True)
    path.write_bytes(seal({"format": 9, "plan": PLAN}, b""))
    with pytest.raises(InputError, match="has journal format 9, but 1 to 2 are known"):
        rows(path)


def test_an_existing_journal_is_neither_overwritten_nor_continued_unasked(path):
    with pytest.raises(InputError, match="exists: continue it with --resume, or remove it to start again"):
        Journal(path, PLAN, resume=False)
    assert rows(path) == [0, 1, 2]
    with Journal(path, PLAN, resume=False, overwrite=True) as journal:
        assert list(journal.entries()) == []


def test_a_file_beyond_all_bounds_is_no_journal(path, monkeypatch):
    monkeypatch.setattr("perfpred.documents.journal.MAX_BYTES", 10)
    with pytest.raises(InputError, match="has more than 10 bytes, so it is no journal"):
        rows(path)


def test_older_journals_have_no_checksums_and_are_read(tmp_path):
    path = tmp_path / "a.journal"
    header = {"format": WITHOUT_CHECKSUMS, "plan": PLAN, "started": "yesterday"}
    path.write_text("".join(f"{json.dumps(each)}\n" for each in (header, {"row": 0}, {"row": 1})))
    with Journal(path, PLAN, resume=True) as journal:
        assert [entry["row"] for entry in journal.entries()] == [0, 1]
        assert journal.started is None  # that is no moment
    assert FORMAT > WITHOUT_CHECKSUMS


def test_on_a_full_disk_nothing_is_half_written(path, monkeypatch):
    before = path.read_bytes()
    with Journal(path, PLAN, resume=True) as journal:
        import os

        write = os.write

        def full(descriptor, data):
            if len(data) > 10:
                return write(descriptor, data[:10])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("perfpred.documents.journal.os.write", full)
        reason = r"cannot write .*: No space left on device; what was timed is kept"
        with pytest.raises(MeasurementError, match=reason):
            journal.append({"row": 3, "note": "x" * 5})
        assert len(list(journal.entries())) == 3
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert rows(path) == [0, 1, 2]


def test_a_line_is_sealed_by_the_journal_it_is_in():
    line = seal({"row": 1}, b"one").rstrip(b"\n")
    assert unseal(line, b"one", must=True) == {"row": 1} and is_sealed(line)
    for key, text, reason in (
        (b"other", line, "its checksum is wrong"),
        (b"one", b'{"row": 1}', "it has no checksum"),
    ):
        with pytest.raises(DamagedLineError, match=reason):
            unseal(text, key, must=True)
    assert unseal(b'{"row": 1}', b"one", must=False) == {"row": 1} and not is_sealed(b'{"row": 1}')


@pytest.mark.parametrize("line", [b"\xff", b"[" * 100_000, b'{"n": ' + b"1" * 5000 + b"}"])
def test_a_line_of_nonsense_is_damaged(line):
    with pytest.raises(DamagedLineError, match="it is not JSON"):
        unseal(line, b"", must=False)


@pytest.mark.parametrize("number", [True, "2", 1.5, 1, None], ids=repr)
def test_numbers_of_lines_are_whole_and_increase(number):
    content = b"header\n" + seal({"line": 2}, b"header") + seal({"line": number}, b"header")
    entries, damage = read_lines(content, lambda entry: None, must=True)
    assert (len(entries), damage.damaged) == ((2, 0) if number is None else (1, 1))


def test_damage_says_all_that_was_lost():
    assert not Damage(3, 0, 0, 0, 4).any
    both = Damage(3, 1, 2, 2, 6).sentence()
    assert both == (
        "1 line is damaged, the first is line 2 and 2 lines are missing; what they held is measured again"
    )
