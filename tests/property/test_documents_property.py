"""Documents come back equal; cut or damaged ones are refused in a sentence; a killed writer harms nothing."""

import gzip
import json
import os
import shutil
import string
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfpred.documents.atomic import atomic_write
from perfpred.documents.hashed import COMPACT, SPACED, Format
from perfpred.documents.journal import Journal
from perfpred.documents.json_lines import json_line, read_json_lines
from perfpred.documents.layout import compact, readable
from perfpred.errors import InputError, ModelFileError
from perfpred.measure.journal import CampaignJournal
from perfpred.predict import store
from perfpred.search import trace_of
from perfpred.search.listed import ListedSpace

KEPT = Path(__file__).parents[1] / "data" / "documents"
QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
texts = st.text(string.printable + "größe ☂", max_size=8)
numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
formats = st.builds(
    Format,
    st.just("thing"),
    st.integers(1, 9),
    st.just("content"),
    st.just("thing"),
    layout=st.sampled_from([readable, compact]),
    separators=st.sampled_from([COMPACT, SPACED]),
)
fractions = st.floats(0, 1, exclude_max=True)


def cut(data, where):
    return data[: int(where * len(data))]


def flipped(data, where, bit):
    place = int(where * len(data))
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


def require_sentence(error, path):
    message = str(error)
    assert message.startswith(f"{path}: ") and message.count("\n") == 0 and len(message) < 600


def kept(pattern):
    return pytest.mark.parametrize("name", [path.name for path in sorted(KEPT.glob(pattern))])


@QUICK
@given(formats, values)
def test_content_comes_back_equal(tmp_path, kind, content):
    for name in ("a.json", "a.json.gz"):
        kind.save(tmp_path / name, content)
        found = kind.load(tmp_path / name)
        assert found == content and json.dumps(found) == json.dumps(content)


@QUICK
@given(formats, values, fractions, st.integers(0, 7), st.sampled_from(["a.json", "a.json.gz"]))
def test_a_cut_or_damaged_document_is_refused_or_means_the_same(tmp_path, kind, content, where, bit, name):
    path = tmp_path / name
    kind.save(path, content)
    data = path.read_bytes()
    for damaged in (cut(data, where), flipped(data, where, bit)):
        path.write_bytes(damaged)
        try:
            found = kind.load(path)
        except ModelFileError as error:
            require_sentence(error, path)
        else:
            assert json.dumps(found, sort_keys=True) == json.dumps(content, sort_keys=True)


@kept("model-*.json")
@settings(QUICK, max_examples=10)
@given(fractions, st.integers(0, 7))
def test_a_cut_or_damaged_model_is_refused_or_means_the_same(tmp_path, name, where, bit):
    data = (KEPT / name).read_bytes()
    meant = store.dumps(store.load(KEPT / name))
    path = tmp_path / name
    for damaged in (cut(data, where), flipped(data, where, bit)):
        path.write_bytes(damaged)
        try:
            assert store.dumps(store.load(path)) == meant
        except ModelFileError as error:
            require_sentence(error, path)


@kept("schedule-*")
@settings(QUICK, max_examples=10)
@given(fractions, st.integers(0, 7))
def test_a_cut_or_damaged_schedule_or_database_is_refused_or_can_be_one(tmp_path, name, where, bit):
    pytest.importorskip("halide")
    from perfpred.halide import load_schedule
    from perfpred.halide.choose.database import load_database

    data, path = (KEPT / name).read_bytes(), tmp_path / name
    is_database = name.endswith(".gz")
    meant = gzip.decompress(data) if is_database else b""
    for damaged in (cut(data, where), flipped(data, where, bit)):
        path.write_bytes(damaged)
        try:
            load_database(path) if is_database else load_schedule(path)
        except InputError as error:
            require_sentence(error, path)
        else:  # a schedule bears no hash; the head of a gzip file may say another time of day
            assert not is_database or gzip.decompress(damaged) == meant


entries = st.lists(st.dictionaries(texts.filter(lambda key: key not in ("line", "sum")), values, max_size=3))


def reopened(path, plan, kind=Journal):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with kind(path, plan, resume=True) as journal:
            return list(journal.entries())


@QUICK
@given(entries, fractions, st.integers(0, 7))
def test_a_journal_comes_back_and_loses_only_what_was_damaged(tmp_path, written, where, bit):
    path, plan = tmp_path / "a.journal", {"of": "things"}
    with Journal(path, plan, resume=False, overwrite=True) as journal:
        for entry in written:
            journal.append(entry)
    assert reopened(path, plan) == written
    whole = path.read_bytes()
    path.write_bytes(cut(whole, where))
    n_whole = max(0, cut(whole, where).count(b"\n") - 1)
    assert reopened(path, plan) == written[:n_whole]
    path.write_bytes(flipped(whole, where, bit))
    try:
        found = reopened(path, plan)
    except InputError as error:  # its first line, which says what the others are of
        assert str(error).startswith(f"{path} ") and str(error).count("\n") == 0
    else:
        rest = iter(written)
        assert all(any(each == other for other in rest) for each in found)  # what is left, in order
        assert len(found) >= len(written) - 2


@kept("journal-*-[23].journal")
@settings(QUICK, max_examples=10)
@given(fractions, st.integers(0, 7))
def test_a_damaged_campaign_loses_only_what_was_damaged(tmp_path, name, where, bit):
    path, plan = tmp_path / name, {"kernel": "matvec", "of": name.split("-")[1]}
    shutil.copy(KEPT / name, path)
    meant = reopened(path, plan, CampaignJournal)
    path.write_bytes(flipped((KEPT / name).read_bytes(), where, bit))
    try:
        found = reopened(path, plan, CampaignJournal)
    except InputError as error:
        assert str(error).startswith(f"{path} ") and str(error).count("\n") == 0
    else:
        rest = iter(meant)
        assert all(any(each == other for other in rest) for each in found) and len(found) >= len(meant) - 2


@QUICK
@given(st.lists(st.dictionaries(texts, values, max_size=3), max_size=5), fractions)
def test_lines_come_back_and_lose_only_a_torn_last_one(documents, where):
    text = "".join(f"{json_line(each)}\n" for each in documents)
    assert [each for _, each in read_json_lines(text.split("\n"), "table")] == documents
    part = text[: int(where * len(text))]
    found = [each for _, each in read_json_lines(part.split("\n"), "table")]
    assert found in (documents[: part.count("\n")], documents[: part.count("\n") + 1])


@kept("trace-*.jsonl")
@QUICK
@given(fractions, st.integers(0, 7))
def test_a_damaged_trace_is_refused_or_can_be_one(name, where, bit):
    rows = [(x, y) for x in (1, 2) for y in ("row", "column")]
    space = ListedSpace(("x", "y"), rows, lambda chosen: np.zeros((len(chosen), 1)))
    data = (KEPT / name).read_bytes()
    meant = trace_of(data.decode().splitlines(), space).candidates
    part = cut(data, where)
    assert trace_of(part.decode().splitlines(), space).candidates == meant[: _evaluations(part)]
    try:
        trace_of(flipped(data, where, bit).decode(errors="replace").splitlines(), space)
    except InputError as error:
        assert str(error).startswith("line ") and str(error).count("\n") == 0


def _evaluations(part):
    whole = [line for line in part.split(b"\n") if line.endswith(b"}") and b"candidate" in line]
    return sum(_is_json(line) for line in whole)


def _is_json(line):
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


STEPS = {"write": (os, "fsync"), "rename": (Path, "replace"), "mode": (Path, "chmod")}


@pytest.mark.parametrize("step", [*STEPS, "afterwards"])
@pytest.mark.parametrize("data", [b"new", bytes(1 << 20)], ids=["small", "large"])
def test_a_killed_writer_leaves_the_old_file_whole(tmp_path, step, data):
    path = tmp_path / "model.json"
    path.write_bytes(b"old")
    child = os.fork()
    if child == 0:
        if step in STEPS:
            owner, name = STEPS[step]
            setattr(owner, name, lambda *_, **__: os.kill(os.getpid(), 9))
        atomic_write(path, data)
        os.kill(os.getpid(), 9)
    assert os.waitpid(child, 0)[1] == 9
    assert path.read_bytes() == (data if step == "afterwards" else b"old")
    atomic_write(path, b"newer")
    assert [each.name for each in tmp_path.iterdir()] == ["model.json"]
