"""Reading files, gzipped or not, and writing them so that a reader never meets half of one."""

from __future__ import annotations

import gzip
import os
import secrets
import zlib
from pathlib import Path

from perfpred.errors import InputError

_GZIP = b"\x1f\x8b"


def read_bytes(path: str | os.PathLike[str], kind: str) -> bytes:
    """Return what is in a file, unpacked if it is gzipped, whatever its name.

    Parameters
    ----------
    path : path-like
    kind : str
        What the file should be, such as ``CSV``, for the message.

    Raises
    ------
    InputError
        With the reason alone, such as ``there is no such file``: the caller names the file.
    """
    try:
        data = Path(path).read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP) else data
    except FileNotFoundError:
        raise InputError("there is no such file") from None
    except IsADirectoryError:
        raise InputError(f"this is a folder; name the {kind} file in it") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"this is not a whole gzip file: {error}") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise InputError(f"cannot be read: {error}") from None


def atomic_write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file whole: beside its target under another name, flushed to disk, then renamed.

    Whoever opens `path` finds either what was there before or all of `content`, whatever interrupts the
    writing. A symbolic link is followed, and the permissions of a file already there are kept.

    Parameters
    ----------
    path : path-like
        The folder must exist.
    content : str or bytes
        Text is written as UTF-8 with its line ends as they are.

    Raises
    ------
    InputError
        If the file cannot be written there, or the text has no UTF-8 form.
    """
    target = Path(os.path.realpath(path))
    try:
        data = content.encode() if isinstance(content, str) else content
        _replace(target, data)
    except UnicodeEncodeError as error:
        raise InputError(f"cannot write {path}: {error}") from None
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder and those it stands in; raises `InputError` if that cannot be."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {path}: {error.strerror or error}") from None


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:  # an interrupt too must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise
