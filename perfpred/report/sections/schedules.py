"""Halide: how much the fastest schedules gain over the autoschedulers, and what they look like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from perfpred.errors import InputError
from perfpred.halide.measure.schedules_file import read_schedules
from perfpred.halide.schedule.autoschedulers import PARAMETERS
from perfpred.halide.schedule.candidate import Candidate
from perfpred.profile.reader import read_profile
from perfpred.profile.time_units import seconds_text
from perfpred.report.figures.choices import speedups
from perfpred.report.nests import nest_text
from perfpred.report.sections.base import Block, Code, Section, Sources, Table, picture

AUTOSCHEDULERS = tuple(name.lower() for name in PARAMETERS)
"""Sources of schedules that are an autoscheduler's own choice."""
MAX_NESTS = 6


def section(sources: Sources) -> Section | None:
    """Return the section, or None without a profile of schedules."""
    rows: list[tuple[str, ...]] = []
    nests: list[Block] = []
    skipped: list[str] = []
    for path in sources.schedules:
        try:
            for found in _pipelines(Path(path)):
                rows.append(found[0])
                nests.append(found[1])
        except InputError as error:
            skipped.append(str(error))
    if not rows and not skipped and not sources.speedups:
        return None
    intro = (
        "The fastest schedule that was measured of each pipeline at its largest size, beside the best "
        "autoscheduler of the same rounds. The fastest of many owes some of its lead to luck; perfpred "
        "halide bench times it anew."
    )
    if skipped:
        intro += f" Left out: {'; '.join(skipped)}."
    columns = ("pipeline", "size", "#schedules", "#fastest", "#best autoscheduler", "#speedup", "from")
    table = Table(columns, tuple(rows), "Halide pipelines")
    blocks: list[Block] = [table] if rows else []
    if sources.speedups:
        blocks.append(
            picture(
                lambda axes: speedups(axes, sources.speedups),
                "Speedups over the fastest autoscheduler, by runs spent, as halide bench judged them.",
                (5.4, 3.2),
            )
        )
    return Section("halide", "Halide schedules", intro, (*blocks, *nests[:MAX_NESTS]))


def _pipelines(path: Path) -> Iterator[tuple[tuple[str, ...], Block]]:
    table = read_profile(path).ok.table
    schedules = read_schedules(path)
    for (kernel, hardware), rows in table.groupby(["kernel", "hardware"], sort=False):
        yield _one(str(kernel), str(hardware), rows, schedules)


def _one(
    kernel: str, hardware: str, rows: pd.DataFrame, schedules: dict[str, Candidate]
) -> tuple[tuple[str, ...], Block]:
    size = [name for name in ("width", "height") if name in rows]
    area = rows[size].prod(axis=1) if size else pd.Series(1.0, index=rows.index)
    largest = rows[area == area.max()]
    best = largest.iloc[int(largest["time_s"].to_numpy().argmin())]
    automatic = largest[largest["variant"].isin(AUTOSCHEDULERS)]["time_s"]
    reference = float(automatic.min()) if len(automatic) else float("nan")
    time_s = float(best["time_s"])
    at = "x".join(f"{best[name]:g}" for name in size) or "-"
    row = (
        f"{kernel} on {hardware}",
        at,
        str(largest["schedule"].nunique()),
        seconds_text(time_s),
        seconds_text(reference) if len(automatic) else "-",
        f"{reference / time_s:.2f}x" if len(automatic) else "-",
        str(best["variant"]),
    )
    chosen = schedules.get(str(best["schedule"]))
    text = nest_text(chosen) if chosen is not None else "the schedule is not in the file beside the profile"
    return row, Code(text, f"Fastest schedule of {kernel} at {at} on {hardware}")
