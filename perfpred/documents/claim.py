"""One writer per output: a lock on the journal, held for the whole campaign and released with the process."""

from __future__ import annotations

import errno
import os
import socket
import stat
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from perfpred.documents.atomic import make_folder, write_error
from perfpred.documents.locks import try_lock
from perfpred.errors import InputError, PerfpredWarning


class Claim:
    """A journal's file, opened and locked; nobody else can claim it until it is closed or this process ends.

    The file is created if it is absent, and removed again at the end if nothing was written. Children do
    not inherit it. A symbolic link is not followed: the folder may be a stranger's. On a file system without
    locks there is a warning instead of a lock.

    Parameters
    ----------
    path : Path
        The journal; its folder is created.

    Raises
    ------
    InputError
        If another campaign holds it, or the file is a link or no regular file.
    WriteError
        If it cannot be written there.

    Attributes
    ----------
    descriptor : int
        Of the open file; what is written is appended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        make_folder(path.parent)
        while True:
            self.descriptor = _opened(path)
            try:
                self._lock()
                if _is_at(self.descriptor, path):
                    return
            except BaseException:
                os.close(self.descriptor)
                raise
            os.close(self.descriptor)  # whoever held it has just removed it

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self.descriptor).st_size

    def close(self) -> None:
        """Release the lock; an empty file is removed."""
        if self.descriptor < 0:
            return
        with suppress(OSError):
            if self.size == 0 and _is_at(self.descriptor, self.path):
                self.path.unlink()
        with suppress(OSError):
            os.close(self.descriptor)
        self.descriptor = -1

    def __enter__(self) -> Claim:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            is_ours = try_lock(self.descriptor)
        except OSError as error:
            unguarded = f"{self.path} cannot be locked ({error.strerror}): start no second campaign on it"
            warnings.warn(unguarded, PerfpredWarning, stacklevel=3)
            return
        if not is_ours:
            raise InputError(
                f"{self.path} is in use by another campaign ({_holder(self.descriptor)}): two campaigns "
                "with one output would disturb each other; wait for it, or choose another --out"
            )


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o666)
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a journal: choose another --out") from None
    except OSError as error:
        if error.errno != errno.ELOOP or not path.is_symlink():
            raise write_error(f"cannot write {path}", error) from None
        raise InputError(
            f"{path} is a symbolic link, which a journal is not written through: remove it, "
            "or choose another --out"
        ) from None
    except ValueError as error:  # a null character, or one that UTF-8 has not
        raise InputError(f"cannot write {str(path)!a}: {error}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(f"{path} is no regular file, so no journal: choose another --out")
    return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    """Say whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> str:
    """Return who holds the lock of an open file, as far as the system says."""
    about = os.fstat(descriptor)
    place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    with suppress(OSError, UnicodeDecodeError):
        for line in Path("/proc/locks").read_text(encoding="utf-8").splitlines():
            words = line.split()
            if len(words) > 5 and words[1] == "FLOCK" and words[5] == place and int(words[4]) > 0:
                return f"process {words[4]} on {socket.gethostname()}"
    return "a process that cannot be named from here, perhaps on another machine"
