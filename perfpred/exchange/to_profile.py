"""The results of a file to a profile: names, rows within the rules, and the tuning space they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from perfpred.errors import InputError
from perfpred.exchange.describing import describe, remarks_on, summary
from perfpred.exchange.document import Document
from perfpred.exchange.formats import Format
from perfpred.exchange.imported import Imported, Names
from perfpred.exchange.objects import text_in
from perfpred.exchange.recorded_unit import recorded_unit
from perfpred.exchange.results import Rejection, Results, recorded
from perfpred.exchange.rows import Reading, Row, Sorted, parameters_by_variant, rejection, sort_results
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.t1 import StatedSpace
from perfpred.hardware import device_id
from perfpred.profile import Profile
from perfpred.profile.rules import RESERVED, check

DEFAULT_VARIANT = "tuned"


@dataclass(frozen=True)
class Source:
    """A file, the format that it is of, and the results in it."""

    document: Document
    format: Format
    results: Results


def to_profile(source: Source, names: Names, estimate: str, stated: StatedSpace | None) -> Imported:
    """Turn the results of a file into a profile, and say which of them became no row.

    Parameters
    ----------
    source : Source
    names : Names
        What the profile is for, as far as the user says it.
    estimate : str
        How a time is estimated from its repeats.
    stated : StatedSpace, optional
        The tuning space that the configurations belong to.

    Raises
    ------
    InputError
        If a name is missing, a parameter cannot name a column, or no entry became a row.
    """
    document, results = source.document, source.results
    parameters, by_variant = _parameters(results)
    try:
        reading = Reading(parameters, recorded_unit(results, source.format), estimate, by_variant)
        _require_nameable(parameters, results)
    except InputError as error:
        raise InputError(f"{document.path}: {error}") from None
    entries = _within_rules(sort_results(results.results, reading), parameters)
    rejected = [*results.rejected, *entries.rejected]
    if not entries.rows:
        problem = f"none of {len(rejected)} entries can be a row of a profile"
        raise InputError("\n".join(filter(None, [f"{document.path}: {problem}", summary(rejected)])))
    if stated is not None:
        results = replace(results, space=stated.space, kernel=results.kernel or stated.name)
    table = _table(entries.rows, parameters)
    outside: list[Rejection] = []
    remarks = [
        *filter(None, [document.remark]),
        *results.remarks,
        *remarks_on(entries.rows, estimate),
    ]
    metadata = describe(document.path.name, results, entries, reading, remarks)
    if results.space is not None:
        _require_same_parameters(document.path, results.space, table)
        outside = _outside(results.space, table, entries)
        metadata["space"] = results.space.to_json()
        metadata["outside_space"] = [asdict(rejected_row) for rejected_row in outside]
    table = table.assign(**_names(document.path, names, results, entries.rows))
    try:
        profile = Profile(table, parameters, metadata)
    except InputError as error:
        raise InputError(f"{document.path}: {error}") from None
    return Imported(profile, source.format.name, reading.unit, rejected, outside, remarks)


def _within_rules(entries: Sorted, parameters: Sequence[str]) -> Sorted:
    """Reject the rows that a profile refuses, such as sizes beyond its bounds: each costs only itself."""
    if not entries.rows or not parameters:
        return entries
    variants = [row.result.variant or DEFAULT_VARIANT for row in entries.rows]
    table = _table(entries.rows, parameters).assign(variant=variants)
    reasons: dict[int, str] = {}
    for problem in check(table, parameters)[1]:
        if problem.row is not None:
            value = table[problem.column].tolist()[problem.row]
            reasons.setdefault(problem.row, f"{problem.column} {problem.rule}, but is {recorded(value)!r}")
    rejected = [rejection(entries.rows[row].result, reason) for row, reason in reasons.items()]
    rows = [row for index, row in enumerate(entries.rows) if index not in reasons]
    return Sorted(rows, [*entries.rejected, *rejected])


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


def _parameters(results: Results) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return the parameters of all rows, and of each variant where they differ."""
    if results.parameters:
        return results.parameters, {}
    by_variant = parameters_by_variant(results.results)
    return tuple(dict.fromkeys(name for names in by_variant.values() for name in names)), by_variant


def _names(path: Path, given: Names, results: Results, rows: Sequence[Row]) -> dict[str, Any]:
    kept = {key: text_in(results.origin or {}, key) for key in ("kernel", "variant", "hardware")}
    variants = dict.fromkeys(row.result.variant for row in rows)
    if given.variant and len(variants) > 1:
        raise InputError(
            f"{path} holds {len(variants)} variants, such as '{next(iter(variants))}': leave out --variant"
        )
    stated = kept.get("variant") or DEFAULT_VARIANT
    columns: dict[str, Any] = {
        "kernel": given.kernel or kept.get("kernel") or results.kernel,
        "variant": given.variant or [row.result.variant or stated for row in rows],
        "hardware": given.hardware or kept.get("hardware") or device_id(results.device),
    }
    missing = [f"--{name}" for name, text in columns.items() if not text]
    if missing:
        raise InputError(f"{path} does not say what it is for: give {' and '.join(missing)}")
    return columns


def _table(rows: Sequence[Row], parameters: Sequence[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {
        name: [row.parameters[index] for row in rows] for index, name in enumerate(parameters)
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


def _outside(space: TuningSpace, table: pd.DataFrame, entries: Sorted) -> list[Rejection]:
    """Return the rows that are no legal configuration of the space, with the reasons."""
    return [
        Rejection(entries.rows[position].result.place, reason, entries.rows[position].result.configuration)
        for position, reason in space.objections(table).items()
    ]
