"""Standard streams of a process that judges: what the judged code prints is kept apart to be looked at."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

STDOUT, STDERR = 1, 2


def take_over(*, with_errors: bool = False) -> tuple[Any, Any]:
    """Return the streams the process was started with; 0 becomes empty, 1 becomes a file.

    So does 2 with `with_errors`. Otherwise it must be a file already, which whoever started this process
    reads should it die.
    """
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    results = os.fdopen(os.dup(STDOUT), "w", encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    for descriptor in (STDOUT, STDERR) if with_errors else (STDOUT,):
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), descriptor)
    reopen("utf-8")
    return requests, results


def reopen(encoding: str) -> None:
    """Make Python's streams anew, with another encoding; they are files, no terminal."""
    for name, descriptor in (("stdout", STDOUT), ("stderr", STDERR)):
        raw = os.fdopen(os.dup(descriptor), "wb")
        setattr(sys, name, io.TextIOWrapper(raw, encoding=encoding, errors="strict", write_through=True))


@dataclass(frozen=True)
class Printed:
    """What was printed by this process and its children."""

    stdout: bytes
    stderr: bytes


def clear() -> None:
    """Forget what was printed."""
    _flush()
    for descriptor in (STDOUT, STDERR):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)


def printed() -> Printed:
    """Return what was printed since `clear`."""
    _flush()
    return Printed(*(os.pread(each, os.fstat(each).st_size, 0) for each in (STDOUT, STDERR)))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
