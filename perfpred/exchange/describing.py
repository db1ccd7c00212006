"""What is known of imported measurements as a whole: the metadata of their profile."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from perfpred.exchange.estimates import RECORDED, belongs, location, usable
from perfpred.exchange.failures import KEY, describe_failures
from perfpred.exchange.results import Rejection, Results
from perfpred.exchange.rows import Reading, Row, Sorted

_CLOSE = 1e-3
"""A recorded time that differs more than this from the mean of its repeats is remarked on."""
_FAR = 0.1
"""A mean of repeats that differs more than this from their median is remarked on."""
_HIGH_NOISE = 0.05
"""A noise floor above this is remarked on."""


def describe(
    file: str, results: Results, found: Sorted, reading: Reading, remarks: Sequence[str]
) -> dict[str, Any]:
    """Return the metadata of a profile made of results.

    A profile that was exported once gets its own metadata back.

    Parameters
    ----------
    file : str
        The name of the file that was imported.
    results : Results
    found : Sorted
        The rows, and the results that became none.
    reading : Reading
        How results became rows.
    remarks : sequence of str
        What is odd about the file as a whole.
    """
    rejected = [asdict(each) for each in (*results.rejected, *found.rejected)]
    if results.origin is not None:
        metadata = copy.deepcopy(results.origin["metadata"])
        if rejected:
            before = metadata.get("rejected")
            metadata["rejected"] = [*(before if isinstance(before, list) else []), *rejected]
        return dict(metadata)
    unit = reading.unit
    return {
        "source": {"file": file, "format": results.format, **results.facts, "remarks": list(remarks)},
        "objective": results.objective,
        "units": {"time_s": "s", "noise": "fraction", "rounds": "repeats"},
        "recorded_unit": {"time": unit.full_name, "known": unit.known, "assumed": unit.assumed},
        "timing": _timing(found.rows, reading.estimate),
        KEY: describe_failures(found.rows),
        "rejected": rejected,
    }


def _timing(rows: Sequence[Row], estimate: str) -> dict[str, str]:
    """Return how the times and their noise came about."""
    if not any(row.from_repeats for row in rows):
        return {
            "estimate": "as recorded, usually the mean of the repeats",
            "noise": "relative difference of the means of the first and second half of the repeats",
        }
    noise = f"relative difference of the {estimate}s of the first and second half of the repeats"
    if estimate == "median":
        noise += "; of fewer than 6, their median absolute deviation as that of a mean"
    return {"estimate": f"{estimate} of the repeats, where there are any", "noise": noise}


def remarks_on(rows: Sequence[Row], estimate: str) -> list[str]:
    """Return what is odd about the rows as a whole, one per sentence."""
    remarks = [*_remarks_on_repeats(rows, estimate)]
    noise = [row.noise for row in rows if row.status == "ok" and math.isfinite(row.noise)]
    if noise and sum(noise) / len(noise) > _HIGH_NOISE:
        remarks.append(
            f"the noise floor is {sum(noise) / len(noise):.1%}: no predictor can be judged below it; "
            "measure with more repeats"
        )
    stale = sum(row.status != "ok" and len(row.result.repeats) > 0 for row in rows)
    if stale:
        remarks.append(f"{stale} failed rows hold repeats, which are left out")
    return remarks


def _remarks_on_repeats(rows: Sequence[Row], estimate: str) -> Iterator[str]:
    """Yield what is odd about repeats beside the time that was taken."""
    timed = [(row, usable(row.result.repeats)) for row in rows if row.status == "ok"]
    known = [(float(row.result.value), repeats) for row, repeats in timed if repeats]
    foreign = sum(not belongs(value, repeats) for value, repeats in known)
    if foreign:
        yield (
            f"{_rows(foreign)}: the recorded time lies outside its repeats, as if they had another unit; "
            "it is kept as recorded, and its noise is unknown"
        )
    odd = sum(len(row.result.repeats) > 0 and not repeats for row, repeats in timed)
    if odd:
        yield f"{_rows(odd)}: a repeat is no time; the recorded time is kept, and its noise is unknown"
    own = [(value, repeats) for value, repeats in known if belongs(value, repeats)]
    skew = [abs(location(repeats, "mean") / location(repeats, "median") - 1) for _, repeats in own]
    far = [difference for difference in skew if difference > _FAR]
    if far:
        taken = "the time as recorded" if estimate == RECORDED else f"the {estimate}"
        yield (
            f"{_rows(len(far))}: the mean of the repeats differs from their median, by up to {max(far):.0%}, "
            f"as when first runs are slow; {taken} is taken (--estimate)"
        )
    if estimate == RECORDED:
        gaps = [abs(location(repeats, "mean") / value - 1) for value, repeats in own]
        gaps = [gap for gap in gaps if gap > _CLOSE]
        if gaps:
            yield (
                f"{_rows(len(gaps))}: the recorded time differs from the mean of its repeats, by up to "
                f"{max(gaps):.1%}; it is kept as recorded"
            )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def summary(rejected: Sequence[Rejection], shown: int = 3) -> str:
    """Return the first rejections, one per line, and a count of the rest."""
    lines = [f"  {each.place}: {each.reason}" for each in rejected[:shown]]
    if len(rejected) > shown:
        lines.append(f"  ... and {len(rejected) - shown} more")
    return "\n".join(lines)
