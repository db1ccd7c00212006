"""How schedules and their timings are kept in a journal, so that a damaged line costs what it held alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from perfpred.errors import InputError, PerfpredWarning
from perfpred.halide.schedule.candidate import Candidate
from perfpred.measure.campaign import Log
from perfpred.measure.entries import INDEX
from perfpred.measure.journal import CampaignJournal


class Part:
    """The entries of a journal that have some key; their writer and reader may know it by another `name`."""

    def __init__(self, journal: CampaignJournal, key: str, name: str = "") -> None:
        self._journal, self._key, self._name = journal, key, name or key

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._journal.append(_renamed(entry, self._name, self._key))

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries so far, in order."""
        for entry in self._journal.entries():
            if self._key in entry and not _is_unclear(entry, self._journal):
                yield _renamed(entry, self._key, self._name)


class NamedRows:
    """A log whose timings bear what they are of: they find their row, wherever it is when they are read.

    Which rows there are depends on other lines of the journal, any of which may be lost.

    Parameters
    ----------
    log : Log
    names : sequence of str
        One per row.
    """

    def __init__(self, log: Log, names: Sequence[str]) -> None:
        self._log, self._names = log, names
        self._rows = {name: row for row, name in enumerate(names)}

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one timing."""
        self._log.append({**entry, "of": self._names[entry["row"]]})

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the timings of rows that there are; older ones have a number alone."""
        for entry in self._log.entries():
            name = entry.pop("of", None)
            if name is None:
                yield entry
            elif name in self._rows:
                yield {**entry, "row": self._rows[name]}


def candidates_of(documents: Sequence[Mapping[str, Any]]) -> list[Candidate] | None:
    """Return the candidates of an entry, None if they are not what was once written."""
    try:
        found = [Candidate.from_json(each) for each in documents]
    except InputError:
        return None
    same = all(
        each.id == document.get("id", each.id) for each, document in zip(found, documents, strict=True)
    )
    return found if same else None


def warn_of_unclear(journal: CampaignJournal) -> None:
    """Say how many timings of a damaged journal are left out, because a lost line says what they are of."""
    unclear = sum(_is_unclear(entry, journal) for entry in journal.entries())
    if unclear:
        warnings.warn(
            f"{journal.path}: {unclear} timings bear no name, and a line that says what they are of may be "
            "among the damaged; they are measured again",
            PerfpredWarning,
            stacklevel=2,
        )


def _is_unclear(entry: Mapping[str, Any], journal: CampaignJournal) -> bool:
    is_timing = any(INDEX.fullmatch(key) for key in entry)
    return is_timing and "of" not in entry and journal.damage.any


def _renamed(entry: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {(new if key == old else key): value for key, value in entry.items()}
