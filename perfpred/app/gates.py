"""What the gates for a project's tests share: options, files for a CI server, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from perfpred.audit.documents import FAILED, FAILING, PASSED, SKIPPED, UNDECIDED, Line, junit, markdown
from perfpred.documents.atomic import atomic_write
from perfpred.errors import InputError

FalseAlarms = Annotated[
    str, typer.Option("--false-alarms", help="How often all verdicts together may hold a failure too many.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Fail on what is undecided as well.")]
Junit = Annotated[Path | None, typer.Option("--junit", help="JUnit XML file to write.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="Markdown file to write.")]


def fraction(text: str, option: str) -> float:
    """Return a share as a fraction, given as ``5%`` or ``0.05``.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> fraction("5%", "--max-mape"), fraction("0.05", "--max-mape")
    (0.05, 0.05)
    """
    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        value = float(number)
    except ValueError:
        raise InputError(f"{option} must be a share such as 5% or 0.05, but got '{text}'") from None
    if not percent and value > 1:
        raise InputError(
            f"{option} must be a share: did you mean {number}%? It is {value:g} times as it stands"
        )
    return value / 100 if percent else value


def line(name: str, state: str, figure: str, reason: str) -> Line:
    """Return a judged thing for the files of a CI server.

    Parameters
    ----------
    name : str
        What was judged.
    state : str
        What the verdict is.
    figure : str
        The number behind it.
    reason : str
        Why.
    """
    result = FAILED if state in FAILING else SKIPPED if state == UNDECIDED else PASSED
    return Line(name, state, figure, reason, result)


def finish(
    title: str,
    lines: Sequence[Line],
    footer: str,
    files: tuple[Path | None, Path | None],
    strict: bool,
) -> None:
    """Write the files that were asked for and end with exit code 1 if anything failed.

    Parameters
    ----------
    title, footer : str
    lines : sequence of Line
    files : (Path or None, Path or None)
        JUnit XML and Markdown.
    strict : bool
        Whether what is undecided fails.
    """
    for path, text in zip(files, (junit(title, lines), markdown(title, lines, footer)), strict=True):
        if path is not None:
            atomic_write(path, text)
    failing = (FAILED, SKIPPED) if strict else (FAILED,)
    if any(each.result in failing for each in lines):
        raise typer.Exit(1)
