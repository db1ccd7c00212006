"""What searches found, and which parameters matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perfpred.profile.time_units import seconds_text
from perfpred.report.figures.style import COLOURS, MANY, MUTED, as_percent, as_seconds, colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MAX_LINES = 200


def best_so_far(axes: Axes, results: pd.DataFrame) -> None:
    """Draw the best found over the optimum against evaluations, a line per strategy.

    Parameters
    ----------
    axes : Axes
    results : DataFrame
        Columns ``strategy``, ``budget``, ``repeat`` and ``ratio``; a band spans the middle 80% of repeats.
    """
    for index, (strategy, group) in enumerate(results.groupby("strategy", sort=False)):
        by_budget = group.groupby("budget")["ratio"]
        mean = by_budget.mean()
        axes.plot(mean.index, mean - 1, color=colour(index), label=str(strategy))
        low, high = by_budget.quantile(0.1) - 1, by_budget.quantile(0.9) - 1
        axes.fill_between(mean.index, low, high, color=colour(index), alpha=0.15, lw=0)
    axes.set(xlabel="evaluations", ylabel="slower than the optimum")
    axes.set_yscale("symlog", linthresh=0.01)
    as_percent(axes.yaxis)


def progress(axes: Axes, best: Mapping[str, NDArray[np.float64]], in_seconds: bool = True) -> None:
    """Draw the best value so far over evaluations, a line per search.

    Parameters
    ----------
    axes : Axes
    best : mapping of str to ndarray
        Per search, the best of the first 1, 2, ... evaluations; infinite before one succeeded.
    in_seconds : bool
        Whether values are seconds.
    """
    for index, (name, values) in enumerate(best.items()):
        at = np.arange(1, len(values) + 1)
        found = np.isfinite(values)
        axes.step(at[found], values[found], where="post", color=colour(index), label=name)
        if found.any():
            axes.plot(at[found][-1], values[found][-1], "o", ms=4, color=colour(index))
    axes.set(xlabel="evaluations", ylabel="best so far")
    if in_seconds:
        as_seconds(axes.yaxis)
    axes.legend(fontsize=7, frameon=False)


def importance(axes: Axes, shares: Mapping[str, float]) -> None:
    """Draw how much of the differences in time each parameter explains, most first.

    Parameters
    ----------
    axes : Axes
    shares : mapping of str to float
        Fractions, such as of `perfpred.report.tuning.importances`.
    """
    ordered = sorted(shares.items(), key=lambda pair: pair[1])
    axes.barh([name for name, _ in ordered], [share for _, share in ordered], color=COLOURS[0])
    axes.set(xlabel="share of the differences in time")
    axes.tick_params(axis="y", labelsize=8)
    as_percent(axes.xaxis)


def parallel_coordinates(axes: Axes, table: pd.DataFrame, time_s: str = "time_s") -> None:
    """Draw configurations as lines over their parameters, the fastest tenth in colour.

    Parameters
    ----------
    axes : Axes
    table : DataFrame
        A row per configuration: parameters, and seconds in the column `time_s`.
    time_s : str
    """
    names = [str(name) for name in table.columns if name != time_s]
    ordered = table.sort_values(time_s, ascending=False)
    if len(ordered) > MAX_LINES:
        ordered = ordered.iloc[np.unique(np.linspace(0, len(ordered) - 1, MAX_LINES).astype(int))]
    places = {name: _places(table[name]) for name in names}
    heights = np.column_stack([places[name].loc[ordered.index] for name in names])
    fast = ordered[time_s] <= table[time_s].quantile(0.1)
    for height, is_fast in zip(heights, fast, strict=True):
        ink, alpha, width = (COLOURS[1], 0.6, 1.2) if is_fast else (MUTED, 0.2, 0.6)
        axes.plot(range(len(names)), height, color=ink, alpha=alpha, lw=width, rasterized=True)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=8)
    axes.set(yticks=(0, 1), ylabel="lowest to highest value")
    axes.set_yticklabels(["low", "high"])
    axes.plot([], [], color=COLOURS[1], label="fastest tenth")
    axes.legend(fontsize=7, frameon=False)


def slices(axes: Axes, table: pd.DataFrame, name: str, time_s: str = "time_s") -> None:
    """Draw the time over the values of one parameter: every configuration, and the fastest of each value.

    Parameters
    ----------
    axes : Axes
    table : DataFrame
    name, time_s : str
    """
    places = _places(table[name])
    axes.scatter(places, table[time_s], s=6, color=MUTED, alpha=0.4, lw=0, rasterized=len(table) > MANY)
    best = table.groupby(name)[time_s].min()
    at = _places(best.index.to_series())
    axes.plot(
        at.to_numpy(), best.to_numpy(), "o-", color=COLOURS[1], lw=1, ms=4, label="fastest of each value"
    )
    axes.set(yscale="log", xlabel=name)
    axes.set_xticks(
        at.to_numpy(), [_text(value) for value in best.index], rotation=40, ha="right", fontsize=7
    )
    as_seconds(axes.yaxis)
    if table[time_s].max() < 20 * table[time_s].min():  # decades are too far apart to read
        axes.yaxis.set_minor_formatter(lambda value, _: seconds_text(value))


def _places(column: pd.Series) -> pd.Series:
    """Return where values stand between the lowest (0) and the highest (1), by rank."""
    ranks = column.rank(method="dense") - 1
    return ranks / max(1.0, float(ranks.max()))


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)[:20]
