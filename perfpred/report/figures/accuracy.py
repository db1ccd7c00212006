"""Where predictions are right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfpred.report.figures.style import COLOURS, MANY, MUTED, as_percent, as_seconds, colour
from perfpred.report.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_POINTS, MAX_BARS = 4000, 12


def predicted_against_measured(axes: Axes, judged: Sequence[Judged]) -> None:
    """Draw predicted over measured seconds, a colour per combination, with the band of the largest noise.

    Parameters
    ----------
    axes : Axes
    judged : sequence of Judged
        With eight combinations or fewer they are named in a legend. Sizes out of range are hollow.
    """
    shown = [each for each in judged if len(each.time_s)]
    if not shown:
        _nothing(axes)
        return
    low = min(float(each.time_s.min()) for each in shown)
    high = max(float(each.time_s.max()) for each in shown)
    line = np.geomspace(low, high, 50)
    noise = max((each.noise for each in shown if np.isfinite(each.noise)), default=0.0)
    axes.fill_between(line, line / (1 + noise), line * (1 + noise), color=MUTED, alpha=0.35, lw=0)
    axes.plot(line, line, color=MUTED, lw=1)
    many = sum(len(each.time_s) for each in shown) > MANY
    every = max(1, sum(len(each.time_s) for each in shown) // MAX_POINTS)
    for index, each in enumerate(shown):
        rows = slice(None, None, every)
        measured, predicted, inside = each.time_s[rows], each.predicted_s[rows], each.in_range[rows]
        label = each.name if len(shown) <= len(COLOURS) else None
        axes.scatter(
            measured[inside],
            predicted[inside],
            s=9,
            color=colour(index),
            label=label,
            lw=0,
            alpha=0.7,
            rasterized=many,
        )
        axes.scatter(
            measured[~inside],
            predicted[~inside],
            s=12,
            edgecolors=colour(index),
            facecolors="none",
            lw=0.8,
            rasterized=many,
        )
    axes.set(xscale="log", yscale="log", xlabel="measured", ylabel="predicted")
    as_seconds(axes.xaxis)
    as_seconds(axes.yaxis)
    if len(shown) <= len(COLOURS):
        axes.legend(fontsize=7, frameon=False)


def error_by_size(axes: Axes, judged: Judged) -> None:
    """Draw the absolute relative error over the measured time, its running median and the noise floor."""
    if not len(judged.time_s):
        _nothing(axes)
        return
    errors, order = np.abs(judged.errors), np.argsort(judged.time_s)
    axes.scatter(judged.time_s, errors, s=9, color=COLOURS[0], alpha=0.5, lw=0, rasterized=len(order) > MANY)
    width = max(5, len(order) // 12)
    if len(order) >= 2 * width:
        middle = [float(np.median(errors[order[i : i + width]])) for i in range(len(order) - width)]
        at = [float(np.median(judged.time_s[order[i : i + width]])) for i in range(len(order) - width)]
        axes.plot(at, middle, color=COLOURS[1], lw=1.5, label="running median")
    if np.isfinite(judged.noise):
        axes.axhline(judged.noise, color=MUTED, ls="--", lw=1, label="noise of the rows")
    axes.set(xscale="log", xlabel="measured time", ylabel="error", title=judged.name)
    axes.set_ylim(0, max(float(np.quantile(errors, 0.99)) * 1.2, 1e-3))
    as_seconds(axes.xaxis)
    as_percent(axes.yaxis)
    axes.title.set_fontsize(9)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, frameon=False)


def coverage(axes: Axes, judged: Sequence[Judged]) -> None:
    """Draw the share of times within their 90% intervals, a bar per combination: the lowest of all."""
    shown = sorted((each for each in judged if len(each.time_s)), key=lambda each: each.coverage)[:MAX_BARS]
    if not shown:
        _nothing(axes)
        return
    names = [f"{each.name}{'*' if each.seen else ''}" for each in shown]
    colours = [COLOURS[1] if each.coverage < 0.85 else COLOURS[0] for each in shown]
    axes.barh(range(len(shown)), [each.coverage for each in shown], color=colours)
    axes.axvline(0.9, color=MUTED, ls="--", lw=1)
    seen = "\n* trained on these very rows" if any(each.seen for each in shown) else ""
    axes.set(xlim=(0, 1), xlabel=f"times within their 90% interval{seen}", yticks=range(len(shown)))
    axes.set_yticklabels(names, fontsize=7)
    axes.invert_yaxis()
    as_percent(axes.xaxis)


def _nothing(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no row has a time", ha="center", transform=axes.transAxes)
    axes.set_axis_off()
