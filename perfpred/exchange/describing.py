"""What is known of imported measurements as a whole: the metadata of their profile."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from perfpred.exchange.failures import KEY, describe_failures
from perfpred.exchange.results import Rejection, Results
from perfpred.exchange.rows import Row, Sorted
from perfpred.exchange.units import TimeUnit

_CLOSE = 1e-3
"""A recorded time that differs more than this from the mean of its repeats is told of."""


def describe(
    file: str, results: Results, found: Sorted, unit: TimeUnit, remarks: Sequence[str]
) -> dict[str, Any]:
    """Return the metadata of a profile made of results.

    A profile that was exported once gets its own metadata back.
    """
    rejected = [asdict(each) for each in (*results.rejected, *found.rejected)]
    if results.origin is not None:
        metadata = copy.deepcopy(results.origin["metadata"])
        if rejected:
            before = metadata.get("rejected")
            metadata["rejected"] = [*(before if isinstance(before, list) else []), *rejected]
        return dict(metadata)
    return {
        "source": {"file": file, "format": results.format, **results.facts, "remarks": list(remarks)},
        "objective": results.objective,
        "units": {"time_s": "s", "noise": "fraction", "rounds": "repeats"},
        "recorded_unit": {"time": unit.full_name, "known": unit.known, "assumed": unit.assumed},
        "timing": {
            "estimate": "as recorded, usually the mean of the repeats",
            "noise": "relative difference of the means of the first and second half of the repeats",
        },
        KEY: describe_failures(found.rows),
        "rejected": rejected,
    }


def remarks_on(rows: Sequence[Row]) -> list[str]:
    """Return what is odd about the rows as a whole, a sentence each."""
    remarks = []
    stale = sum(row.status != "ok" and len(row.result.repeats) > 0 for row in rows)
    if stale:
        remarks.append(f"{stale} failed rows hold repeats, which are left out")
    gaps = [gap for row in rows if row.status == "ok" and (gap := _gap(row)) > _CLOSE]
    if gaps:
        remarks.append(
            f"{len(gaps)} rows: the recorded time differs from the mean of its repeats, by up to "
            f"{max(gaps):.1%}; it is kept as recorded"
        )
    return remarks


def _gap(row: Row) -> float:
    """Return the relative difference of the recorded time and the mean of its repeats; 0 if unknown."""
    repeats = row.result.repeats
    try:
        return float(abs(sum(repeats) / len(repeats) / row.result.value - 1)) if repeats else 0.0
    except (TypeError, ArithmeticError):
        return 0.0


def summary(rejected: Sequence[Rejection], shown: int = 3) -> str:
    """Return the first rejections, a line each, and a count of the rest."""
    lines = [f"  {each.place}: {each.reason}" for each in rejected[:shown]]
    if len(rejected) > shown:
        lines.append(f"  ... and {len(rejected) - shown} more")
    return "\n".join(lines)
