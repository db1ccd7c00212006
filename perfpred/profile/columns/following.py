"""Columns that may be measured with the time: they follow it more closely than all others do.

Such a column may be a size that says more than the others, so it stays, and the user is told.
"""

from __future__ import annotations

import numpy as np

from perfpred.profile.columns.evidence import Column, Data
from perfpred.profile.columns.least_squares import left_over, squared
from perfpred.profile.columns.revealing import MAX_COLUMNS, is_chosen

ALIKE = 0.95
"""Least correlation of what the other columns leave of this one and of the time."""
DEPENDENT = 0.9
"""Least share of the column that the others explain: what is measured depends on them as the time does."""
CLOSER = 3.0
"""The others leave so many times what is left with this column, at least."""


def following(data: Data) -> list[str]:
    """Return the columns that may be measured with the time."""
    names = list(data.numbers)
    if not 2 <= len(names) <= MAX_COLUMNS:
        return []
    chosen = [name for name in names if is_chosen(data.numbers[name])]
    return [name for name in names if _follows(Column(data, name, chosen, None))]


def _follows(column: Column) -> bool:
    """Whether a column varies where the others are the same, and the time with it, in proportion."""
    basis = [*squared(column.basis, len(column.time)), np.ones(len(column.time))]
    if not column.enough or not column.basis or len(column.time) < 2 * len(basis) + 8:
        return False
    if column.n_distinct < 0.5 * len(column.values):
        return False
    own, time = left_over(column.log, basis), left_over(column.time, basis)
    if not np.std(own) > 1e-3 or np.std(own) ** 2 > (1 - DEPENDENT) * np.var(column.log):
        return False
    slope = float(np.dot(own, time) / np.dot(own, own))
    rest = float(np.std(time - slope * own))
    alike = abs(float(np.corrcoef(own, time)[0, 1])) >= ALIKE
    return alike and 0.8 < abs(slope) < 1.25 and CLOSER * rest <= float(np.std(time))
