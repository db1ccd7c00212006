"""What to do about a combination, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.report.judged import Judged

MIN_ROWS, WORSE = 8, 1.6
"""A part of the range is named if it has so many rows, and errors so much larger than the others'."""
SHIFTED = 0.1
"""Predictions off by this much throughout are of another machine, or of another program."""
COVERED = 0.85
"""90% intervals that hold fewer of the times than this are too narrow."""

NOTHING_TO_DO = "Nothing needs doing: errors are about as large as the noise of the rows."
NO_NOISE = "Nothing stands out, but the rows do not say how well they repeat: measure some of them again."


def advice(judged: Judged) -> str:
    """Return one or two sentences: the largest trouble and its remedy, or that there is none."""
    return next(_advice(judged))


def _advice(judged: Judged) -> Iterator[str]:
    if judged.unanswered:
        yield f"The model answers none of the rows: {judged.unanswered}."
    if not len(judged.errors):
        yield f"No row has a time: {_failures(judged)}."
    if abs(judged.bias) > SHIFTED:
        word = "long" if judged.bias > 0 else "short"
        yield (
            f"Predictions are {abs(judged.bias):.0%} too {word} throughout: the model is of another machine "
            "or state of the program, or of too few rows; train again with these."
        )
    if judged.coverage < COVERED:
        yield (
            f"Only {judged.coverage:.0%} of the times lie within their 90% intervals: "
            "train again with these rows."
        )
    outside = int((~judged.in_range).sum())
    if outside > 0.1 * len(judged.errors):
        n = len(judged.errors)
        yield f"{outside} of {n} sizes are outside the trained range: train with rows from there."
    noise = judged.noise
    if np.isfinite(noise) and noise > 0.05:
        yield f"The rows are noisy ({noise:.1%}): measure again, with more rounds, on an idle machine."
    where = worst_part(judged)
    if where is not None and judged.mape > max(0.02, 1.5 * (noise if np.isfinite(noise) else 0.0)):
        part, error = where
        yield (
            f"Errors are largest where {part} ({error:.1%} against {judged.mape:.1%} overall): "
            "profile more rows there."
        )
    if judged.failed:
        yield f"Some rows have no time: {_failures(judged)}."
    yield NOTHING_TO_DO if np.isfinite(noise) else NO_NOISE


def worst_part(judged: Judged) -> tuple[str, float] | None:
    """Return where errors are largest, as a condition on a parameter, and the mean error there.

    Quarters of each numeric parameter's range, and single categories, are compared with the other rows; None
    where no part stands out.
    """
    absolute = np.abs(judged.errors)
    found: list[tuple[float, str, float]] = []
    for name in judged.X:
        for text, rows in _parts(str(name), judged.X[name]):
            if MIN_ROWS <= rows.sum() <= len(rows) - MIN_ROWS:
                here, there = float(absolute[rows].mean()), float(absolute[~rows].mean())
                if here > WORSE * there:
                    found.append((here / max(there, 1e-12), text, here))
    if not found:
        return None
    _, text, error = max(found)
    return text, error


def _parts(name: str, column: pd.Series) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    if not pd.api.types.is_numeric_dtype(column):
        for value in column.unique():
            yield f"{name} is {value}", (column == value).to_numpy()
        return
    values = column.to_numpy(dtype=np.float64)
    edges = np.unique(np.quantile(values, (0.25, 0.5, 0.75)))
    for edge in edges[:2]:
        yield f"{name} < {edge:g}", values < edge
    for edge in edges[-2:]:
        yield f"{name} > {edge:g}", values > edge


def _failures(judged: Judged) -> str:
    return ", ".join(f"{count} {status}" for status, count in judged.failed.items()) or "none was measured"
