"""The schedules of a profile: a JSON file beside its CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perfpred.documents.reading import read_json
from perfpred.errors import InputError
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.rules import mapping, require, shown
from perfpred.measure.destination import stem


def schedules_path(out: Path) -> Path:
    """Return where the schedules of a profile lie: a JSON file beside it."""
    return out.with_name(f"{stem(out)}.schedules.json")


def read_schedules(out: Path) -> dict[str, Candidate]:
    """Return the schedules of a profile by the ids in its column ``schedule``.

    Raises
    ------
    InputError
        If the file is missing or broken.
    """
    path = schedules_path(out)
    try:
        fields = mapping(read_json(path, "schedules"), "it", ("schedules",), ("pipeline",))
        require(isinstance(fields["schedules"], dict), "schedules", "a JSON object", fields["schedules"])
        return {key: _schedule(key, each) for key, each in fields["schedules"].items()}
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _schedule(key: str, document: Any) -> Candidate:
    try:
        candidate = Candidate.from_json(document)
        require(candidate.id == key, "its key", f"the hash of its directives, {candidate.id}", key)
    except InputError as error:
        raise InputError(f"schedules.{shown(key)}: {error}") from None
    return candidate
