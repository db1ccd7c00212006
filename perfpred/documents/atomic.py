"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import BinaryIO

from perfpred.documents.locks import is_abandoned, try_lock
from perfpred.errors import InputError, WriteError

__all__ = [
    "atomic_write",
    "make_folder",
    "remove_leftovers",
    "require_writable",
    "sync_folder",
    "write_error",
]

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{12}\.tmp", re.DOTALL)
_NAME_KEPT = 50
"""Characters of a file's name in that of its temporary file."""
_PROBE_BYTES = 1 << 16
_WRONG_PATH = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}


def atomic_write(path: str | os.PathLike[str], content: str | bytes, *, follow_links: bool = True) -> None:
    """Write a file whole: beside its target under another name, flushed to disk, then renamed.

    Whoever opens `path` finds either what was there before or all of `content`, whatever interrupts the
    writing. The permissions of a file already there are kept. What a killed writer of the same file left
    beside it is removed.

    Parameters
    ----------
    path : path-like
        The folder must exist.
    content : str or bytes
        Text is written as UTF-8 with its line ends as they are.
    follow_links : bool
        Whether to write to where a symbolic link points: for a file that the user named. A link under a name
        that we chose, in a folder that may come from others, is replaced instead.

    Raises
    ------
    InputError
        If there can be no such file, or the text has no UTF-8 form.
    WriteError
        If it could not be written there, because the disk is full, say.
    """
    try:
        data = content.encode() if isinstance(content, str) else content
        if follow_links and _is_device(path):  # /dev/null is written to, not replaced
            Path(path).write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path) if follow_links else path), data)
    except ValueError as error:  # a null character in the path, or what UTF-8 has not
        raise InputError(f"cannot write {os.fspath(path)!a}: {error}") from None
    except OSError as error:
        raise write_error(f"cannot write {path}", error) from None


def make_folder(path: str | os.PathLike[str], *, follow_links: bool = True) -> None:
    """Make a folder and those it stands in.

    A folder that is there may be a symbolic link to one if `follow_links`: if the user named it.

    Raises
    ------
    InputError
        If it is a link that must not be followed.
    WriteError
        If it cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except ValueError as error:
        raise InputError(f"cannot make the folder {os.fspath(path)!a}: {error}") from None
    except OSError as error:
        raise write_error(f"cannot make the folder {path}", error) from None
    if not follow_links and Path(path).is_symlink():
        raise InputError(f"cannot write into {path}: it is a link to elsewhere; remove it or name its target")


def require_writable(folder: str | os.PathLike[str]) -> None:
    """Try whether files could be written into a folder, which need not be there yet; nothing is left of it.

    Work that ends in a file finds out before it begins.

    Raises
    ------
    InputError
        If there can be no such folder.
    WriteError
        If no file can be written there.
    """
    path = Path(folder).absolute()
    try:
        existing = next(each for each in (path, *path.parents) if each.exists() or each.is_symlink())
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise write_error(f"cannot write to the folder {folder}", error) from None


def write_error(what: str, error: OSError) -> InputError | WriteError:
    """Return the error to raise: `InputError` for a path that cannot be, else `WriteError`."""
    kind = InputError if error.errno in _WRONG_PATH or isinstance(error, IsADirectoryError) else WriteError
    return kind(f"{what}: {error.strerror or error}")


def remove_leftovers(folder: Path, name: str | None = None) -> None:
    """Remove what killed writers left in a folder: of the file `name`, or of all; nothing of the living."""
    with contextlib.suppress(OSError):  # nothing depends on it
        for path in folder.iterdir():
            match = _TEMPORARY.fullmatch(path.name)
            if match and name in (None, match["name"]) and is_abandoned(path):
                path.unlink()


def sync_folder(folder: Path) -> None:
    """Let what was renamed in a folder outlast a power failure."""
    with contextlib.suppress(OSError):  # not every file system can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir() and not target.is_symlink():
        raise IsADirectoryError(None, "it is a folder")
    short = target.name[:_NAME_KEPT]
    remove_leftovers(target.parent, short)
    temporary, file = _temporary(target.parent, short)
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            if target.is_file() and not target.is_symlink():
                temporary.chmod(target.stat().st_mode & 0o7777)
            temporary.replace(target)
    except BaseException:  # an interrupt too must leave nothing behind
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _temporary(folder: Path, name: str) -> tuple[Path, BinaryIO]:
    """Return a new file, open and locked, so that `remove_leftovers` of others leaves it alone."""
    while True:
        path = folder / f".{name}.{secrets.token_hex(6)}.tmp"
        file = path.open("xb")
        try:
            is_ours = try_lock(file.fileno())
        except OSError:  # a file system without locks, where nobody takes leftovers for such
            return path, file
        if is_ours and path.exists():
            return path, file
        file.close()  # somebody found it before it was locked, and removes it


def _is_device(path: str | os.PathLike[str]) -> bool:
    return Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())
