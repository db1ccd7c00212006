"""Files that are no files, never end, or unpack to far more than they are."""

import gzip
import json
import os
import socket
import tracemalloc

import pytest

from perfpred.documents import json_text, reading
from perfpred.documents.reading import read_bytes, read_json
from perfpred.errors import InputError
from perfpred.exchange.document import read_document
from perfpred.profile import read_profile

HEADER = b"kernel,variant,hardware,m,time_s\n"


def refusal(path, **limits):
    with pytest.raises(InputError) as caught:
        read_bytes(path, "CSV", **limits)
    return str(caught.value)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "this is a pipe; save what it gives to a file"
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert refusal(tmp_path / "link") == "this is a pipe; save what it gives to a file"


def test_a_pipe_that_somebody_fills_is_refused_too():
    reading, writing = os.pipe()
    os.write(writing, HEADER)
    try:
        assert refusal(f"/dev/fd/{reading}") == "this is a pipe; save what it gives to a file"
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom", "/dev/tty"])
def test_a_device_is_refused(device):
    assert refusal(device) == "this is a device or socket; save what it gives to a file"


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        assert refusal("s") == "this is a device or socket; save what it gives to a file"


def test_a_large_file_is_refused_unread(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    tracemalloc.start()
    assert refusal(tmp_path / "sparse") == "a CSV file has at most 536,870,912 bytes, but this one has more"
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_what_grows_after_it_was_looked_at_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "growing"
    path.write_bytes(b"a" * 2000)
    found = os.stat_result((0o100644, 1, 1, 1, 0, 0, 10, 0, 0, 0))
    monkeypatch.setattr(reading.os, "fstat", lambda _: found)
    assert refusal(path, max_bytes=1000) == "a CSV file has at most 1,000 bytes, but this one has more"


@pytest.mark.parametrize("members", [1, 40])
def test_a_bomb_is_refused_with_little_memory(tmp_path, members):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(bytes(64 << 20) if members == 1 else bytes(2 << 20)) * members)
    tracemalloc.start()
    assert refusal(path, max_bytes=32 << 20).startswith(
        "a gzipped CSV file unpacks to at most 33,554,432 bytes, but this one to more; unpack it first"
    )
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_gzip_of_several_members_is_read_whole(tmp_path):
    path = tmp_path / "p.csv.gz"
    path.write_bytes(gzip.compress(HEADER) + gzip.compress(b"a,b,c,1,2\n") + bytes(100))
    assert len(read_profile(path)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data[:3],
        lambda data: data + b"garbage",
        lambda data: data + data[:5],
        lambda data: data[:-8] + b"\0\0\0\0" + data[-4:],
        lambda data: data[:-4] + b"\0\0\0\0",
        lambda data: data[:2] + b"\x07" + data[3:],
    ],
)
def test_damaged_gzip(tmp_path, damage):
    path = tmp_path / "p.csv.gz"
    path.write_bytes(damage(gzip.compress(HEADER * 100)))
    assert refusal(path).startswith("this is not a whole gzip file: ")


def test_limits_hold_for_a_profile_its_sidecar_and_an_import(tmp_path):
    pipe = tmp_path / "p.meta.json"
    os.mkfifo(pipe)
    (tmp_path / "p.csv").write_bytes(HEADER + b"a,b,c,1,2\n")
    with pytest.raises(InputError, match=r"p\.meta\.json: this is a pipe"):
        read_profile(tmp_path / "p.csv")
    with pytest.raises(InputError, match="this is a pipe"):
        read_profile(pipe)
    with pytest.raises(InputError, match="this is a pipe"):
        read_document(pipe)


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_whole_number_of_many_digits_is_no_traceback(tmp_path, digits):
    (tmp_path / "p.json").write_text('{"m": ' + "1" * digits + "}")
    assert read_json(tmp_path / "p.json", "JSON")["m"] == float("inf")
    (tmp_path / "p.csv").write_bytes(HEADER + b"a,b,c," + b"1" * digits + b",2\n")
    with pytest.raises(InputError, match=r"row 1 \(line 2\): m must (be|have)"):
        read_profile(tmp_path / "p.csv")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_deep_json(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(InputError, match="it nests too deeply"):
        read_json(tmp_path / "p.json", "JSON")


def test_json_of_too_many_values(tmp_path, monkeypatch):
    monkeypatch.setattr(json_text, "MAX_VALUES", 100)
    (tmp_path / "p.json").write_text(json.dumps([[]] * 101))
    with pytest.raises(InputError, match="at most 100 values, but this one has about"):
        read_json(tmp_path / "p.json", "JSON")


def test_json_that_is_none(tmp_path):
    for content, message in ((b"", "not JSON"), (b"\xff", "byte 1 is not UTF-8 text"), (b"{", "not JSON")):
        (tmp_path / "p.json").write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_json(tmp_path / "p.json", "JSON")
    (tmp_path / "p.json").write_bytes(gzip.compress(b"\xef\xbb\xbf[1]"))
    assert read_json(tmp_path / "p.json", "JSON") == [1]


def test_a_file_of_countless_empty_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_MEMBERS", 10)
    (tmp_path / "a.gz").write_bytes(gzip.compress(HEADER) + gzip.compress(b"") * 9)
    assert read_bytes(tmp_path / "a.gz", "CSV") == HEADER
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"") * 11)
    assert "at most 10 members" in refusal(tmp_path / "a.gz")
