import errno
import fcntl
import os
from pathlib import Path

import pytest

from perfpred.documents.atomic import atomic_write, make_folder, require_writable
from perfpred.errors import InputError, WriteError


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


def test_a_link_of_a_name_we_chose_is_replaced(tmp_path):
    (tmp_path / "outside").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    atomic_write(tmp_path / "link", "text", follow_links=False)
    assert not (tmp_path / "link").is_symlink()
    assert [(tmp_path / name).read_text() for name in ("link", "outside")] == ["text", "precious"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    for name in (".x.0123456789ab.tmp", ".y.0123456789ab.tmp", ".x.tmp"):
        (tmp_path / name).write_text("half")
    with (tmp_path / ".x.000000000000.tmp").open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        atomic_write(tmp_path / "x", "text")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"x", ".y.0123456789ab.tmp", ".x.tmp", ".x.000000000000.tmp"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_what_cannot_be_written_is_no_mistake_of_the_request(tmp_path, monkeypatch, code):
    def full(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=f"cannot write {tmp_path}/x: {os.strerror(code)}"):
        atomic_write(tmp_path / "x", "text")
    with pytest.raises(WriteError, match=f"cannot write to the folder {tmp_path}: {os.strerror(code)}"):
        require_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_tried_before_the_work(tmp_path):
    require_writable(tmp_path / "new" / "folder")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(InputError, match=f"cannot write to the folder {path}: Not a directory"):
            require_writable(path)


def test_a_device_is_written_to():
    atomic_write("/dev/null", "text")
    assert Path("/dev/null").is_char_device()


def test_a_folder_of_a_name_we_chose_is_no_link(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    make_folder(tmp_path / "link")
    with pytest.raises(InputError, match="link: it is a link to elsewhere; remove it or name its target"):
        make_folder(tmp_path / "link", follow_links=False)
