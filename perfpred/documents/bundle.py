"""A folder of files that changes as one: who opens it finds all from before or all from after.

1. New files are written to a hidden folder ``.save-TOKEN`` inside it, and flushed to disk. Its writer holds
   the lock of that hidden folder while it lives.
2. Under the lock of the folder itself, they are given their names and the hidden folder is renamed to
   ``.commit``: from this instant on they hold.
3. They move out of it one by one, each over the file it replaces; then ``.commit`` is removed.

A writer killed before the renaming leaves the old files, and a ``.save-TOKEN`` without a lock that the next
reader or writer removes. One killed later leaves a ``.commit`` that the next reader or writer finishes; where
that may not be, in a read-only folder, its files are read in place of those of the same name.

A link is not followed: it is replaced.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from perfpred.documents.atomic import make_folder, remove_leftovers, sync_folder, write_error
from perfpred.documents.locks import is_abandoned, locked_folder, try_lock
from perfpred.errors import InputError, WriteError

SUFFIX = ".json"
_COMMIT = ".commit"
_STAGING = ".save-"


def save_together(
    contents: Iterable[bytes], folder: Path, names: Callable[[Path], Sequence[str]], noun: str
) -> list[Path]:
    """Write files into a folder, all or none; returns their paths.

    Parameters
    ----------
    contents : iterable of bytes
        Of the files, one in memory at a time.
    folder : Path
        Made if it is not there.
    names : callable
        Gives each file its name, with `SUFFIX`, while the folder is locked.
    noun : str
        What the files are, such as ``models``, for messages.

    Raises
    ------
    InputError
        If there can be no such folder.
    WriteError
        If they could not be written, or another process has the folder locked.
    """
    make_folder(folder)
    try:
        with _staging(folder) as staging:
            for index, data in enumerate(contents):
                _write(staging / str(index), data)
            with locked_folder(folder):
                _recover(folder)
                chosen = names(folder)
                for index, name in enumerate(chosen):
                    _keep_mode(folder / name, staging / str(index))
                    (staging / str(index)).rename(staging / name)
                sync_folder(staging)
                staging.rename(folder / _COMMIT)
                sync_folder(folder)
                _finish(folder)
    except OSError as error:
        raise write_error(f"cannot save {noun} in {folder}", error) from None
    return [folder / name for name in chosen]


@contextmanager
def held_files(path: Path, noun: str) -> Iterator[list[Path]]:
    """Hold the files of a folder as they are and yield them, or the file that `path` itself is.

    Parameters
    ----------
    path : Path
    noun : str
        What the files are, such as ``models``, for messages.

    Raises
    ------
    InputError
        If there are none.
    """
    if path.is_file():
        yield [path]
        return
    if not path.is_dir():
        raise InputError(f"no {noun} at {path}: there is no such folder")
    if any(each.name.startswith((_COMMIT, _STAGING)) or each.suffix == ".tmp" for each in path.iterdir()):
        with suppress(OSError, WriteError), locked_folder(path, limit_s=5.0):  # or it may not be changed
            _recover(path)
    with ExitStack() as stack:
        with suppress(OSError):  # a file system without locks
            stack.enter_context(locked_folder(path, shared=True))
        files = files_in(path)
        committed = path / _COMMIT
        if committed.is_dir() and not committed.is_symlink():
            files |= _regular(files_in(committed))
        if not files:
            raise InputError(f"no {noun} at {path}: the folder holds no {SUFFIX} file")
        yield [files[name] for name in sorted(files)]


def files_in(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by name, hidden ones left out; links are among them."""
    return {
        path.name: path
        for path in folder.iterdir()
        if path.name.endswith(SUFFIX) and not path.name.startswith(".") and not path.is_dir()
    }


def _regular(files: dict[str, Path]) -> dict[str, Path]:
    return {name: path for name, path in files.items() if stat.S_ISREG(path.lstat().st_mode)}


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Yield a new hidden folder, locked; it is gone afterwards, unless it was renamed."""
    path = folder / f"{_STAGING}{secrets.token_hex(6)}"
    with locked_folder(folder):  # nobody removes it before it has its own lock
        path.mkdir()
        descriptor = os.open(path, os.O_RDONLY)
        try_lock(descriptor)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _keep_mode(old: Path, new: Path) -> None:
    if old.is_file() and not old.is_symlink():
        new.chmod(stat.S_IMODE(old.stat().st_mode))


def _recover(folder: Path) -> None:
    """Finish what was committed and remove what was not, of writers that are gone; under the lock."""
    _finish(folder)
    for path in folder.glob(f"{_STAGING}*"):
        if is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)
    remove_leftovers(folder)


def _finish(folder: Path) -> None:
    committed = folder / _COMMIT
    if committed.is_symlink() or committed.is_file():
        committed.unlink()  # not ours
    if not committed.is_dir():
        return
    for name, path in _regular(files_in(committed)).items():
        path.replace(folder / name)
    sync_folder(folder)
    shutil.rmtree(committed)
