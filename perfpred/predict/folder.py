"""A folder of models changes as one: who loads it finds the bank from before or the one from after.

1. New models are written to a hidden folder ``.save-TOKEN`` inside it, and flushed to disk. Its writer holds
   the lock of that hidden folder while it lives.
2. Under the lock of the folder itself, they are given their names and the hidden folder is renamed to
   ``.commit``: from this instant on they hold.
3. They move out of it one by one, each over the file it replaces; then ``.commit`` is removed.

A writer killed before the renaming leaves the old bank, and a ``.save-TOKEN`` without a lock that the next
load or save removes. One killed later leaves a ``.commit`` that the next load or save finishes; where that
may not be, in a read-only folder, its files are read in place of those of the same name.

A combination that is in the folder keeps the name of its file. Another one's file is never replaced, nor is a
link followed: it is replaced.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from perfpred.combination import Combination
from perfpred.documents.atomic import make_folder, remove_leftovers, sync_folder, write_error
from perfpred.documents.locks import is_abandoned, locked_folder, try_lock
from perfpred.errors import InputError, ModelFileError, WriteError
from perfpred.kernels import KERNELS
from perfpred.names import file_stem
from perfpred.predict import document
from perfpred.predict.predictor import Predictor

SUFFIX = ".json"
_COMMIT = ".commit"
_STAGING = ".save-"


def save_all(predictors: Sequence[Predictor], folder: Path) -> list[Path]:
    """Write predictors of distinct combinations into a folder, all or none; returns their files.

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
            for index, predictor in enumerate(predictors):
                _write(staging / str(index), document.dumps(predictor).encode())
            with locked_folder(folder):
                _recover(folder)
                names = _names(folder, [predictor.combination for predictor in predictors])
                for index, name in enumerate(names):
                    _keep_mode(folder / name, staging / str(index))
                    (staging / str(index)).rename(staging / name)
                sync_folder(staging)
                staging.rename(folder / _COMMIT)
                sync_folder(folder)
                _finish(folder)
    except OSError as error:
        raise write_error(f"cannot save models in {folder}", error) from None
    return [folder / name for name in names]


@contextmanager
def model_files(path: Path) -> Iterator[list[Path]]:
    """Hold a folder's models as they are and yield their files, or the file that `path` itself is.

    Raises
    ------
    InputError
        If there are none.
    """
    if path.is_file():
        yield [path]
        return
    if not path.is_dir():
        raise InputError(f"no models at {path}: there is no such folder")
    if any(each.name.startswith((_COMMIT, _STAGING)) or each.suffix == ".tmp" for each in path.iterdir()):
        with suppress(OSError, WriteError), locked_folder(path, limit_s=5.0):  # or it may not be changed
            _recover(path)
    with ExitStack() as stack:
        with suppress(OSError):  # a file system without locks
            stack.enter_context(locked_folder(path, shared=True))
        files = _json_files(path)
        committed = path / _COMMIT
        if committed.is_dir() and not committed.is_symlink():
            files |= _regular(_json_files(committed))
        if not files:
            raise InputError(f"no models at {path}: the folder holds no {SUFFIX} file")
        yield [files[name] for name in sorted(files)]


def _json_files(folder: Path) -> dict[str, Path]:
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
    for name, path in _regular(_json_files(committed)).items():
        path.replace(folder / name)
    sync_folder(folder)
    shutil.rmtree(committed)


def _names(folder: Path, combinations: Sequence[Combination]) -> list[str]:
    """Return a file name for each combination: the one it has, else one that nobody else has."""
    existing = _json_files(folder)
    own: dict[Combination, str] = {}
    for name, path in existing.items():
        found = _combination_of(path)
        if found is not None:
            own.setdefault(found, name)
    taken = {name.lower() for name in own.values()} | _folders(folder)
    return [own.get(each) or _free_name(each, taken) for each in combinations]


def _free_name(combination: Combination, taken: set[str]) -> str:
    stem = file_stem((combination.kernel, combination.variant, combination.hardware), KERNELS)
    name, count = f"{stem}{SUFFIX}", 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}_{count}{SUFFIX}"
    taken.add(name.lower())
    return name


def _combination_of(path: Path) -> Combination | None:
    """Return whose model a file is; None if it is none, and so may be replaced by one of its name."""
    try:
        head, _ = document.read(path, whole_up_to=document.HEAD_BYTES)
        return document.combination_in(head) or document.load(path).combination
    except ModelFileError:
        return None


def _folders(folder: Path) -> set[str]:
    return {each.name.lower() for each in os.scandir(folder) if each.is_dir(follow_symlinks=False)}
