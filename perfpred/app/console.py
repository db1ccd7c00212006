"""What the commands print: results to stdout, progress and notices to stderr."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

PIPE_WIDTH = 200
"""Off a terminal a line may be this long: a program that reads a table wants no cell cut or folded."""

out = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout; a float that is not finite becomes null."""
    sys.stdout.write(json.dumps(_plain(document), indent=2, allow_nan=False) + "\n")


def notice(text: str) -> None:
    """Print a line on stderr."""
    err.print(text, highlight=False, markup=False, soft_wrap=True)


def table(title: str, columns: dict[str, str], rows: list[list[str]]) -> None:
    """Print a table on stdout; `columns` maps a header to its justification."""
    grid = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for header, justify in columns.items():
        grid.add_column(header, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        grid.add_row(*row)
    out.print(grid)


def seconds(value: float) -> str:
    """Return a time with three digits and a fitting unit.

    Examples
    --------
    >>> seconds(0.00123), seconds(4.2e-7), seconds(math.nan)
    ('1.23 ms', '420 ns', '-')
    """
    if not math.isfinite(value):
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def percent(value: float | None) -> str:
    """Return a fraction as a percentage with one decimal, or ``-`` where it is unknown."""
    return "-" if value is None or not math.isfinite(value) else f"{100 * value:.1f}%"


class Bar:
    """A progress bar that is told `update(done, total, note)`."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None, note="")

    def update(self, done: int, total: int, note: str) -> None:
        """Move the bar; `total` may change."""
        self._progress.update(self._task, completed=done, total=total, note=note)


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """Show a bar with the time left on stderr; nothing is shown off a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        yield Bar(progress, title)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
