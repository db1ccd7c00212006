"""Locks that end with their process, however it ends: flock on an open file or folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfpred.errors import WriteError

WAIT_S = 60.0
"""How long to wait for others by default."""
_POLL_S = 0.05


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file or folder until it is closed; False if another process holds it.

    Raises
    ------
    OSError
        If its file system has no locks.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked_folder(folder: Path, *, shared: bool = False, limit_s: float | None = None) -> Iterator[None]:
    """Hold the lock of a folder, which leaves no file in it; waits for others up to `limit_s` (`WAIT_S`).

    Raises
    ------
    WriteError
        If another process holds it for longer.
    OSError
        If the folder cannot be opened, or its file system has no locks.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        waits_s = WAIT_S if limit_s is None else limit_s
        end = time.monotonic() + waits_s
        while not try_lock(descriptor, shared=shared):
            if time.monotonic() > end:
                raise WriteError(f"{folder} has been in use by another process for {waits_s:g} s; try again")
            time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)


def is_abandoned(path: Path) -> bool:
    """Say whether the writer of a file or folder, which holds its lock while it writes, is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return try_lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
