"""``perfpred inspect``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perfpred.app.arguments import HardwareOption, Json, KernelOption, VariantOption
from perfpred.app.column_options import takes_columns
from perfpred.app.console import heading, print_json, progress_bar, say, table
from perfpred.names import slug
from perfpred.schemas.files import ColumnDocument, InspectionDocument

if TYPE_CHECKING:
    from perfpred.profile.columns.mapping import ColumnMapping

File = Annotated[Path, typer.Argument(help="Any CSV of timings (also .csv.gz).", show_default=False)]


@takes_columns
def inspect(
    file: File,
    columns: ColumnMapping,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Show how each column of a CSV would be read, and the command that trains on it.

    Example: perfpred inspect docs/examples/fft.csv
    """
    from perfpred.profile.inspection import command_of, inspect_profile

    names = {"kernel": kernel, "variant": variant, "hardware": hardware}
    given = {key: text for key, text in names.items() if text is not None}
    found = inspect_profile(file, columns, given)
    unit_is_a_guess = found.mapping.unit is not None and columns.unit is None
    warnings = list(found.warnings)
    if unit_is_a_guess:
        named = found.mapping.time or ", ".join((*found.mapping.runs, *found.mapping.wide))
        warnings.append(f"nothing says the unit of '{named}': change --unit if it is not seconds")
    profile, problems = _read(file, found, given)
    warnings = [warning for warning in warnings if warning not in problems]
    if profile is not None:
        problems = _refused(profile)
    with progress_bar("looking for terms that explain the times"):
        terms = {} if profile is None else _terms(profile)
    document = InspectionDocument(
        tuple(ColumnDocument(**vars(role)) for role in found.columns),
        found.repeats,
        found.groups,
        terms,
        (*warnings, *problems),
        command_of(file, found, given, _kernel_name(file)),
    )
    if json:
        print_json(document)
    else:
        _show(document, problems)


def _kernel_name(file: Path) -> str:
    from perfpred.measure.destination import stem as csv_stem  # loads pandas

    return slug(csv_stem(file), "_", keep="_.-").strip("_-.") or "kernel"


def _read(file: Path, found: Any, given: dict[str, str]) -> tuple[Any, list[str]]:
    """Return the profile, or None and why there is none."""
    import warnings

    from perfpred.app.reading import FALLBACK
    from perfpred.errors import InputError, ProblemsError
    from perfpred.profile import read_profile

    fallback = {"kernel": _kernel_name(file), **FALLBACK}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read_profile(file, columns=found.mapping, fallback=fallback, **given), []
        except ProblemsError as error:
            return None, list(error.problems)
        except InputError as error:
            return None, [str(error)]


def _refused(profile: Any) -> list[str]:
    """Return why training is refused though the file can be read; empty if it is not."""
    from perfpred.errors import InputError
    from perfpred.learn.training import require_trainable

    found = []
    for combination, part in profile.ok.combinations():
        try:
            require_trainable(combination, part)
        except InputError as error:
            found.append(f"train refuses the file as it is: {error}")
    return found


def _terms(profile: Any) -> dict[str, Any]:
    """Return the complexity of each kernel: what the file states, else what its measurements suggest."""
    from perfpred.learn.fitting.terms import found_terms

    largest: dict[str, Any] = {}
    for key, part in profile.ok.combinations():
        if key.kernel not in largest or len(part) > len(largest[key.kernel]):
            largest[key.kernel] = part
    terms = {kernel: part.complexity or found_terms(part) for kernel, part in largest.items()}
    return terms if len(terms) != 1 else next(iter(terms.values()))


def _show(document: InspectionDocument, problems: Sequence[str]) -> None:
    rows = [[column.name, column.role, column.reason] for column in document.columns]
    table("", {"column": "left", "taken for": "left", "because": "left"}, rows)
    repeats = document.repeats
    say(f"{repeats['rows']} rows of {repeats['settings']} distinct settings of the parameters")
    if repeats["repeated"]:
        say(
            f"{repeats['repeated']} rows repeat a setting, up to {repeats['most']} times; "
            "--estimate median makes them one row each, with its noise"
        )
    for group in document.groups:
        listed = ", ".join(group["columns"])
        say(f"{listed} always change together, in {group['values']} values: probably one input (--group)")
    if document.terms:
        say(f"complexity it would try: {_described(document.terms)}")
    for warning in document.warnings:
        say(f"warning: {warning}")
    heading("To train on it, once what the warnings name is put right" if problems else "To train on it")
    say(document.command)


def _described(terms: Mapping[str, Any]) -> str:
    parts = []
    for name, expression in terms.items():
        if isinstance(expression, dict):
            parts.append(f"{name}: {', '.join(expression.values()) or 'none'}")
        else:
            parts.append(str(expression))
    return "; ".join(parts)
