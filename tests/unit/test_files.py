import os
from pathlib import Path

import pytest

from perfpred.errors import InputError
from perfpred.files import atomic_write


@pytest.mark.parametrize("content", ["größe\r\n", b"\x00\xff"])
def test_writes_and_replaces(tmp_path, content):
    target = tmp_path / "model.json"
    atomic_write(target, "old")
    atomic_write(target, content)
    assert target.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [target]


def test_permissions_are_those_of_any_file_or_of_the_one_replaced(tmp_path):
    (tmp_path / "plain").write_text("")
    atomic_write(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "plain").chmod(0o600)
    atomic_write(tmp_path / "plain", "")
    assert (tmp_path / "plain").stat().st_mode & 0o777 == 0o600


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    atomic_write(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


def test_what_was_there_survives_an_interrupt(tmp_path, monkeypatch):
    target = tmp_path / "model.json"
    atomic_write(target, "old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_errors(tmp_path):
    for path, message in (
        (tmp_path / "none" / "x", f"cannot write {tmp_path}/none/x: No such file or directory"),
        (tmp_path, f"cannot write {tmp_path}: it is a folder"),
    ):
        with pytest.raises(InputError) as caught:
            atomic_write(path, "text")
        assert str(caught.value) == message
    with pytest.raises(InputError, match="surrogates not allowed"):
        atomic_write(tmp_path / "x", "\ud800")
    assert not Path(tmp_path / "x").exists()
