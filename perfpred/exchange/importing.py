"""A file of another tool to a profile, or to a tuning space."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from perfpred.errors import InputError
from perfpred.exchange import t1
from perfpred.exchange.describing import describe, remarks_on, summary
from perfpred.exchange.document import Document, read_document
from perfpred.exchange.estimates import DEFAULT, require_estimate
from perfpred.exchange.formats import Format, recognise
from perfpred.exchange.objects import text_in
from perfpred.exchange.results import Rejection, Results, recorded
from perfpred.exchange.rows import (
    Reading,
    Row,
    Sorted,
    parameters_by_variant,
    rejection,
    sort_results,
)
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.t1 import StatedSpace
from perfpred.exchange.units import UNIT_NAMES, TimeUnit, unit_named
from perfpred.exchange.values import checked_value
from perfpred.hardware import device_id
from perfpred.profile import Profile
from perfpred.profile.cells import Value
from perfpred.profile.rules import RESERVED, check

DEFAULT_VARIANT = "tuned"


@dataclass(frozen=True)
class Names:
    """What an imported profile is for; None where the file shall say it."""

    kernel: str | None = None
    variant: str | None = None
    hardware: str | None = None


@dataclass(frozen=True)
class Wishes:
    """How a results file is to be read.

    Attributes
    ----------
    estimate : str
        What the time of a row is made of where the file has its repeats: ``median``, ``min``, ``mean``, or
        ``recorded`` for the time as it is.
    constants : mapping of str to number or text
        Parameters that all rows share and the file does not state, such as the problem size.
    """

    estimate: str = DEFAULT
    constants: Mapping[str, Value] = field(default_factory=dict)


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


def import_file(
    path: Path, names: Names | None = None, space: Path | None = None, wishes: Wishes | None = None
) -> Imported | StatedSpace:
    """Read a file of any known format: results of a tuner or a benchmark tool, or a tuning space.

    Parameters
    ----------
    path : Path
        Gzipped or not; its format is told by what it holds.
    names : Names, optional
        Needed as far as the file does not say what it is for; the variant is else ``tuned``.
    space : Path, optional
        The tuning space that the configurations of a results file belong to.
    wishes : Wishes, optional
        How a results file is to be read.

    Raises
    ------
    InputError
        If the file is of no known format, a name is missing, or no entry became a row.
    """
    names, wishes = names or Names(), wishes or Wishes()
    require_estimate(wishes.estimate)
    document = read_document(path)
    try:
        return _imported(document, names, space, wishes)
    except RecursionError:
        raise InputError(f"{path}: the JSON nests too deeply") from None


def _imported(document: Document, names: Names, space: Path | None, wishes: Wishes) -> Imported | StatedSpace:
    kind = recognise(document)
    content = kind.read(document)
    if isinstance(content, Results):
        stated = None if space is None else read_space(space)
        return _import_results(document, kind, _with_constants(content, wishes), names, stated, wishes)
    given = [
        f"--{name}"
        for name, value in (asdict(names) | {"space": space, "param": wishes.constants}).items()
        if value and name != "kernel"
    ]
    if given:
        raise InputError(
            f"{document.path} is a {kind.name}, which holds no results: leave out {', '.join(given)}"
        )
    return replace(content, name=names.kernel or content.name)


def read_space(path: Path) -> StatedSpace:
    """Read a tuning space, T1 or as `write_space` writes it; raises `InputError` for any other file."""
    document = read_document(path)
    kind = recognise(document)
    content = kind.read(document)
    if isinstance(content, Results):
        raise InputError(f"{path} holds {kind.name}; a tuning space is needed, such as a {t1.NAME}")
    return content


def _with_constants(results: Results, wishes: Wishes) -> Results:
    """Give every result the parameters that all of them share."""
    constants = {
        **results.constants,
        **{name: _constant(name, each) for name, each in wishes.constants.items()},
    }
    if not constants:
        return results
    stated_names = {
        name
        for each in results.results
        if isinstance(each.configuration, Mapping)
        for name in each.configuration
    }
    for name, value in constants.items():
        if name in stated_names:
            raise InputError(f"--param {name}: the file has a parameter of that name")
        stated = results.constants.get(name, value)
        if stated != value:
            raise InputError(f"--param {name}={value}: the file says that it is {stated}")
    shared = [
        replace(each, configuration={**each.configuration, **constants})
        if isinstance(each.configuration, Mapping)
        else each
        for each in results.results
    ]
    parameters = (*results.parameters, *constants) if results.parameters else ()
    return replace(results, results=shared, parameters=parameters, constants=constants)


def _constant(name: str, value: Value) -> Value:
    try:
        return checked_value(value)
    except InputError as error:
        raise InputError(f"--param {name}: {error}") from None


def _parameters(results: Results) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the parameters of all rows, and of each variant where they differ."""
    if results.parameters:
        return results.parameters, {}
    by_variant = parameters_by_variant(results.results)
    return tuple(dict.fromkeys(name for names in by_variant.values() for name in names)), by_variant


def _import_results(
    document: Document,
    kind: Format,
    results: Results,
    names: Names,
    stated: StatedSpace | None,
    wishes: Wishes,
) -> Imported:
    parameters, by_variant = _parameters(results)
    try:
        reading = Reading(parameters, _unit(results, kind), wishes.estimate, by_variant)
        _require_nameable(parameters, results)
    except InputError as error:
        raise InputError(f"{document.path}: {error}") from None
    found = _within_rules(sort_results(results.results, reading), parameters)
    rejected = [*results.rejected, *found.rejected]
    if not found.rows:
        problem = f"none of {len(rejected)} entries can be a row of a profile"
        raise InputError("\n".join(filter(None, [f"{document.path}: {problem}", summary(rejected)])))
    if stated is not None:
        results = replace(results, space=stated.space, kernel=results.kernel or stated.name)
    table = _table(found.rows, parameters)
    outside: list[Rejection] = []
    remarks = [
        *filter(None, [document.remark]),
        *results.remarks,
        *remarks_on(found.rows, wishes.estimate),
    ]
    metadata = describe(document.path.name, results, found, reading, remarks)
    if results.space is not None:
        _require_same_parameters(document.path, results.space, table)
        outside = _outside(results.space, table, found)
        metadata["space"] = results.space.to_json()
        metadata["outside_space"] = [asdict(each) for each in outside]
    table = table.assign(**_names(document.path, names, results, found.rows))
    try:
        profile = Profile(table, parameters, metadata)
    except InputError as error:
        raise InputError(f"{document.path}: {error}") from None
    return Imported(profile, kind.name, reading.unit, rejected, outside, remarks)


def _within_rules(found: Sorted, parameters: Sequence[str]) -> Sorted:
    """Reject the rows that a profile refuses, such as sizes beyond its bounds: each costs only itself."""
    if not found.rows or not parameters:
        return found
    variants = [row.result.variant or DEFAULT_VARIANT for row in found.rows]
    table = _table(found.rows, parameters).assign(variant=variants)
    reasons: dict[int, str] = {}
    for each in check(table, parameters)[1]:
        if each.row is not None:
            value = table[each.column].tolist()[each.row]
            reasons.setdefault(each.row, f"{each.column} {each.rule}, but is {recorded(value)!r}")
    rejected = [rejection(found.rows[row].result, reason) for row, reason in reasons.items()]
    rows = [row for place, row in enumerate(found.rows) if place not in reasons]
    return Sorted(rows, [*found.rejected, *rejected])


def _require_nameable(parameters: Sequence[str], results: Results) -> None:
    """Raise unless every parameter can name a column of a profile."""
    for name in parameters:
        if name in RESERVED or not name.strip() or name != recorded(name).strip():
            raise InputError(
                f"a parameter is named {name!r}, which no column of a profile can be; rename it in the file "
                f"(reserved: {', '.join(RESERVED)})"
            )
    if not parameters and results.results:
        raise InputError("the entries have no parameter; if they share a size, give it as --param NAME=VALUE")


def _unit(results: Results, kind: Format) -> TimeUnit:
    if results.unit:
        return TimeUnit(unit_named(results.unit), f"{results.unit_place} is '{results.unit}'")
    stated = {result.unit for result in results.results}
    if stated and "" not in stated:
        return TimeUnit(_first_known(sorted(stated)), "every measurement states its unit")
    name = kind.default_unit
    if kind.one_unit:
        return TimeUnit(name, f"that is the unit of {kind.name}")
    return TimeUnit(name, f"the file states none; a {kind.name} holds {UNIT_NAMES[name]}", assumed=True)


def _first_known(units: Sequence[str]) -> str:
    """Return the first unit that is known; an entry with another is rejected on its own."""
    for unit in units:
        with contextlib.suppress(InputError):
            return unit_named(unit)
    return unit_named(units[0])  # raises: there is no time in any entry


def _names(path: Path, given: Names, results: Results, rows: Sequence[Row]) -> dict[str, Any]:
    kept = {key: text_in(results.origin or {}, key) for key in ("kernel", "variant", "hardware")}
    variants = dict.fromkeys(row.result.variant for row in rows)
    if given.variant and len(variants) > 1:
        raise InputError(
            f"{path} holds {len(variants)} variants, such as '{next(iter(variants))}': leave out --variant"
        )
    stated = kept.get("variant") or DEFAULT_VARIANT
    found: dict[str, Any] = {
        "kernel": given.kernel or kept.get("kernel") or results.kernel,
        "variant": given.variant or [row.result.variant or stated for row in rows],
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


def _require_same_parameters(path: Path, space: TuningSpace, table: pd.DataFrame) -> None:
    """Raise unless space and results have the same parameters; constant ones may be those of the problem."""
    parameters = [name for name in table if name not in RESERVED]
    varying = [name for name in parameters if table[name].nunique() > 1]
    for one, names, other in (
        ("space", space.parameters, parameters),
        ("results", varying, space.parameters),
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
