"""How schedules and their timings are kept in a journal, so that a damaged line costs what it held alone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from perfpred.documents.views import KeyView
from perfpred.errors import InputError, PerfpredWarning
from perfpred.halide.schedule.candidate import Candidate
from perfpred.measure.entries import INDEX
from perfpred.measure.journal import CampaignJournal


def view(journal: CampaignJournal, key: str, name: str = "") -> KeyView:
    """Return the entries that have a key, without timings of which a lost line says what they are of."""
    return KeyView(journal, key, name, lambda entry: not _is_unclear(entry, journal))


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
