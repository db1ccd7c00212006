"""Tuning spaces: the best, the important parameters, and what each value costs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from perfpred.errors import InputError
from perfpred.profile.time_units import seconds_text
from perfpred.report.figures.searching import importance, parallel_coordinates, slices
from perfpred.report.sections.base import Block, Section, Sources, Table, picture
from perfpred.report.tuning import TuningSummary, tuning_summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MAX_SLICES = 3


def section(sources: Sources) -> Section | None:
    """Return the section, or None without a tuning space."""
    blocks: list[Block] = []
    skipped: list[str] = []
    for name, profile in sources.spaces.items():
        try:
            blocks.extend(_blocks(tuning_summary(name, profile)))
        except InputError as error:
            skipped.append(str(error))
    if not blocks and not skipped:
        return None
    intro = (
        "The share of a parameter is what a forest loses when its values are shuffled, on "
        "configurations that "
        "the forest did not see. A slice shows all configurations over one parameter, and the "
        "fastest of each "
        "value."
    )
    if skipped:
        intro += f" Left out: {'; '.join(skipped)}."
    return Section("spaces", "Tuning spaces", intro, tuple(blocks))


def _blocks(found: TuningSummary) -> Iterator[Block]:
    table = found.table
    best = ", ".join(f"{name}={value}" for name, value in found.best.items() if name != "time_s")
    failed = ", ".join(f"{count} {status}" for status, count in found.failed.items()) or "none"
    fastest, middle = float(table["time_s"].min()), float(table["time_s"].median())
    rows = (
        ("configurations that ran", str(len(table))),
        ("failed", failed),
        ("fastest", f"{seconds_text(fastest)} at {best}"),
        ("a typical one is slower by", f"{middle / fastest:.2f}x"),
    )
    yield Table(("what", "found"), rows, found.name, need=1)
    yield picture(
        lambda axes: importance(axes, found.importances),
        f"Importance of the parameters of {found.name}.",
        (5.4, max(1.6, 0.3 * len(found.importances) + 0.8)),
    )
    yield picture(
        lambda axes: parallel_coordinates(axes, table),
        f"Configurations of {found.name} as lines over their parameters.",
    )
    for name in list(found.importances)[:MAX_SLICES]:
        yield picture(partial(_slice, table, name), f"Times over {name}.", (5.4, 2.6), need=3)


def _slice(table: pd.DataFrame, name: str, axes: Axes) -> None:
    slices(axes, table, name)
