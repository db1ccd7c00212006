"""The models of a service: loaded whole, and again as one when their files change."""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from perfpred.errors import PerfpredError, one_line
from perfpred.predict.bank import Bank, load
from perfpred.predict.machine import is_this_machine
from perfpred.predict.reading import Reader

Stamp: TypeAlias = tuple[tuple[str, int, int, int, int], ...]
"""What the file system says of each file: its name, number, size, and when it and its entry changed."""
_log = logging.getLogger("perfpred.serve")


@dataclass(frozen=True, eq=False)
class Loaded:
    """Models that were loaded together; a request is answered by one `Loaded` from its start to its end.

    Attributes
    ----------
    bank : Bank
    at : str
        When they were loaded, as ISO 8601 has it.
    """

    bank: Bank
    at: str
    _here: dict[tuple[str, str | None, str | None], bool | None] = field(default_factory=dict, repr=False)

    def find(self, kernel: str, variant: str | None, hardware: str | None) -> bool | None:
        """Return whether the models that match are of this machine, as the command line says it.

        Raises
        ------
        UnknownNameError
            If there is no such kernel, variant or hardware.
        """
        key = (kernel, variant, hardware)
        if key not in self._here:  # only names that exist are kept, so this stays small
            found = self.bank.find(*key)
            self._here[key] = is_this_machine([each.combination.hardware for each in found])
        return self._here[key]

    def readers(self, kernel: str, variant: str | None, hardware: str | None) -> list[Reader]:
        """Return the readers that match; raises `UnknownNameError` if there is no such name."""
        self.find(kernel, variant, hardware)
        found = self.bank.readers(kernel, hardware)
        return [r for r in found if variant is None or r.predictor.combination.variant == variant]


class ModelStore:
    """The models that answer now; files that cannot be used leave those of before.

    Parameters
    ----------
    path : Path
        Folder of models, or one model file.

    Raises
    ------
    InputError
        If there is none, or one cannot be trusted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._stamp = stamp_of(path)
        self.loaded = load_whole(path)

    def reload(self) -> bool:
        """Load the models again if their files have changed; return whether others answer now."""
        with self._lock:
            stamp = stamp_of(self.path)
            if stamp == self._stamp:
                return False
            self._stamp = stamp  # files that are broken are looked at again when they change again
            try:
                self.loaded = load_whole(self.path)
            except (PerfpredError, OSError) as error:
                self.problem = one_line(error)
                _log.error("models not reloaded, those of before answer: %s", self.problem)
                return False
            self.problem = None
            _log.info("models reloaded: %d", len(self.loaded.bank))
            return True


def load_whole(path: Path) -> Loaded:
    """Return the models at a path, each of them read and checked.

    Parameters
    ----------
    path : Path
    """
    bank = load(path)
    list(bank)  # a bank reads a model when it is first asked for it
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    return Loaded(bank, now)


def stamp_of(path: Path) -> Stamp:
    """Return what differs after a change of the files at a path; empty where there is none."""
    try:
        files: Sequence[Path] = sorted(path.iterdir()) if path.is_dir() else [path]
        return tuple(_stamp(each) for each in files if each.suffix == ".json" or each == path)
    except OSError:  # a file that went between two looks: the next look finds the others
        return ()


def _stamp(path: Path) -> tuple[str, int, int, int, int]:
    found = path.stat()
    return (path.name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
