"""A file of another tool to a profile, or to a tuning space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from perfpred.errors import InputError
from perfpred.exchange import t1
from perfpred.exchange.describing import describe, remarks_on, summary
from perfpred.exchange.document import Document, read_document
from perfpred.exchange.formats import Format, recognise
from perfpred.exchange.results import Rejection, Results
from perfpred.exchange.rows import Row, Sorted, common_parameters, sort_results
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.t1 import StatedSpace
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
        Entries that became no row; in the metadata under ``rejected`` too.
    outside : list of Rejection
        Rows that are no legal configuration of the space, kept nevertheless; under ``outside_space``.
    remarks : list of str
        What is odd about the file as a whole.
    """

    profile: Profile
    format: str
    unit: TimeUnit
    rejected: list[Rejection]
    outside: list[Rejection]
    remarks: list[str]


def import_file(path: Path, names: Names | None = None, space: Path | None = None) -> Imported | StatedSpace:
    """Read a file of any known format: T4 results, a Kernel Tuner cache, or a T1 space.

    Parameters
    ----------
    path : Path
        Gzipped or not; its format is told by what it holds.
    names : Names, optional
        Needed as far as the file does not say what it is for; the variant is else ``tuned``.
    space : Path, optional
        The tuning space that the configurations of a results file belong to.

    Raises
    ------
    InputError
        If the file is of no known format, a name is missing, or no entry became a row.
    """
    names = names or Names()
    document = read_document(path)
    kind = recognise(document)
    content = kind.read(document)
    if isinstance(content, Results):
        stated = None if space is None else read_space(space)
        return _import_results(document, kind, content, names, stated)
    given = [
        f"--{name}"
        for name, value in (asdict(names) | {"space": space}).items()
        if value and name != "kernel"
    ]
    if given:
        raise InputError(f"{path} is a {kind.name}, which holds no results: leave out {', '.join(given)}")
    return replace(content, name=names.kernel or content.name)


def read_space(path: Path) -> StatedSpace:
    """Read a tuning space, T1 or as `write_space` writes it; raises `InputError` for any other file."""
    document = read_document(path)
    kind = recognise(document)
    content = kind.read(document)
    if isinstance(content, Results):
        raise InputError(f"{path} holds {kind.name}; a tuning space is needed, such as a {t1.NAME}")
    return content


def _import_results(
    document: Document, kind: Format, results: Results, names: Names, stated: StatedSpace | None
) -> Imported:
    try:
        unit = _unit(results, kind)
    except InputError as error:
        raise InputError(f"{document.path}: {error}") from None
    parameters = results.parameters or common_parameters(results.results)
    found = sort_results(results.results, parameters, unit)
    rejected = [*results.rejected, *found.rejected]
    if not found.rows:
        problem = f"none of {len(rejected)} entries can be a row of a profile"
        raise InputError("\n".join(filter(None, [f"{document.path}: {problem}", summary(rejected)])))
    if stated is not None:
        results = replace(results, space=stated.space, kernel=results.kernel or stated.name)
    table = _table(found.rows, parameters)
    outside: list[Rejection] = []
    remarks = [*filter(None, [document.remark]), *results.remarks, *remarks_on(found.rows)]
    metadata = describe(document.path.name, results, found, unit, remarks)
    if results.space is not None:
        _require_same_parameters(document.path, results.space, parameters)
        outside = _outside(results.space, table, found)
        metadata["space"] = results.space.to_json()
        metadata["outside_space"] = [asdict(each) for each in outside]
    profile = Profile(table.assign(**_names(document.path, names, results)), parameters, metadata)
    return Imported(profile, kind.name, unit, rejected, outside, remarks)


def _unit(results: Results, kind: Format) -> TimeUnit:
    if results.unit:
        return TimeUnit(unit_named(results.unit), f"{results.unit_place} is '{results.unit}'")
    stated = {result.unit for result in results.results}
    if stated and "" not in stated:
        return TimeUnit(unit_named(min(stated)), "every measurement states its unit")
    name = kind.default_unit
    return TimeUnit(name, f"the file states none; a {kind.name} holds {UNIT_NAMES[name]}", assumed=True)


def _names(path: Path, given: Names, results: Results) -> dict[str, str]:
    kept = results.origin or {}
    found = {
        "kernel": given.kernel or kept.get("kernel") or results.kernel,
        "variant": given.variant or kept.get("variant") or DEFAULT_VARIANT,
        "hardware": given.hardware or kept.get("hardware") or device_id(results.device),
    }
    missing = [f"--{name}" for name, text in found.items() if not text]
    if missing:
        raise InputError(f"{path} does not say what it is for: give {' and '.join(missing)}")
    return found


def _table(rows: Sequence[Row], parameters: Sequence[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {
        name: [row.parameters[place] for row in rows] for place, name in enumerate(parameters)
    }
    columns["time_s"] = [row.time_s for row in rows]
    columns["noise"] = [row.noise for row in rows]
    columns["rounds"] = [float("nan") if row.rounds is None else float(row.rounds) for row in rows]
    columns["status"] = [row.status for row in rows]
    return pd.DataFrame(columns)


def _require_same_parameters(path: Path, space: TuningSpace, parameters: Sequence[str]) -> None:
    for one, names, other in (
        ("space", space.parameters, parameters),
        ("results", parameters, space.parameters),
    ):
        alone = [name for name in names if name not in other]
        if alone:
            rule = "the space and the results must have the same parameters"
            raise InputError(f"{path}: {rule}, but only the {one} has '{alone[0]}'")


def _outside(space: TuningSpace, table: pd.DataFrame, found: Sorted) -> list[Rejection]:
    """Return the rows that are no legal configuration of the space, with the reasons."""
    return [
        Rejection(found.rows[position].result.place, reason, found.rows[position].result.configuration)
        for position, reason in space.objections(table).items()
    ]
