"""Reading files that may come from anyone: gzipped or not, but only files, and only up to a size."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import zlib
from pathlib import Path
from typing import Any

from perfpred.documents.json_text import parse_json
from perfpred.errors import InputError

MAX_BYTES = 512 << 20
"""Of a plain file, or of a gzipped one as it lies on the disk."""
MAX_UNPACKED_BYTES = 256 << 20
"""Of what a gzipped file unpacks to: a small file that becomes a large one is seldom what it seems."""
MAX_JSON_BYTES = 256 << 20
MAX_MEMBERS = 100_000
"""Of a gzipped file: each takes time, also an empty one; blocked compression makes some thousands."""
_GZIP = b"\x1f\x8b"
_MEMBER = b"\x1f\x8b\x08"
_PIECE = 1 << 20


def read_bytes(path: str | os.PathLike[str], kind: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Return what is in a file, unpacked if it is gzipped, whatever its name.

    Pipes, devices and sockets are refused, standard input among them if it is one: a file is looked at more
    than once, and no reader waits for what may never come.

    Parameters
    ----------
    path : path-like
    kind : str
        What the file should be, such as ``CSV``, for the message.
    max_bytes : int
        Size of a plain file that is still read; a gzipped one also unpacks to at most `MAX_UNPACKED_BYTES`.

    Raises
    ------
    InputError
        With the reason alone, such as ``there is no such file``: the caller names the file.
    """
    try:
        data = _content(path, kind, max_bytes)
        if not data.startswith(_GZIP):
            return data
        return _unpacked(data, min(max_bytes, MAX_UNPACKED_BYTES), kind)
    except FileNotFoundError:
        raise InputError("there is no such file") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"this is not a whole gzip file: {error}") from None
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise InputError(f"cannot be read: {error}") from None


def read_text(path: str | os.PathLike[str], kind: str, max_bytes: int = MAX_JSON_BYTES) -> str:
    """Return the text in a file of UTF-8, with or without a byte order mark.

    Raises
    ------
    InputError
        If it is no UTF-8, and as `read_bytes`.
    """
    data = read_bytes(path, kind, max_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start + 1} is not UTF-8 text; is this a {kind} file?") from None


def read_json(path: str | os.PathLike[str], kind: str, decoder: json.JSONDecoder | None = None) -> Any:
    """Return the JSON document in a file, gzipped or not, of at most `MAX_JSON_BYTES`.

    Raises
    ------
    InputError
        With the reason alone, if the file cannot be read or `parse_json` refuses its text.
    """
    return parse_json(read_text(path, kind), decoder)


def read_start(
    path: str | os.PathLike[str], kind: str, max_bytes: int, start_bytes: int, whole_up_to: int
) -> tuple[bytes, os.stat_result]:
    """Return the bytes of a file as they lie on the disk, and its state; of a longer file only the start.

    Parameters
    ----------
    path : path-like
    kind : str
        What the file should be, such as ``model``, for the message.
    max_bytes : int
        Size of a file that is still read.
    start_bytes : int
        What is read of a file of more than `whole_up_to` bytes.
    whole_up_to : int

    Raises
    ------
    InputError
        With the reason alone: the caller names the file.
    """
    try:
        with open(path, "rb", buffering=0, opener=_without_waiting) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise InputError("it is not a regular file")
            if found.st_size > max_bytes:
                raise InputError(f"a {kind} has at most {max_bytes} bytes, not {found.st_size}")
            return file.read(found.st_size if found.st_size <= whole_up_to else start_bytes), found
    except OSError as error:
        raise InputError(str(error.strerror)) from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe must not wait for its writer


def _content(path: str | os.PathLike[str], kind: str, max_bytes: int) -> bytes:
    too_large = InputError(f"a {kind} file has at most {max_bytes:,} bytes, but this one has more")
    # Looked at before it is opened: to open a pipe waits, and a device may act on it.
    _require_file(Path(path).stat(), kind)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        _require_file(found, kind)
        if found.st_size > max_bytes:
            raise too_large
        data = file.read(found.st_size + 1)
        while len(data) <= max_bytes and (piece := file.read(_PIECE)):  # it grows, or does not know its size
            data += piece
    if len(data) > max_bytes:
        raise too_large
    return data


def _require_file(found: os.stat_result, kind: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"this is a folder; name the {kind} file in it")
    if not stat.S_ISREG(found.st_mode):
        what = "pipe" if stat.S_ISFIFO(found.st_mode) else "device or socket"
        raise InputError(f"this is a {what}; save what it gives to a file")


def _unpacked(data: bytes, max_bytes: int, kind: str) -> bytes:
    """Unpack twice: what is too much is found out with a piece of it in memory at a time."""
    if data.count(_MEMBER) > MAX_MEMBERS:
        raise InputError(
            f"a gzipped {kind} file has at most {MAX_MEMBERS:,} members, this one more; unpack it first"
        )
    total = 0
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while piece := file.read(_PIECE):
            total += len(piece)
            if total > max_bytes:
                raise InputError(
                    f"a gzipped {kind} file unpacks to at most {max_bytes:,} bytes, but this one to more; "
                    "unpack it first if that is what it should hold"
                )
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return file.read(total)
