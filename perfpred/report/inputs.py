"""The files of a report, sorted by what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.documents.reading import read_json
from perfpred.errors import InputError
from perfpred.halide.measure.schedules_file import schedules_path
from perfpred.profile.table import Profile
from perfpred.report.running import CampaignSoFar, SearchSoFar, read_running


@dataclass(frozen=True, eq=False)
class Inputs:
    """The files of a report, sorted by what they hold.

    Parameters
    ----------
    profiles : mapping of str to Profile
        Measurements, by file name.
    schedules : sequence of str
        Profiles of Halide schedules.
    speedups : sequence of mapping
        Entries of ``perfpred halide bench --json``.
    searches : sequence of SearchSoFar
        Traces.
    campaigns : sequence of CampaignSoFar
        Journals.
    """

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    schedules: Sequence[str] = ()
    speedups: Sequence[Mapping[str, Any]] = ()
    searches: Sequence[SearchSoFar] = ()
    campaigns: Sequence[CampaignSoFar] = ()


def read_inputs(files: Sequence[Path], read: Callable[[Path], Profile]) -> Inputs:
    """Return the files sorted by what they hold.

    Parameters
    ----------
    files : sequence of Path
        Profile CSVs, results of tuners (T4, Kernel Tuner), profiles of Halide schedules, results of
        ``perfpred halide bench --json``, traces of searches, and journals of campaigns.
    read : callable
        Reads a CSV or a tuner's file to a Profile.
    """
    profiles: dict[str, Profile] = {}
    schedules: list[str] = []
    speedups: list[Mapping[str, Any]] = []
    running: list[SearchSoFar | CampaignSoFar] = []
    for path in files:
        if path.suffix == ".csv" and schedules_path(path).exists():
            schedules.append(str(path))
        elif (found := read_running(path)) is not None:
            running.append(found)
        elif (rows := _speedups(path)) is not None:
            speedups.extend(rows)
        else:
            profiles[_free(path, profiles)] = read(path)
    searches = [each for each in running if isinstance(each, SearchSoFar)]
    campaigns = [each for each in running if isinstance(each, CampaignSoFar)]
    return Inputs(profiles, schedules, speedups, searches, campaigns)


def _free(path: Path, taken: Mapping[str, object]) -> str:
    """Return the file's name, or its whole path where another file of the name is there."""
    return str(path) if path.name in taken else path.name


def _speedups(path: Path) -> list[Mapping[str, Any]] | None:
    """Return the entries of ``halide bench --json``, None if the file is of another kind."""
    if path.suffix != ".json":
        return None
    try:
        found = read_json(path, "results")
    except InputError:
        return None  # its reader says why
    if not (isinstance(found, list) and found and all(isinstance(each, dict) for each in found)):
        return None
    if not all({"pipeline", "budget", "speedup"} <= each.keys() for each in found):
        return None
    return [each for each in found if _is_speedup(each)]


def _is_speedup(row: Mapping[str, Any]) -> bool:
    """Say whether a row has a bar: one without a budget is of an autoscheduler itself."""
    budget, speedup = row["budget"], row["speedup"]
    return isinstance(budget, int) and isinstance(speedup, int | float) and 0 < speedup < float("inf")
