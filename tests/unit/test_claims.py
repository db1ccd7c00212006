"""Journals have one writer, folders one at a time, and what a killed writer left is told from the living."""

import errno
import multiprocessing
import os

import pytest

from perfpred.documents import claim, locks
from perfpred.documents.atomic import atomic_write, make_folder, remove_leftovers, write_error
from perfpred.documents.claim import Claim
from perfpred.documents.locks import is_abandoned, locked_folder, try_lock
from perfpred.errors import InputError, PerfpredWarning, WriteError


def test_an_empty_journal_is_gone_after_its_claim_and_a_written_one_stays(tmp_path):
    path = tmp_path / "new" / "a.journal"
    with Claim(path) as held:
        assert path.is_file() and held.size == 0
    assert not path.exists()
    with Claim(path) as held:
        os.write(held.descriptor, b"line\n")
        assert held.size == 5
    held.close()  # again: nothing happens
    assert held.descriptor == -1 and path.read_bytes() == b"line\n"


def test_a_second_campaign_is_told_who_holds_the_journal(tmp_path):
    path = tmp_path / "a.journal"
    with Claim(path), pytest.raises(InputError) as caught:
        Claim(path)
    assert str(caught.value).startswith(f"{path} is in use by another campaign (")
    assert "two campaigns with one output would disturb each other" in str(caught.value)
    Claim(path).close()


def test_a_holder_that_the_system_does_not_name_is_said_so(tmp_path, monkeypatch):
    with Claim(tmp_path / "a.journal") as held:
        monkeypatch.setattr(claim.Path, "read_text", lambda *_, **__: "1: POSIX ADVISORY READ 1 2 3\n")
        assert claim._holder(held.descriptor) == (
            "a process that cannot be named from here, perhaps on another machine"
        )


def a_link(path):
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (a_link, "is a symbolic link, which a journal is not written through"),
        (lambda path: path.mkdir(), "is a folder, not a journal: choose another --out"),
        (os.mkfifo, "is no regular file, so no journal: choose another --out"),
    ],
    ids=["link", "folder", "pipe"],
)
def test_what_is_no_file_is_no_journal(tmp_path, make, message):
    path = tmp_path / "a.journal"
    make(path)
    with pytest.raises(InputError, match=message):
        Claim(path)


def test_a_name_that_cannot_be_is_a_wrong_request(tmp_path):
    with pytest.raises(InputError, match=r"cannot write .*: File name too long"):
        Claim(tmp_path / ("x" * 300))


def test_without_locks_there_is_a_warning(tmp_path, monkeypatch):
    def without(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks.fcntl, "flock", without)
    with pytest.warns(PerfpredWarning, match=r"cannot be locked \(No locks available\): start no second"):
        Claim(tmp_path / "a.journal").close()
    (tmp_path / "b").write_text("")
    assert not is_abandoned(tmp_path / "b")  # nobody can tell


def test_a_journal_that_its_last_holder_removed_is_opened_anew(tmp_path, monkeypatch):
    path, seen = tmp_path / "a.journal", []

    def removed_once(descriptor, **_):
        seen.append(descriptor)
        if len(seen) == 1:
            path.unlink()
        return True

    monkeypatch.setattr(claim, "try_lock", removed_once)
    with Claim(path) as held:
        os.write(held.descriptor, b"kept")
    assert len(seen) == 2 and path.read_bytes() == b"kept"


def test_a_locked_folder_is_waited_for_no_longer_than_asked(tmp_path):
    with (
        locked_folder(tmp_path),
        pytest.raises(WriteError, match=r"has been in use by another process for 0 s; try again"),
        locked_folder(tmp_path, limit_s=0),
    ):
        pass
    with locked_folder(tmp_path, shared=True), locked_folder(tmp_path, shared=True, limit_s=0):
        pass


def test_only_a_file_that_nobody_writes_is_abandoned(tmp_path):
    path = tmp_path / "a"
    assert not is_abandoned(path)
    path.write_text("")
    assert is_abandoned(path)
    with path.open() as file:
        assert try_lock(file.fileno())
        assert not is_abandoned(path)


def test_leftovers_of_the_dead_are_removed_and_nothing_else(tmp_path):
    names = [".a.json.0123456789ab.tmp", ".b.json.0123456789ab.tmp", "mine.tmp", ".a.json.short.tmp"]
    for name in names:
        (tmp_path / name).write_text("")
    remove_leftovers(tmp_path, "a.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])
    with (tmp_path / names[1]).open() as file:
        try_lock(file.fileno())
        remove_leftovers(tmp_path)
        assert (tmp_path / names[1]).exists()
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[2:])
    remove_leftovers(tmp_path / "none")  # nothing depends on it


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOENT, InputError), (errno.ENAMETOOLONG, InputError), (errno.ENOSPC, WriteError)],
)
def test_a_wrong_path_is_the_caller_s_and_a_full_disk_is_not(number, kind):
    found = write_error("cannot write x", OSError(number, os.strerror(number)))
    assert type(found) is kind and str(found) == f"cannot write x: {os.strerror(number)}"


def _hold(path, ready, end):
    with Claim(path):
        ready.set()
        end.wait(30)


def test_a_claim_ends_with_its_process(tmp_path):
    context = multiprocessing.get_context("fork")
    ready, end = context.Event(), context.Event()
    child = context.Process(target=_hold, args=(tmp_path / "a.journal", ready, end))
    child.start()
    try:
        assert ready.wait(30)
        holder = f"in use by another campaign .(process {child.pid} on|a process)"
        with pytest.raises(InputError, match=holder):
            Claim(tmp_path / "a.journal")
    finally:
        child.kill()
        child.join(30)
    Claim(tmp_path / "a.journal").close()


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"], ids=["null", "surrogate"])
def test_a_name_that_no_file_can_have_is_refused_with_its_escapes(tmp_path, name):
    for write in (Claim, lambda path: atomic_write(path, "text"), make_folder):
        with pytest.raises(InputError, match=r"^cannot .*a\\(x00|ud800)b'?: ") as caught:
            write(tmp_path / name)
        assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []
