"""Reading what people type: NAME=VALUE pairs, comma lists, option types shared by the commands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Annotated

import typer

from perfpred.errors import InputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Files = Annotated[list[Path], typer.Argument(help="Profile CSVs (also .csv.gz).", show_default=False)]
Models = Annotated[Path, typer.Option("--models", help="Folder of trained predictors.", show_default=False)]
ModelsOrShipped = Annotated[
    Path | None,
    typer.Option(
        "--models", help="Folder of trained predictors. Default: the shipped ones.", show_default=False
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of every random choice.")]
KernelOption = Annotated[str | None, typer.Option("--kernel", help="Kernel of a CSV without that column.")]
TransferOption = Annotated[
    Path | None,
    typer.Option(
        "--transfer-from",
        help="Models of the kernel's other variants or machines, to learn from: fewer rows are enough.",
    ),
]
LikeOption = Annotated[
    Path | None, typer.Option("--like", hidden=True, help="Earlier name of --transfer-from.")
]
VariantOption = Annotated[str | None, typer.Option("--variant", help="Variant of a CSV without that column.")]
HardwareOption = Annotated[
    str | None, typer.Option("--hardware", help="Hardware of a CSV without that column.")
]
ComplexityOption = Annotated[
    list[str] | None,
    typer.Option("--complexity", help="NAME=EXPR over the parameters, such as work='m*n*k'. Repeatable."),
]


def assignments(
    texts: Iterable[str], what: str, known: Callable[[], Collection[str]] | None = None
) -> dict[str, str]:
    """Return ``NAME=TEXT`` pairs as a dictionary, split at the first ``=`` unless a known name holds one.

    Parameters
    ----------
    texts : iterable of str
    what : str
        What they give, for a message.
    known : callable, optional
        Returns the names that may be meant; asked only where a text holds several ``=``.

    Raises
    ------
    InputError
        If a text has no ``=`` or no name, could give several known names, or a name comes twice.

    Examples
    --------
    >>> assignments(["work=m*n*k", "odd=n%2==1"], "--complexity")
    {'work': 'm*n*k', 'odd': 'n%2==1'}
    >>> assignments(["size=n=512"], "a parameter", lambda: ["size=n"])
    {'size=n': '512'}
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, value = _split(text, what, known)
        if not name or not value:
            raise InputError(f"{what} must be NAME=VALUE, but got '{text}'")
        if name in pairs:
            raise InputError(f"{what}: '{name}' is given twice")
        pairs[name] = value
    return pairs


def _split(text: str, what: str, known: Callable[[], Collection[str]] | None) -> tuple[str, str]:
    """Return the name and the value of a pair, both empty where there is no ``=``."""
    places = [place for place, character in enumerate(text) if character == "="]
    if not places:
        return "", ""
    place = places[0]
    if known is not None and len(places) > 1:
        names = known()
        meant = {text[:each].strip(): each for each in reversed(places) if text[:each].strip() in names}
        if len(meant) > 1:
            listed = " and ".join(f"'{name}'" for name in reversed(meant))
            raise InputError(
                f"{what}: '{text}' could give {listed}, which are both known: rename one of them"
            )
        place = next(iter(meant.values()), place)
    return text[:place].strip(), text[place + 1 :].strip()


def comma_list(text: str) -> list[str]:
    """Return the entries of a comma-separated list, without blanks."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def comma_integers(text: str, what: str) -> list[int]:
    """Return a comma-separated list of whole numbers; raises `InputError` naming the entry that is none."""
    numbers = []
    for entry in comma_list(text):
        try:
            numbers.append(int(entry))
        except ValueError:
            raise InputError(f"{what} must be whole numbers, but got '{entry}'") from None
    return numbers
