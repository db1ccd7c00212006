"""Figures: what several commands draw, with a clear message where matplotlib is missing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from perfpred.app.shown import shown
from perfpred.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def require_matplotlib() -> None:
    """Raise `InputError` saying what to install, before the work that is to be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("a plot needs matplotlib: pip install 'perfpred[plot]'") from None


def draw_searches(results: pd.DataFrame, path: Path) -> None:
    """Draw the best found over the optimum against evaluations, one line per strategy.

    Parameters
    ----------
    results : DataFrame
        Columns panel, strategy, budget, repeat and ratio; a band spans the middle 80% of repeats.
    path : Path
        PNG, SVG or PDF, by its ending.

    Raises
    ------
    InputError
        If it cannot be written there, or in that format.
    """
    from matplotlib.figure import Figure

    from perfpred.report.figures.searching import best_so_far
    from perfpred.report.plots import save

    titles = list(dict.fromkeys(results["panel"]))
    columns = min(3, len(titles))
    rows = math.ceil(len(titles) / columns)
    figure = Figure(figsize=(4.5 * columns, 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False)
    for panel in panels.flat[len(titles) :]:
        panel.set_visible(False)
    for panel, title in zip(panels.flat, titles, strict=False):
        best_so_far(panel, results[results["panel"] == title])
        panel.set_title(shown(title), parse_math=False)  # $ is no formula
    panels.flat[0].legend()
    save(figure, path)
