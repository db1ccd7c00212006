"""Where predictors are right and wrong, and what to do about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from perfpred.report.advice import NOTHING_TO_DO, advice
from perfpred.report.figures.accuracy import MAX_BARS, coverage, error_by_size, predicted_against_measured
from perfpred.report.judged import Judged
from perfpred.report.sections.base import Block, Chart, Section, Sources, Table, csv_data, picture

POINTS, ALL_POINTS = 120, 2600
"""Sizes per combination, and in all, in the interactive chart; the figures are of all sizes."""
TROUBLED = 4
"""Combinations whose errors are drawn over their size."""


def section(sources: Sources) -> Section | None:
    """Return the section, or None without a model."""
    judged = sources.judged
    if not judged:
        return None
    seen = sum(each.seen for each in judged)
    intro = (
        f"{len(judged)} combinations of kernel, variant and hardware, those that need attention first. "
        "An error below the noise of the rows means nothing."
    )
    if seen:
        intro += (
            f" {seen} of them are judged on the very rows that they were trained on, which flatters them: "
            "perfpred evaluate judges on sizes that training did not see."
        )
    blocks: list[Block] = list(_tables(judged))
    measured = [each for each in judged if len(each.time_s)]
    if measured:
        blocks.append(_explorer(measured))
        blocks.append(
            picture(
                lambda axes: predicted_against_measured(axes, measured),
                "Predicted over measured times of all combinations; points on the diagonal are exact.",
            )
        )
        blocks.extend(_errors(each) for each in measured[:TROUBLED])
        blocks.append(
            picture(
                lambda axes: coverage(axes, measured),
                "Share of measured times within their 90% intervals: the combinations with the lowest.",
                (5.4, max(1.6, 0.2 * min(len(measured), MAX_BARS) + 0.8)),
            )
        )
    return Section("accuracy", "Where predictions are right and wrong", intro, tuple(blocks))


def _tables(judged: Sequence[Judged]) -> Iterator[Table]:
    """Yield the combinations that need attention, then, folded, the others."""
    found = [(each, advice(each)) for each in judged]
    troubled = [pair for pair in found if pair[1] != NOTHING_TO_DO]
    quiet = [pair for pair in found if pair[1] == NOTHING_TO_DO]
    if troubled:
        yield _table(troubled, f"{len(troubled)} combinations that need attention, the most troubled first")
    if quiet:
        what = "combinations" if troubled else "combinations: all"
        caption = f"{len(quiet)} {what} whose errors are about as large as the noise of their rows"
        yield replace(_table(quiet, caption, said=False), is_folded=bool(troubled), need=1 if troubled else 0)


def _table(found: Sequence[tuple[Judged, str]], caption: str, *, said: bool = True) -> Table:
    columns = ("combination", "#sizes", "#error", "#noise", "#coverage", "#out of range", "#failed", "advice")
    rows = tuple(
        (
            each.name + (" (trained on)" if each.seen else ""),
            str(len(each.time_s)),
            _percent(each.mape),
            _percent(each.noise),
            _percent(each.coverage, 0),
            str(int((~each.in_range).sum())),
            str(sum(each.failed.values())),
            what,
        )
        for each, what in found
    )
    keep = len(columns) - (not said)
    return Table(columns[:keep], tuple(row[:keep] for row in rows), caption)


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}%" if np.isfinite(value) else "-"


def _errors(judged: Judged) -> Block:
    return picture(
        lambda axes: error_by_size(axes, judged),
        f"Errors of {judged.name} over the measured time, with the noise of its rows.",
        (5.4, 2.6),
    )


def _explorer(judged: Sequence[Judged]) -> Chart:
    """Return a chart of predicted over measured times, a combination at a time."""
    import altair as alt

    names = [each.name for each in judged]
    data = csv_data(_points(judged))
    bind = alt.binding_select(options=list(range(len(names))), labels=names, name="combination ")
    choice = alt.param("combination", value=0, bind=bind)
    number = alt.Axis(format="~s", grid=False, labelOverlap="greedy", tickCount=5)
    base = alt.Chart(data).transform_filter("datum.c == combination")
    error = "format(toNumber(datum.predicted) / toNumber(datum.measured) - 1, '+.1%')"
    base = base.transform_calculate(range="datum.range == 1 ? 'in range' : 'out of range'", error=error)
    points = base.mark_point(filled=True, size=28, opacity=0.75).encode(
        x=alt.X("measured:Q", scale=alt.Scale(type="log"), axis=number, title="measured, seconds"),
        y=alt.Y("predicted:Q", scale=alt.Scale(type="log"), axis=number, title="predicted, seconds"),
        color=alt.Color(
            "range:N",
            legend=alt.Legend(orient="top", title=None),
            scale=alt.Scale(domain=["in range", "out of range"], range=["#0072b2", "#d55e00"]),
        ),
        tooltip=["size:N", "measured:Q", "predicted:Q", "error:N"],
    )
    line = base.mark_line(color="#8a8a8a", strokeWidth=1).encode(x="measured:Q", y="measured:Q")
    chart = alt.layer(line, points).add_params(choice).properties(width="container", height=320)
    return Chart(
        chart.to_dict(),
        "Predicted over measured times of one combination, chosen below",
    )


def _points(judged: Sequence[Judged]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["c", "size", "measured", "predicted", "range"])
    most = max(8, min(POINTS, ALL_POINTS // len(judged)))
    for number, each in enumerate(judged):
        n = len(each.time_s)
        for row in np.unique(np.linspace(0, n - 1, min(n, most)).astype(int)):
            size = " ".join(f"{k}={_short(v)}" for k, v in each.X.iloc[row].items())
            within = int(each.in_range[row])
            times = (f"{each.time_s[row]:.4g}", f"{each.predicted_s[row]:.4g}")
            writer.writerow([number, size, *times, within])
    return out.getvalue()


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)
