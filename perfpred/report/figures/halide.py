"""What is expected of Halide schedules, and what they took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfpred.report.figures.style import MANY, MUTED, as_seconds, colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def expected_against_measured(axes: Axes, pairs: pd.DataFrame) -> None:
    """Draw expected over measured seconds of schedules, a colour per source.

    Parameters
    ----------
    axes : Axes
    pairs : DataFrame
        ``expected_s``, ``time_s`` and ``source``, a row per schedule.
    """
    ends = [float(np.min(pairs[["expected_s", "time_s"]])), float(np.max(pairs[["expected_s", "time_s"]]))]
    axes.plot(ends, ends, color=MUTED, lw=1)
    for index, (source, rows) in enumerate(pairs.groupby("source", sort=False)):
        axes.scatter(
            rows["time_s"],
            rows["expected_s"],
            s=12,
            color=colour(index),
            label=str(source),
            lw=0,
            alpha=0.7,
            rasterized=len(rows) > MANY,
        )
    axes.set(xscale="log", yscale="log", xlabel="measured", ylabel="expected")
    as_seconds(axes.xaxis)
    as_seconds(axes.yaxis)
    axes.legend(fontsize=7, frameon=False)
