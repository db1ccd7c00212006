"""The selection map as a picture, or as a table where pictures cannot be drawn here."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.errors import InputError
from perfpred.predict.bank import Bank

MAX_PICTURES = 64
_STEPS = 8
"""Cells along an axis of a table."""
_lock = threading.Lock()
"""Styles of pictures are set for the whole process while one is drawn."""


@dataclass(frozen=True)
class MapTable:
    """Winners over two parameters; the name of one that is not clearly faster has a question mark.

    Attributes
    ----------
    x, y : str
    columns : tuple of str
        Values of `x`.
    rows : tuple of (str, tuple of str)
        Values of `y`, with the winner at each `x`.
    """

    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def can_draw() -> bool:
    """Say whether the packages that draw are installed."""
    try:
        import matplotlib.figure
        import pandas  # noqa: F401
    except ImportError:
        return False
    return bool(matplotlib.figure)


def draw_map(bank: Bank, kernel: str, hardware: str, theme: str) -> bytes:
    """Return the selection map of a kernel on a hardware as SVG.

    Parameters
    ----------
    bank : Bank
    kernel, hardware : str
    theme : str
        ``light`` or ``dark``.

    Raises
    ------
    InputError
        If there is nothing to choose from.
    """
    from matplotlib.figure import Figure

    from perfpred.report.figures.choices import winners
    from perfpred.report.figures.style import themed
    from perfpred.report.selection_map import selection_map

    found = selection_map(bank, kernel, hardware)
    text = io.BytesIO()
    with _lock, themed(theme):
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")
        winners(figure.subplots(), found)
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return text.getvalue()


def map_table(bank: Bank, kernel: str, hardware: str) -> MapTable | None:
    """Return the selection map as a table; None where there is none, or pandas is not installed.

    Parameters
    ----------
    bank : Bank
    kernel, hardware : str
    """
    try:
        from perfpred.report.selection_map import selection_map  # it needs pandas
    except ImportError:
        return None
    try:
        found = selection_map(bank, kernel, hardware, steps=_STEPS, sliders=0)
    except InputError:
        return None
    names = [
        found.variants[winner] + ("?" if tied else "")
        for winner, tied in zip(found.cells["winner"], found.cells["tied"], strict=True)
    ]
    xs = list(dict.fromkeys(found.cells[found.x]))
    ys: Sequence[float] = list(dict.fromkeys(found.cells[found.y])) if found.y else [0.0]
    rows = tuple(
        (f"{y:g}" if found.y else "", tuple(names[i * len(ys) + j] for i in range(len(xs))))
        for j, y in enumerate(ys)
    )
    return MapTable(found.x, found.y, tuple(f"{x:g}" for x in xs), rows)
