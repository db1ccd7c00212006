"""The models of a folder, each read when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from perfpred.combination import Combination
from perfpred.documents.bundle import held_files
from perfpred.errors import ModelFileError
from perfpred.predict import document
from perfpred.predict.folder import NOUN
from perfpred.predict.predictor import Predictor

_KEPT_BYTES = 1 << 26
"""Of small folders the whole text is kept, so that a later change of the folder changes nothing."""


@dataclass(frozen=True)
class Entry:
    """A model file: whose it is, what it was like, and its text where that was kept.

    Attributes
    ----------
    path : Path
    combination : Combination
    stamp : tuple of int
        What the file system says of the file; another one after a change.
    data : bytes, optional
        The text of the file, where it was kept.
    """

    path: Path
    combination: Combination
    stamp: tuple[int, ...]
    data: bytes | None = None

    def load(self) -> Predictor:
        """Return the predictor, checked.

        Raises
        ------
        ModelFileError
            If the file cannot be trusted, or is another one by now.
        """
        data = self.data
        if data is None:
            data, found = document.read(self.path)
            if _stamp(found) != self.stamp:
                raise ModelFileError(f"{self.path}: it was changed after its bank was loaded; load it again")
        predictor = document.loads_from(self.path, data)
        if predictor.combination != self.combination:
            raise ModelFileError(f"{self.path}: it names its combination twice, and differently")
        return predictor


class LazyModels(Mapping[Combination, Predictor]):
    """Predictors by combination, in the order of their files."""

    def __init__(self, entries: Mapping[Combination, Entry]) -> None:
        self._entries = entries
        self._loaded: dict[Combination, Predictor] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Combination]:
        return iter(self._entries)

    def __contains__(self, combination: object) -> bool:
        return combination in self._entries

    def __getitem__(self, combination: Combination) -> Predictor:
        if combination not in self._loaded:
            self._loaded[combination] = self._entries[combination].load()
        return self._loaded[combination]


def lazy_models(path: Path) -> LazyModels:
    """Return the models of a folder, of which only the first bytes are read, or the one model of a file.

    Raises
    ------
    InputError
        If there is no such folder, or no model in it.
    ModelFileError
        If a file is no model, or two files are of one combination.
    """
    entries: dict[Combination, Entry] = {}
    left = _KEPT_BYTES
    with held_files(path, NOUN) as files:
        for file in files:
            entry = _entry(file, left)
            left -= len(entry.data or b"")
            if entry.combination in entries:
                other = entries[entry.combination].path.name
                raise ModelFileError(f"{file}: it is of {entry.combination}, as {other} is; remove one")
            entries[entry.combination] = entry
        found = LazyModels(entries)
        if path.is_file():
            list(found.values())  # who names a file wants to know what is wrong with it
    return found


def _entry(path: Path, kept_bytes: int) -> Entry:
    data, found = document.read(path, whole_up_to=kept_bytes)
    combination = document.combination_in(data[: document.HEAD_BYTES]) or document.load(path).combination
    return Entry(path, combination, _stamp(found), data if len(data) == found.st_size else None)


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_size, found.st_mtime_ns)
