"""The cache of compiled code: folders that nobody else can write to, libraries that are what was built.

Whoever can put a library where this user will load it runs code as this user. So a folder of the cache is
this user's alone, a library is looked at again right before it is loaded, and its folder is held open, so
that nobody can put another in its place in between. Each library ends with a checksum of what is before
it: one that was damaged is built anew.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from perfpred.documents.atomic import make_folder, write_error
from perfpred.documents.locks import try_lock
from perfpred.errors import MeasurementError

WORK = ".work-"
"""How the names of folders begin in which something is being built."""
OLD_TEMPORARY = "tmp*.so.tmp"
OLD_S = 24 * 3600.0
"""Files of writers before there were locks are removed after so long."""
SEAL = b"\nperfpred sha256 "
SEAL_BYTES = len(SEAL) + 64

_held: dict[tuple[int, int], int] = {}
"""Open descriptors of folders that libraries were loaded from, by device and inode."""


def cache_folder(name: str) -> Path:
    """Return the folder of one kind of compiled code; it may not be there yet."""
    return Path(platformdirs.user_cache_dir("perfpred")) / name


def require_private(folder: Path) -> None:
    """Make a folder that this user alone can write to.

    Raises
    ------
    MeasurementError
        If it is another user's, or a link.
    InputError, WriteError
        If it cannot be made.
    """
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise write_error(f"cannot make the folder {folder}", error) from None
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode):
        raise MeasurementError(f"{folder} is a link or a file, and code is kept in a folder: remove it")
    if about.st_uid != os.geteuid():
        raise MeasurementError(
            f"{folder} is {_owner(about)}, who could put code there that would run as you: "
            "remove it, or set XDG_CACHE_HOME to a folder of your own"
        )
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        folder.chmod(0o700)  # what others have put there until now is theirs, and not loaded


def is_built(library: Path) -> bool:
    """Say whether a library is usable, after making sure of its folder; raises as `require_private`."""
    require_private(library.parent)
    return is_usable(library)


def is_usable(library: Path) -> bool:
    """Say whether a library is there, is this user's alone, and is what was built."""
    try:
        descriptor = os.open(library, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
        if _distrust(os.fstat(descriptor)) is not None:
            return False
        content = file.read()
    body, seal = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
    return seal == SEAL + hashlib.sha256(body).hexdigest().encode()


def put_in_place(made: Path, library: Path) -> None:
    """Seal a library that was built in a `work_folder`, and rename it into the cache whole."""
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    with made.open("ab") as file:
        file.write(SEAL + digest.encode())
    made.chmod(0o700)
    made.replace(library)


def load_library(library: Path, mode: int = ctypes.DEFAULT_MODE) -> ctypes.CDLL:
    """Load a library of the cache, if it and its folder are this user's alone.

    Raises
    ------
    MeasurementError
        If they are not.
    OSError
        If it is not there or cannot be loaded.
    """
    folder = _held_folder(library.parent)
    descriptor = os.open(library.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        wrong = _distrust(os.fstat(descriptor))
    finally:
        os.close(descriptor)
    if wrong is not None:
        raise MeasurementError(f"{library} is {wrong}, and is not loaded: remove it")
    through_folder = Path(f"/proc/self/fd/{folder}") / library.name
    return ctypes.CDLL(str(through_folder if through_folder.exists() else library), mode)


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """Make a folder to build something in; if this process is killed, `remove_leftovers` finds it.

    Parameters
    ----------
    parent : Path
        A private folder.
    """
    while True:
        folder = parent / f"{WORK}{secrets.token_hex(6)}"
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with suppress(OSError):  # a file system without locks: nothing there is taken for left over
            if not try_lock(descriptor) or not folder.exists():
                os.close(descriptor)  # somebody found it before it was locked, and removes it
                continue
        break
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed builders left in a folder of the cache and in those in it; nothing of the living."""
    for place in (folder, *_folders_in(folder)):
        for path in _listed(place):
            if path.name.startswith(WORK):
                _remove_abandoned(path)
            elif path.match(OLD_TEMPORARY) and _age_s(path) > OLD_S:
                with suppress(OSError):
                    path.unlink()


def _remove_abandoned(folder: Path) -> None:
    """Remove a work folder unless its builder lives; one that is about to be locked is held while it goes."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if try_lock(descriptor):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _held_folder(folder: Path) -> int:
    """Return a descriptor of a folder, kept open as long as this process lives: loaders remember paths."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    about = os.fstat(descriptor)
    known = _held.get((about.st_dev, about.st_ino))
    if known is not None:
        os.close(descriptor)
        descriptor = known
    if about.st_uid != os.geteuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise MeasurementError(
            f"{folder} can be written by others than user {os.geteuid()}: nothing is loaded"
        )
    _held[about.st_dev, about.st_ino] = descriptor
    return descriptor


def _distrust(about: os.stat_result) -> str | None:
    """Return why a library is not to be trusted, or None."""
    if not stat.S_ISREG(about.st_mode):
        return "no regular file"
    if about.st_uid != os.geteuid():
        return _owner(about)
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "writable by others"
    return None


def _owner(about: os.stat_result) -> str:
    return f"of user {about.st_uid}, not of {os.geteuid()}"


def _folders_in(folder: Path) -> list[Path]:
    return [path for path in _listed(folder) if path.is_dir() and not path.name.startswith(WORK)]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0
