"""Campaigns and searches, also those that still run: how far they are, and what they have found."""

from __future__ import annotations

import json
import math

from perfpred.profile.time_units import seconds_text
from perfpred.report.figures.searching import progress
from perfpred.report.running import CampaignSoFar, SearchSoFar
from perfpred.report.sections.base import Block, Section, Sources, Table, picture


def section(sources: Sources) -> Section | None:
    """Return the section, or None without a journal or trace."""
    blocks: list[Block] = []
    if sources.campaigns:
        blocks.append(_campaigns(list(sources.campaigns)))
    if sources.searches:
        blocks.append(_searches(list(sources.searches)))
        shown = [each for each in sources.searches if len(each.best)]
        if shown:
            blocks.append(
                picture(
                    lambda axes: progress(
                        axes, {each.name: each.best for each in shown}, shown[0].in_seconds
                    ),
                    "The best found so far over evaluations.",
                )
            )
    if not blocks:
        return None
    intro = (
        "Read from the journals and traces as far as they are written. The time left is until every row has "
        "the default minimum of timings, at the pace so far; noisy rows take longer."
    )
    return Section("running", "Campaigns and searches", intro, tuple(blocks))


def _campaigns(found: list[CampaignSoFar]) -> Table:
    columns = (
        "journal",
        "of",
        "#rows so far",
        "#timings",
        "#failed",
        "#noise",
        "#took",
        "#time left",
        "#damaged lines",
    )
    rows = tuple(
        (
            each.name,
            each.kernels,
            f"{each.rows} of {each.planned}" if each.planned else str(each.rows),
            str(each.timings),
            ", ".join(f"{count} {status}" for status, count in each.failed.items()) or "0",
            f"{each.noise:.1%}" if math.isfinite(each.noise) else "-",
            _duration(each.elapsed_s),
            _duration(each.left_s),
            str(each.damaged),
        )
        for each in found
    )
    return Table(columns, rows, "Campaigns")


def _searches(found: list[SearchSoFar]) -> Table:
    rows = tuple(
        (
            each.name,
            str(len(each.best)),
            ", ".join(f"{count} {status}" for status, count in each.failed.items()) or "0",
            _value(each),
            "-" if each.best_candidate is None else json.dumps(each.best_candidate)[:300],
        )
        for each in found
    )
    return Table(("trace", "#evaluations", "#failed", "#best", "at"), rows, "Searches")


def _value(found: SearchSoFar) -> str:
    best = float(found.best[-1]) if len(found.best) else math.inf
    if not math.isfinite(best):
        return "-"
    return seconds_text(best) if found.in_seconds else f"{best:.4g}"


def _duration(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
