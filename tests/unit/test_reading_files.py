"""Files that may come from anyone are read within bounds, or refused with the reason alone."""

import copy
import gzip
import io
import json
import math
import os
import pickle

import pytest

from perfpred.documents import json_text, reading
from perfpred.documents.json_lines import LineWriter, json_line, read_json_lines
from perfpred.documents.json_text import HugeNumber, NotJSONError, json_decoder, parse_json
from perfpred.documents.layout import indented, parse_document, readable
from perfpred.documents.reading import read_bytes, read_json, read_start, read_text
from perfpred.documents.texts import require_text, require_texts
from perfpred.errors import InputError, ModelFileError


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_gzip_is_known_by_its_content(tmp_path, pack):
    path = tmp_path / "a"
    path.write_bytes(pack("\ufeffgrößer".encode()))
    assert read_bytes(path, "CSV") == "\ufeffgrößer".encode()
    assert read_text(path, "CSV") == "größer"


def of_bytes(data):
    return lambda path: path.write_bytes(data)


MEMBERS = gzip.compress(b"") * 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "this is a folder; name the CSV file in it"),
        (os.mkfifo, "this is a pipe; save what it gives to a file"),
        (lambda path: path.symlink_to("/dev/null"), "this is a device or socket; save what it gives"),
        (of_bytes(b"x" * 101), "a CSV file has at most 100 bytes, but this one has more"),
        (of_bytes(gzip.compress(b"x" * 101)), "a gzipped CSV file unpacks to at most 100 bytes,"),
        (of_bytes(gzip.compress(b"text")[:-3]), "this is not a whole gzip file: "),
        (of_bytes(b"\x1f\x8bno"), "this is not a whole gzip file: "),
        (of_bytes(MEMBERS), "a gzipped CSV file has at most 2 members, this one more; unpack it first"),
    ],
    ids=["absent", "folder", "pipe", "device", "large", "bomb", "cut", "no-gzip", "members"],
)
def test_what_is_no_file_of_a_fair_size_is_refused(tmp_path, monkeypatch, make, message):
    monkeypatch.setattr(reading, "MAX_MEMBERS", 2)
    make(tmp_path / "a")
    with pytest.raises(InputError) as caught:
        read_bytes(tmp_path / "a", "CSV", 100)
    assert str(caught.value).startswith(message)


def test_a_name_with_a_null_is_refused():
    with pytest.raises(InputError, match="cannot be read: embedded null byte"):
        read_bytes("a\0b", "CSV")


def test_a_file_that_grows_while_it_is_read_is_held_to_its_bound(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 50)
    state = path.stat()
    path.write_bytes(b"x" * 150)
    monkeypatch.setattr(reading.os, "fstat", lambda _: state)
    assert read_bytes(path, "CSV", 200) == b"x" * 150
    with pytest.raises(InputError, match="at most 100 bytes"):
        read_bytes(path, "CSV", 100)


def test_text_must_be_utf8(tmp_path):
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(InputError, match=r"byte 3 is not UTF-8 text; is this a CSV file\?"):
        read_text(tmp_path / "a", "CSV")


def test_the_start_of_a_long_file_is_enough(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    assert read_start(path, "model", 10, 4, 10)[0] == b"0123456789"
    content, state = read_start(path, "model", 10, 4, 9)
    assert content == b"0123" and state.st_size == 10
    with pytest.raises(InputError, match="a model has at most 9 bytes, not 10"):
        read_start(path, "model", 9, 4, 9)
    with pytest.raises(InputError, match="No such file or directory"):
        read_start(tmp_path / "none", "model", 9, 4, 9)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="it is not a regular file"):
        read_start(tmp_path / "pipe", "model", 9, 4, 9)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1', "Expecting ',' delimiter at line 1, column 8"),
        ('{"a": 1, "b": 2, "a": 3}', "an object names 'a' twice"),
        ("[NaN]", "NaN is no number of JSON"),
        ("-Infinity", "-Infinity is no number of JSON"),
        (b"\xff", "byte 1 is not UTF-8 text"),
        ("[" * 100_000, "it nests too deeply"),
        ("", "Expecting value at line 1, column 1"),
    ],
    ids=["cut", "twice", "nan", "infinity", "bytes", "deep", "empty"],
)
def test_what_is_no_json_is_said_as_a_clause(text, problem):
    with pytest.raises(NotJSONError) as caught:
        parse_json(text)
    assert caught.value.problem == problem and str(caught.value) == f"not JSON: {problem}"


def test_json_of_bytes_may_begin_with_a_mark_and_constants_may_be_asked_for(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"m": [1, 2.5]}')
    assert read_json(tmp_path / "a.json", "JSON") == {"m": [1, 2.5]}
    assert parse_json((tmp_path / "a.json").read_bytes()) == {"m": [1, 2.5]}
    assert math.isnan(parse_json("NaN", json_decoder(constants=True)))
    assert parse_json('{"a": 1, "a": 2}', json_decoder(pairs=list)) == [("a", 1), ("a", 2)]


def test_too_many_values_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(json_text, "MAX_VALUES", 3)
    assert parse_json("[1, 2, 3]") == [1, 2, 3]
    for read in (parse_json, parse_document):
        with pytest.raises(InputError, match="a JSON file has at most 3 values, but this one has about 4"):
            read("[1, 2, 3, 4]")


def test_too_little_memory_is_no_traceback():
    class Full(json.JSONDecoder):
        def decode(self, _):
            raise MemoryError

    with pytest.raises(InputError, match="not enough memory to read this JSON"):
        parse_json("[]", Full())


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("1" * 301, math.inf, "11111111111111111111... (301 characters)"),
        ("-" + "1" * 301, -math.inf, "-1111111111111111111... (302 characters)"),
        ("1e999", math.inf, "1e999"),
    ],
    ids=["digits", "minus", "exponent"],
)
def test_a_number_that_no_float_holds_stays_as_it_was_written(text, value, shown):
    found = parse_json(text)
    assert isinstance(found, HugeNumber) and found == value and repr(found) == shown
    assert repr(copy.copy(found)) == shown and pickle.loads(pickle.dumps(found)) == value
    assert parse_json("1" * 300) == int("1" * 300)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1', r"not a whole JSON document \(.*\); was it truncated\?"),
        ('{"a": 1, "a": 1}', "a key stands twice in an object of it"),
        ("[Infinity]", "a number in it is Infinity; all must be finite"),
        ("1" * 5000, r"not a whole JSON document \(.*digits"),
        ("[" * 100_000, "not a whole JSON document"),
    ],
    ids=["cut", "twice", "infinite", "digits", "deep"],
)
def test_documents_are_whole_or_refused(text, message):
    with pytest.raises(ModelFileError, match=message):
        parse_document(text)


def test_layouts_are_read_back_exactly():
    document = {"sizes": [1, 2.5e-7], "names": ["[\n1\n]"], "of": {"x": [[1], []]}}
    assert json.loads(readable(document)) == json.loads(indented(document)) == document
    assert '"sizes": [1, 2.5e-07]' in readable(document)
    assert indented([1, 2]) == "[\n 1,\n 2\n]\n"


def test_lines_of_json_are_numbered_and_flushed():
    stream = io.StringIO()
    writer = LineWriter(stream)
    for document in ({"m": 1}, [2, "x"]):
        writer.append(document)
    lines = stream.getvalue().splitlines()
    assert list(read_json_lines(["", *lines, "  "], "trace")) == [(1, {"m": 1}), (2, [2, "x"])]
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_line({"time_s": math.nan})


def test_a_torn_last_line_is_left_out_and_another_is_not(monkeypatch):
    assert list(read_json_lines(['{"m": 1}', '{"m"'], "trace")) == [(1, {"m": 1})]
    with pytest.raises(InputError, match="line 1 of the trace is not JSON: Expecting"):
        list(read_json_lines(['{"m"', '{"m": 1}'], "trace"))
    monkeypatch.setattr(json_text, "MAX_VALUES", 1)
    with pytest.raises(InputError, match="line 1 of the trace: a JSON file has at most 1 values"):
        list(read_json_lines(["[1, 2]"], "trace"))


@pytest.mark.parametrize("bad", ["\x1b[31m", "a\nb", "a\u2028b", "\u202eabc", "\ud800"])
def test_text_that_hides_what_it_says_is_refused(bad):
    with pytest.raises(InputError, match="name must hold no control character '"):
        require_text(bad, "name")
    for content in ({bad: 1}, {"a": bad}, [["x"], [bad]]):
        with pytest.raises(InputError, match="name must hold no control character"):
            require_texts(content, "name")


def test_text_of_other_scripts_is_taken_and_endless_text_is_not():
    require_texts({"größe": ["日本", None, 1.5], "sizes": [1, 2], "none": []}, "name")
    with pytest.raises(InputError, match=r"name must have at most 10,000 characters, but 'xx.* has 10,001"):
        require_text("x" * 10_001, "name")
