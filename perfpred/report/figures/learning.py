"""How errors fall with measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfpred.report.figures.style import MUTED, as_percent, colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def learning_curve(axes: Axes, curve: pd.DataFrame, noise: float | None = None) -> None:
    """Draw the error on sizes that training did not see over the number of training rows.

    Parameters
    ----------
    axes : Axes
    curve : DataFrame
        ``model``, ``train_size``, ``mape`` (fraction), a row per repeat: as `perfpred.evaluate` returns them.
    noise : float, optional
        Noise floor of the rows.
    """
    for index, (model, part) in enumerate(curve.groupby("model", sort=False)):
        by_size = part.groupby("train_size")["mape"]
        middle = by_size.median()
        axes.plot(middle.index, middle, "o-", color=colour(index), label=str(model))
        axes.fill_between(middle.index, by_size.min(), by_size.max(), color=colour(index), alpha=0.2, lw=0)
    if noise is not None:
        axes.axhline(noise, color=MUTED, ls="--", lw=1, label="noise of the rows")
    axes.set(xscale="log", xlabel="training rows", ylabel="error on sizes not seen")
    axes.set_ylim(bottom=0)
    as_percent(axes.yaxis)
    sizes = sorted(curve["train_size"].unique())
    axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axes.minorticks_off()
    axes.legend(fontsize=7, frameon=False)
