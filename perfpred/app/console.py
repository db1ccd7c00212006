"""What the commands print: results to stdout, progress and notices to stderr.

Whatever is printed may hold names from files: none is read as markup, and none reaches a terminal unescaped.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from perfpred.app.interrupts import NOTHING_KEPT, interruptible
from perfpred.app.shown import readable, shown
from perfpred.schemas.document import to_json

PIPE_WIDTH = 200
"""Off a terminal a line may be this long: a program that reads a table wants no cell cut or folded."""


def _open_missing_streams() -> None:
    """Give a process that was started with closed streams ones that swallow what is written."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


_open_missing_streams()
_out = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
_err = Console(stderr=True)


def _text(console: Console, text: str, style: str = "", *, lines: bool = False) -> Text:
    """Return text as the console's encoding will have it, so that its width is known before it is written."""
    return Text(readable(shown(text, lines=lines), console.encoding), style=style)


def print_json(document: Any) -> None:
    """Print a document of `perfpred.schemas`, or several, on stdout."""
    sys.stdout.write(json.dumps(to_json(document), indent=2, allow_nan=False) + "\n")


def say(text: str) -> None:
    """Print a result on stdout, as it is."""
    _out.print(_text(_out, text, lines=True), soft_wrap=True)


def heading(text: str) -> None:
    """Print the heading of some results on stdout, after an empty line."""
    _out.print()
    _out.print(_text(_out, text, style="bold"), soft_wrap=True)


def notice(text: str) -> None:
    """Print a message on stderr."""
    _err.print(_text(_err, text, lines=True), soft_wrap=True)


def table(title: str, columns: dict[str, str], rows: list[list[str]]) -> None:
    """Print a table on stdout; `columns` maps a header to its justification."""
    caption = _text(_out, title) if title else None
    grid = Table(title=caption, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for header, justify in columns.items():
        grid.add_column(_text(_out, header), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        grid.add_row(*(_text(_out, cell) for cell in row))
    _out.print(grid)


def percent(value: float | None) -> str:
    """Return a fraction as a percentage with one decimal, or ``-`` where it is unknown."""
    return "-" if value is None or not math.isfinite(value) else f"{100 * value:.1f}%"


class Bar:
    """A progress bar that is told `update(done, total, note)`."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(shown(title), total=None, note="")

    def update(self, done: int, total: int, note: str) -> None:
        """Move the bar; `total` may change."""
        self._progress.update(self._task, completed=done, total=total, note=shown(note))


@contextmanager
def progress_bar(title: str, kept: str = NOTHING_KEPT) -> Iterator[Bar]:
    """Show a bar with the time left on stderr; nothing is shown off a terminal.

    Parameters
    ----------
    title : str
    kept : str
        What an interrupt leaves of the work, and how to go on.

    Raises
    ------
    WorkInterrupted
        If an interrupt ends the work.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    shown_here = Progress(*columns, console=_err, disable=not _err.is_terminal, transient=True)
    with interruptible(kept), shown_here as progress:
        yield Bar(progress, title)
