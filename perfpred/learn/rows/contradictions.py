"""Rows of equal parameters whose times cannot be of one thing: a column that tells them apart is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from perfpred.combination import Combination
from perfpred.learn.rows.sizes import Sizes
from perfpred.profile import Profile

RATIO = 2.0
"""The slowest timing of one size is so many times the fastest, at least."""
BEYOND_NOISE = 8.0
"""And so many times what timings of one size usually differ by."""
MAX_VALUES = 4


def contradiction(combination: Combination, rows: Profile) -> str | None:
    """Return a sentence on rows of equal parameters and very different times, or None.

    Parameters
    ----------
    combination : Combination
    rows : Profile
        Of that combination, status ok.
    """
    sizes = Sizes.of(rows)
    if len(sizes) == len(rows):
        return None
    logs = pd.Series(np.log(rows.time_s)).groupby(sizes.of_row)
    spread = (logs.max() - logs.min()).to_numpy()
    repeated = spread[(logs.size() > 1).to_numpy()]
    usual = float(np.median(repeated))
    many = usual > np.log(RATIO)  # then most sizes contradict themselves
    bad = spread > max(np.log(RATIO), 0.0 if many else BEYOND_NOISE * usual)
    if not bad.any():
        return None
    worst = int(spread.argmax())
    times = rows.time_s[sizes.of_row == worst]
    given = ", ".join(f"{name}={_shown(sizes.X[name].iloc[worst])}" for name in rows.parameters)
    noun = "size was" if bad.sum() == 1 else "sizes were"
    said = (
        f"{combination}: {int(bad.sum())} {noun} timed with very different results, such as {given}: "
        f"{times.min():.3g} s and {times.max():.3g} s; a column that tells them apart may be missing"
    )
    differing = _differing(rows.metadata.get("parts", []))
    return said + (f". The files differ in {differing}" if differing else "")


def _differing(parts: Any) -> str:
    """Return the metadata that differ from file to file, with their values."""
    if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
        return ""
    found = []
    flat = [dict(_leaves(part)) for part in parts]
    for name in dict.fromkeys(name for part in flat for name in part):
        values = list(dict.fromkeys(_shown(part.get(name)) for part in flat))
        if len(values) > 1 and all(len(value) <= 60 for value in values):
            more = ", ..." if len(values) > MAX_VALUES else ""
            found.append(f"{name} ({', '.join(values[:MAX_VALUES])}{more})")
    return "; ".join(found[:MAX_VALUES])


def _leaves(part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield names and values, those of an inner object by themselves."""
    for name, value in part.items():
        if isinstance(value, Mapping):
            yield from ((str(inner), each) for inner, each in value.items())
        else:
            yield str(name), value


def _shown(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    if isinstance(value, str | int | np.integer):
        return str(value)
    return json.dumps(value, default=str)
