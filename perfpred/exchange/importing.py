"""A results file to a profile."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from perfpred.errors import InputError
from perfpred.exchange.document import read_document
from perfpred.exchange.formats import Format, recognise
from perfpred.exchange.results import Rejection, Results
from perfpred.exchange.rows import Row, common_parameters, sort_results
from perfpred.exchange.units import UNIT_NAMES, TimeUnit, unit_named
from perfpred.hardware import device_id
from perfpred.profile import Profile

DEFAULT_VARIANT = "tuned"


@dataclass(frozen=True)
class Names:
    """What an imported profile is for; None where the file shall say it."""

    kernel: str | None = None
    variant: str | None = None
    hardware: str | None = None


@dataclass(frozen=True)
class Imported:
    """A profile made of a results file.

    Attributes
    ----------
    profile : Profile
    format : str
    unit : TimeUnit
        Of the times in the file.
    rejected : list of Rejection
        Entries that became no row; also in the metadata.
    remark : str
        What is wrong with the file as a whole; empty if nothing is.
    """

    profile: Profile
    format: str
    unit: TimeUnit
    rejected: list[Rejection]
    remark: str


def import_results(path: Path, names: Names) -> Imported:
    """Read a results file of any known format.

    Raises
    ------
    InputError
        If the file is of no known format, a name is missing, or no entry became a row.
    """
    document = read_document(path)
    kind = recognise(document)
    results = kind.read(document)
    unit = _unit(results, kind)
    parameters = results.parameters or common_parameters(results.results)
    found = sort_results(results.results, parameters, unit)
    rejected = [*results.rejected, *found.rejected]
    if not found.rows:
        first = f"; the first: {rejected[0].place}: {rejected[0].reason}" if rejected else ""
        raise InputError(f"{path}: none of {len(rejected)} entries can be a row of a profile{first}")
    metadata = _metadata(path, results, unit, rejected)
    table = _table(found.rows, parameters, _names(path, names, results))
    return Imported(Profile(table, parameters, metadata), kind.name, unit, rejected, document.remark)


def _unit(results: Results, kind: Format) -> TimeUnit:
    if results.unit:
        return TimeUnit(unit_named(results.unit), f"{results.unit_place} is '{results.unit}'")
    name = kind.default_unit
    return TimeUnit(name, f"the file states none; a {kind.name} holds {UNIT_NAMES[name]}", assumed=True)


def _names(path: Path, given: Names, results: Results) -> dict[str, str]:
    kernel = given.kernel or results.kernel
    hardware = given.hardware or device_id(results.device)
    missing = [f"--{name}" for name, text in (("kernel", kernel), ("hardware", hardware)) if not text]
    if missing:
        raise InputError(f"{path} does not say what it is for: give {' and '.join(missing)}")
    return {"kernel": kernel, "variant": given.variant or DEFAULT_VARIANT, "hardware": hardware}


def _table(rows: list[Row], parameters: tuple[str, ...], names: dict[str, str]) -> pd.DataFrame:
    columns: dict[str, Any] = {
        name: [row.parameters[place] for row in rows] for place, name in enumerate(parameters)
    }
    columns["time_s"] = [row.time_s for row in rows]
    columns["noise"] = [row.noise for row in rows]
    columns["rounds"] = [float("nan") if row.rounds is None else float(row.rounds) for row in rows]
    columns["status"] = [row.status for row in rows]
    return pd.DataFrame(columns).assign(**names)


def _metadata(path: Path, results: Results, unit: TimeUnit, rejected: list[Rejection]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "source": {"file": path.name, "format": results.format, **results.facts},
        "objective": results.objective,
        "units": {"time_s": "s", "noise": "fraction", "rounds": "repeats"},
        "recorded_unit": {"time": UNIT_NAMES[unit.name], "known": unit.known, "assumed": unit.assumed},
        "timing": {
            "estimate": "as recorded: the mean of the repeats",
            "noise": "relative difference of the means of the first and second half of the repeats",
        },
        "rejected": [asdict(each) for each in rejected],
    }
    if results.space is not None:
        described["space"] = results.space.to_json()
    return described
