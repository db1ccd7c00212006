"""Compiled code is loaded from this user's own files alone; compilers end with their caller."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from perfpred.errors import MeasurementError
from perfpred.hardware import compiler
from perfpred.sandbox.supervised import run_supervised
from perfpred.variants import cache
from perfpred.variants.native import build

pytestmark = pytest.mark.skipif(compiler() is None, reason="no compiler")
NOBODY = 65534
ONE = 'extern "C" int one() { return 1; }\n'


def compiled(folder, text=ONE, name="one.so"):
    source = folder / "one.cpp"
    source.write_text(text)
    library = folder / "cache" / name
    build.compile_library([compiler()[0], "-shared", "-fPIC", str(source)], library)
    return library


@pytest.fixture
def library(tmp_path):
    return compiled(tmp_path)


def test_what_is_built_is_private_sealed_and_loaded(library):
    assert library.parent.stat().st_mode & 0o777 == 0o700
    assert cache.is_usable(library)
    assert cache.load_library(library).one() == 1
    assert [path.name for path in library.parent.iterdir()] == ["one.so"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:100],
        lambda data: b"",
        lambda data: b"garbage",
        lambda data: data[:-1],
        lambda data: data[:2000] + bytes([data[2000] ^ 1]) + data[2001:],
        lambda data: data + b"x",
    ],
)
def test_a_damaged_library_is_not_usable(library, damage):
    library.write_bytes(damage(library.read_bytes()))
    assert not cache.is_usable(library)


def test_profile_builds_a_damaged_library_anew(tmp_path, perfpred, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    build.build.cache_clear()
    command = ("profile", "matvec", "--variant", "naive", "--samples", "2", "--min-rounds", "2")
    command += ("--max-rounds", "2", "--overwrite", "--out", tmp_path / "a.csv")
    assert perfpred(*command).code == 0
    (library,) = (tmp_path / "c" / "perfpred" / "native").glob("*.so")
    os.truncate(library, 100)
    build.build.cache_clear()
    outcome = perfpred(*command, "--json")
    assert outcome.code == 0 and outcome.json[0]["rows_ok"] == 2
    build.build.cache_clear()


def test_links_and_writable_files_are_not_loaded(library, tmp_path):
    library.chmod(0o777)
    assert not cache.is_usable(library)
    with pytest.raises(MeasurementError, match="writable by others"):
        cache.load_library(library)
    library.rename(tmp_path / "moved.so")
    library.symlink_to(tmp_path / "moved.so")
    assert not cache.is_usable(library)
    with pytest.raises(OSError, match="symbolic links"):
        cache.load_library(library)


def test_a_writable_folder_is_closed_and_one_that_cannot_be_is_refused(library, tmp_path):
    library.parent.chmod(0o777)
    with pytest.raises(MeasurementError, match="can be written by others"):
        cache.load_library(library)
    cache.require_private(library.parent)
    assert library.parent.stat().st_mode & 0o777 == 0o700
    assert cache.load_library(library).one() == 1
    (tmp_path / "link").symlink_to(library.parent)
    with pytest.raises(MeasurementError, match="is a link or a file"):
        cache.require_private(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_has_put_there_is_not_loaded(tmp_path, perfpred, monkeypatch):
    planted = tmp_path / "planted.cpp"
    planted.write_text(
        f'#include <fstream>\n__attribute__((constructor)) void f() {{ std::ofstream("{tmp_path}/ran"); }}\n'
    )
    shared = tmp_path / "shared"
    folder = shared / "perfpred" / "native"
    folder.mkdir(parents=True)
    shared.chmod(0o1777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared))
    command = ("profile", "matvec", "--variant", "naive", "--samples", "1", "--min-rounds", "2")
    command += ("--max-rounds", "2", "--overwrite", "--out", tmp_path / "a.csv")
    build.build.cache_clear()
    assert perfpred(*command).code == 0
    (library,) = folder.glob("*.so")
    subprocess.run([compiler()[0], "-shared", "-fPIC", str(planted), "-o", str(library)], check=True)

    os.chown(library, NOBODY, NOBODY)  # planted while the folder was open to all
    folder.chmod(0o777)
    build.build.cache_clear()
    assert perfpred(*command).code == 0
    assert not (tmp_path / "ran").exists()
    assert library.stat().st_uid == 0 and folder.stat().st_mode & 0o777 == 0o700

    os.chown(folder, NOBODY, NOBODY)
    build.build.cache_clear()
    outcome = perfpred(*command)
    assert outcome.code == 1
    assert f"of user {NOBODY}, not of 0" in outcome.err and "XDG_CACHE_HOME" in outcome.err
    assert not (tmp_path / "ran").exists()
    build.build.cache_clear()


def test_a_library_is_looked_up_in_the_folder_that_was_checked(library, tmp_path):
    """Two libraries of one name in two folders are two libraries, also after a folder was replaced."""
    other = compiled(tmp_path, ONE.replace("1;", "2;"), "sub/one.so")
    assert (cache.load_library(library).one(), cache.load_library(other).one()) == (1, 2)
    library.parent.rename(tmp_path / "away")
    third = compiled(tmp_path, ONE.replace("1;", "3;"))
    assert third == library and cache.load_library(third).one() == 3
    assert isinstance(cache.load_library(third), ctypes.CDLL)


BUILD = """
import sys, time
from pathlib import Path
from perfpred.variants import cache
with cache.work_folder(Path(sys.argv[1])) as folder:
    (folder / "half.so").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_builder_left_is_removed_and_of_a_living_one_is_not(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "tmpabc.so.tmp").write_text("new")
    (tmp_path / "tmpdef.so.tmp").write_text("old")
    os.utime(tmp_path / "tmpdef.so.tmp", (0, 0))
    for place in (tmp_path, tmp_path / "sub"):
        builder = subprocess.Popen(
            [sys.executable, "-c", BUILD, str(place)], stdout=subprocess.PIPE, text=True
        )
        folder = Path(builder.stdout.readline().strip())
        cache.remove_leftovers(tmp_path)
        assert (folder / "half.so").exists()
        builder.kill()
        builder.wait()
        cache.remove_leftovers(tmp_path)
        assert not folder.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sub", "tmpabc.so.tmp"]


def test_a_supervised_command_says_what_it_did(tmp_path):
    done = run_supervised(["sh", "-c", "echo said; echo complained >&2; exit 3"], 10)
    assert (done.returncode, done.stdout, done.stderr) == (3, "said\n", "complained\n")
    assert run_supervised(["/nowhere/cc"], 10).returncode == 127
    assert run_supervised(["sh", "-c", "kill -9 $$"], 10).returncode != 0
    assert run_supervised(["sh", "-c", "echo $TMPDIR"], 10, {"TMPDIR": "here"}).stdout == "here\n"
    assert run_supervised(["cat"], 10).returncode == 0  # there is no input


def sleepers(mark):
    return [each.pid for each in psutil.process_iter(["cmdline"]) if mark in (each.info["cmdline"] or ())]


def gone(mark, limit_s=5.0):
    deadline = time.monotonic() + limit_s
    while sleepers(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not sleepers(mark)


def test_too_long_ends_all_processes():
    mark = f"4242.{os.getpid()}"
    with pytest.raises(subprocess.TimeoutExpired):
        run_supervised(["sh", "-c", f"sleep {mark} & sleep {mark}"], 1)
    assert gone(mark)


def test_a_killed_caller_takes_all_processes_with_it():
    mark = f"4343.{os.getpid()}"
    code = "import sys; from perfpred.sandbox.supervised import *; run_supervised(sys.argv[1:], 60)"
    command = ["sh", "-c", f"sleep {mark} & sleep {mark}"]
    caller = subprocess.Popen([sys.executable, "-c", code, *command])
    deadline = time.monotonic() + 20
    while len(sleepers(mark)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(sleepers(mark)) == 2
    caller.kill()
    caller.wait()
    assert gone(mark)
