"""What choices by prediction win and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perfpred.report.figures.style import MUTED, as_percent, colour
from perfpred.report.selection_map import SelectionMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def winners(axes: Axes, found: SelectionMap) -> None:
    """Draw which variant wins over two parameters; hatched where it is not clearly faster than the second.

    Sliders stand at their middle.
    """
    cells = found.cells
    for name, levels in found.sliders.items():
        cells = cells[cells[name] == levels[len(levels) // 2]]
    xs = np.unique(cells[found.x])
    ys = np.unique(cells[found.y]) if found.y else np.array([0.0])
    ordered = cells.sort_values([found.y, found.x] if found.y else [found.x])
    shape = (len(ys), len(xs))
    winner = ordered["winner"].to_numpy().reshape(shape)
    tied = ordered["tied"].to_numpy().reshape(shape)
    colours = np.array([_rgb(colour(index)) for index in range(len(found.variants))])
    axes.imshow(colours[winner], origin="lower", aspect="auto", extent=(0, len(xs), 0, len(ys)))
    for row, column in np.argwhere(tied):
        axes.fill_between(
            [column, column + 1], row, row + 1, facecolor="none", hatch="////", edgecolor="white", lw=0
        )
    _ticks(axes, xs, ys, found)
    for index in np.unique(winner):
        axes.plot([], [], "s", color=colour(int(index)), label=found.variants[int(index)])
    axes.plot([], [], "s", color="none", markeredgecolor=MUTED, label="hatched: not clearly faster")
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def regret(axes: Axes, losses: Mapping[str, NDArray[np.float64]]) -> None:
    """Draw how the cost of choices is distributed: the share of sizes that lose at most so much.

    Parameters
    ----------
    axes : Axes
    losses : mapping of str to ndarray
        Per policy, time of the choice over that of the fastest minus 1, one per size.
    """
    for index, (policy, values) in enumerate(losses.items()):
        if len(values):
            ordered = np.sort(values)
            share = np.arange(1, len(ordered) + 1) / len(ordered)
            label = f"{policy}: mean {values.mean():.1%}"
            axes.step([0, *ordered], [0, *share], where="post", color=colour(index), label=label)
    axes.set(xlabel="slower than the fastest", ylabel="share of sizes", ylim=(0, 1.02))
    axes.set_xscale("symlog", linthresh=0.01)
    axes.set_xlim(left=0)
    as_percent(axes.xaxis)
    as_percent(axes.yaxis)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7, frameon=False)


def speedups(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw speedups of Halide schedules over the best autoscheduler: a group per pipeline, a bar per budget.

    Parameters
    ----------
    axes : Axes
    rows : sequence of mapping
        With ``pipeline``, ``budget`` and ``speedup``, and ``low`` and ``high`` where the interval is known:
        entries of ``perfpred halide bench --json``.
    """
    rows = [row for row in rows if row.get("budget") is not None and row.get("speedup") is not None]
    pipelines = list(dict.fromkeys(str(row["pipeline"]) for row in rows))
    budgets = sorted({int(row["budget"]) for row in rows})
    width = 0.8 / max(1, len(budgets))
    for index, budget in enumerate(budgets):
        chosen = [row for row in rows if row["budget"] == budget]
        at = [pipelines.index(str(row["pipeline"])) + index * width for row in chosen]
        heights = [float(row["speedup"]) for row in chosen]
        axes.bar(at, heights, width, color=colour(index), label=f"{budget} runs")
        for x, row in zip(at, chosen, strict=True):
            if row.get("low") is not None and row.get("high") is not None:
                axes.plot([x, x], [row["low"], row["high"]], color=MUTED, lw=1)
    axes.axhline(1, color=MUTED, lw=1)
    axes.set(ylabel="speedup over the best autoscheduler")
    axes.set_xticks(
        np.arange(len(pipelines)) + 0.4 - width / 2, pipelines, rotation=40, ha="right", fontsize=7
    )
    if budgets:
        axes.legend(fontsize=7, frameon=False)


def _ticks(axes: Axes, xs: NDArray[Any], ys: NDArray[Any], found: SelectionMap) -> None:
    for axis, values in ((axes.xaxis, xs), (axes.yaxis, ys)):
        at = np.linspace(0, len(values) - 1, min(6, len(values))).round().astype(int)
        axis.set_ticks(at + 0.5, [f"{values[i]:g}" for i in at])
    middle = {name: levels[len(levels) // 2] for name, levels in found.sliders.items()}
    others = " ".join(
        f"{n}={v:g}" if isinstance(v, float) else f"{n}={v}" for n, v in {**middle, **found.held}.items()
    )
    axes.set(
        xlabel=found.x, ylabel=found.y or "", title=f"{found.kernel} on {found.hardware}\n{others}".rstrip()
    )
    axes.title.set_fontsize(8)
    if not found.y:
        axes.set_yticks([])


def _rgb(text: str) -> tuple[float, float, float]:
    return tuple(int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]
