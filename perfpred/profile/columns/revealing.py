"""Columns that give the time away: throughput, another statistic of the time, whatever follows from it.

A model would read the time off such a column, look perfect, and have no value for it when it is asked. A
suspicion comes from the name or from an exact relation to the time, and the values decide. Sizes are spared:
they are whole numbers or a few chosen ones, the same in every repeat, and measured times follow them with
noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from perfpred.profile.columns.evidence import Column, Data
from perfpred.profile.columns.least_squares import Floats
from perfpred.profile.columns.suspect_names import suspicion

MAX_COLUMNS = 300
"""More columns than this are judged by their names alone, which no benchmark tool writes."""


def revealing(data: Data) -> dict[str, str]:
    """Return the columns that give the time away, each with the reason."""
    named = {name: kind for name in data.numbers if (kind := suspicion(name)) is not None}
    chosen = [name for name in data.numbers if name not in named and is_chosen(data.numbers[name])]
    others = [name for name in data.numbers if name not in named and name not in chosen]
    plain = [*chosen, *others] if len(data.numbers) <= MAX_COLUMNS else []
    chosen = chosen[:MAX_COLUMNS]
    suspects = _reasons(data, named, chosen, named)
    cleared = [name for name in named if name not in suspects and is_chosen(data.numbers[name])]
    if cleared:  # what they tell apart was taken for repeats
        chosen = [*chosen, *cleared][:MAX_COLUMNS]
        suspects = _reasons(data, suspects, chosen, named)
    return suspects | _reasons(data, plain, chosen, named)


def _reasons(data: Data, names: Iterable[str], chosen: list[str], kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of `names` that give the time away, each with the reason."""
    reasons = {name: Column(data, name, chosen, kinds.get(name)).reason() for name in names}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def is_chosen(values: Floats) -> bool:
    """Whether numbers look like chosen ones: whole, few of them, or with two digits at most."""
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    if not len(known) or np.all(distinct == np.round(distinct)) or 3 * len(distinct) <= len(known):
        return True
    return all(float(f"{value:.2g}") == value for value in distinct[:1000].tolist())
