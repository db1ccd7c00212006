"""``perfpred best``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perfpred.app.arguments import Json, assignments
from perfpred.app.console import notice, print_json, progress_bar, say, table
from perfpred.combination import KEYS
from perfpred.errors import InputError, UnknownNameError
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.tuning import BestDocument, ConfigurationDocument, SizeRegretDocument

if TYPE_CHECKING:
    from perfpred.combination import Combination
    from perfpred.profile import Profile
    from perfpred.tuning.best import Best, Choice


def best(
    file: Annotated[Path, typer.Argument(help="Profile CSV of tuning results.", show_default=False)],
    parameters: Annotated[
        list[str],
        typer.Argument(
            help="The size, as NAME=VALUE, such as n=3000; the rest is chosen.", show_default=False
        ),
    ],
    kernel: Annotated[
        str | None, typer.Option("--kernel", help="Kernel, if the file has several or no such column.")
    ] = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="Choose among this variant only, if the file has several.")
    ] = None,
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="Hardware, if the file has several or no such column.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Number of configurations to show.")] = 5,
    json: Json = False,
) -> None:
    """Choose the fastest configuration for a size that was never run, by a model of measured ones.

    Example: perfpred best gemm.csv n=3000
    """
    from perfpred.profile.cells import value_of
    from perfpred.tuning.best import best_configuration, require_answerable

    names = {"kernel": kernel, "variant": variant, "hardware": hardware}
    parts = _parts(file, names)
    known = {name for _, part in parts for name in part.parameters}
    texts = assignments(parameters, "a parameter", lambda: known)
    wanted = {name: value_of(text) for name, text in texts.items()}
    for combination, part in parts:
        require_answerable(combination, part, wanted)
    with progress_bar("choosing") as bar:
        found = [
            (combination, best_configuration(combination, part, wanted, top=top, progress=bar))
            for combination, part in parts
        ]
    combination, chosen = min(found, key=lambda each: each[1].best.expected)
    rest = [choice for _, each in found for choice in (each.best, *each.alternatives)]
    rest = sorted((each for each in rest if each is not chosen.best), key=lambda each: each.expected)[
        : top - 1
    ]
    if json:
        print_json(_document(combination, wanted, chosen, rest))
        return
    _show(combination, [chosen.best, *rest])
    say(chosen.best.reason)
    if not chosen.best.in_range:
        notice("warning: the measurements tell little of this size; measure near it")


def _parts(file: Path, names: dict[str, str | None]) -> list[tuple[Combination, Profile]]:
    """Return the combinations of one kernel and hardware to choose from."""
    from perfpred.app.reading import read

    parts = list(_read(read, file, names).combinations())
    for key, name in names.items():
        known = dict.fromkeys(getattr(combination, key) for combination, _ in parts)
        if name is not None and name not in known:
            raise UnknownNameError(key, name, known)
        if name is None and key != "variant" and len(known) > 1:
            raise InputError(f"{file} holds several: choose one as --{key} {' or '.join(known)}")
        parts = [each for each in parts if name is None or getattr(each[0], key) == name]
    return parts


def _read(read: Any, file: Path, names: dict[str, str | None]) -> Profile:
    """Read a file whose columns win over the names given: here these choose rows of it as well."""
    from perfpred.profile.csv_text import read_sheet

    header = {str(name).strip() for name in read_sheet(file).header}
    profile: Profile = read([file], *(None if key in header else names[key] for key in KEYS))
    return profile


def _document(
    combination: Combination, wanted: dict[str, Any], found: Best, rest: list[Choice]
) -> BestDocument:
    regret, document = found.regret, None
    if regret is not None:
        document = SizeRegretDocument(regret.policy, regret.mean, regret.worst, regret.sizes)
    return BestDocument(
        combination.kernel,
        combination.hardware,
        wanted,
        ConfigurationDocument(**vars(found.best)),
        tuple(ConfigurationDocument(**vars(each)) for each in rest),
        document,
    )


def _show(combination: Combination, choices: list[Choice]) -> None:
    tunables = list(dict.fromkeys(name for each in choices for name in each.parameters))
    rows = [
        [
            each.variant,
            *(str(each.parameters.get(name, "-")) for name in tunables),
            seconds_text(each.expected),
            f"{seconds_text(each.low)} to {seconds_text(each.high)}",
            "yes" if each.in_range else "no",
        ]
        for each in choices
    ]
    columns = {"variant": "left", **dict.fromkeys(tunables, "right"), "expected": "right", "90%": "right"}
    table(f"{combination.kernel} on {combination.hardware}", {**columns, "in range": "left"}, rows)
