"""Columns that give the time away: throughput, another statistic of the time, whatever was follows from it.

A model would read the time off such a column, look perfect, and have no value for it when it is asked. A
suspicion comes from the name or from an exact relation to the time, and the values decide. Sizes are spared:
they are whole numbers or a few chosen ones, the same in every repeat, and measured times follow them with
noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.profile.columns.suspect_names import suspicion

Floats = NDArray[np.float64]

MAX_ROWS = 5_000
MAX_COLUMNS = 300
"""More columns than this are judged by their names alone, which no benchmark tool writes."""
MAX_BASIS = 30
_MIN_ROWS = 8
_MAX_LEVELS = 16  # of a setting, such as a clock or a bandwidth
_MAX_EXACT = 5e-3  # a relation to the time is exact if it holds to the digits written, or to this


@dataclass(frozen=True)
class Data:
    """What the columns are judged by.

    Attributes
    ----------
    numbers : mapping of str to ndarray of float64, each of shape (n,)
        The columns of numbers, NaN where blank.
    texts : mapping of str to ndarray of int, each of shape (n,)
        The columns of texts, as codes.
    rounding : mapping of str to float
        How far a column's numbers may lie from what was written, relatively: half a unit of the last digit.
    time_s : ndarray of float64, shape (n,)
        NaN where there is none.
    combination : ndarray of int, shape (n,)
        Kernel, variant and hardware as a code.
    """

    numbers: Mapping[str, Floats]
    texts: Mapping[str, NDArray[np.intp]]
    rounding: Mapping[str, float]
    time_s: Floats
    combination: NDArray[np.intp]
    time_rounding: float = 0.0


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
    found = {name: Column(data, name, chosen, kinds.get(name)).reason() for name in names}
    return {name: reason for name, reason in found.items() if reason is not None}


def is_chosen(values: Floats) -> bool:
    """Whether numbers look like chosen ones: whole, few of them, or with two digits at most."""
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    if not len(known) or np.all(distinct == np.round(distinct)) or 3 * len(distinct) <= len(known):
        return True
    return all(float(f"{value:.2g}") == value for value in distinct[:1000].tolist())


class Column:
    """One column beside the time and the chosen parameters, as logarithms centred in each combination."""

    def __init__(self, data: Data, name: str, chosen: list[str], kind: str | None) -> None:
        self.kind = kind
        values = data.numbers[name]
        rows = np.flatnonzero(np.isfinite(values) & np.isfinite(data.time_s))[:MAX_ROWS]
        self.values = values[rows]
        self.n_distinct = len(np.unique(self.values))
        self.is_whole = bool(np.all(self.values == np.round(self.values)))
        self._use_logs(data, name, chosen, rows)

    def _use_logs(self, data: Data, name: str, chosen: list[str], rows: NDArray[np.intp]) -> None:
        positive = rows[self.values > 0]
        self.enough = len(positive) >= max(_MIN_ROWS, 0.8 * len(rows))
        self.rows = positive if self.enough else rows
        values, times = data.numbers[name][self.rows], data.time_s[self.rows]
        known = [p for p in chosen if p != name and np.isfinite(data.numbers[p][self.rows]).all()]
        self.settings = _codes(
            [data.combination[self.rows]]
            + [data.numbers[p][self.rows] for p in known]
            + [codes[self.rows] for codes in data.texts.values()]
        )
        centre = _Centre(data.combination[self.rows])
        self.time = centre(np.log(times))
        self.log = centre(np.log(values)) if self.enough else centre(values)
        basis = [
            centre(np.log(data.numbers[p][self.rows]))
            for p in known
            if np.all(data.numbers[p][self.rows] > 0)
        ]
        self.basis = [column for column in basis if len(column) and np.ptp(column) > 1e-9][:MAX_BASIS]
        rounding = data.rounding.get(name, 0.0) + data.time_rounding
        self.exact = min(3 * rounding + 1e-9, _MAX_EXACT)

    def reason(self) -> str | None:
        """Return why the column gives the time away, None where it does not."""
        if len(self.values) < 3 or self.n_distinct < 2:
            return None
        if self.kind is not None and self._is_as_named():
            return {
                "rate": "it is a rate, which is worked out from the time",
                "time": "it is another statistic of the time, or of a part of it",
                "result": "it is a result of the run, known only once the time is",
                "count": "it is a count that the tool chose by the time",
            }[str(self.kind)]
        if not self.enough or self.n_distinct < 0.5 * len(self.values):
            return None
        return self._exact_relation() or self._repeats()

    def _is_as_named(self) -> bool:
        follows = self._rank_correlation()
        if self.kind == "count":
            return self.n_distinct >= 3 and follows <= -0.8
        few = max(3.0, min(0.3 * len(self.values), _MAX_LEVELS))
        if self.n_distinct <= few and not self._differs_in_repeats():
            return False
        if self._is_determined() or (self.kind != "rate" and self._is_independent()):
            return False
        if self.kind == "time":
            return abs(follows) >= (0.7 if self.is_whole else 0.3) or self._differs_in_repeats()
        return abs(follows) >= 0.5 or self._differs_in_repeats() or self._is_bound()

    def _rank_correlation(self) -> float:
        if np.ptp(self.log) == 0 or np.ptp(self.time) == 0:
            return 0.0
        return float(pd.Series(self.log).rank().corr(pd.Series(self.time).rank()))

    def _is_determined(self) -> bool:
        """Whether the parameters give the values, as they give a count of operations."""
        if not self.enough or not self.basis or self._differs_in_repeats():
            return False
        return bool(_explained(self.log, self.basis) > 0.9999)

    def _is_independent(self) -> bool:
        """Whether the parameters say much of the time and nothing of the column: it is an input itself."""
        if not self.enough or not self.basis or self._differs_in_repeats():
            return False
        spare = len(self.time) - len(squared(self.basis, len(self.time))) - 1
        if spare < len(self.time) / 2:
            return False
        chance = 1 - spare / len(self.time)
        depends = _explained(self.time, self.basis) > max(0.15, 4 * chance)
        return depends and _explained(self.log, self.basis) < 2 * chance

    def _is_bound(self) -> bool:
        """Whether the column and the time deviate together from what the parameters say of each."""
        basis = [*squared(self.basis, len(self.time)), np.ones(len(self.time))]
        if len(self.time) < len(basis) + 4:
            return True  # too few rows to clear it of what its name says
        column, time = left_over(self.log, basis), left_over(self.time, basis)
        if np.std(column) < 1e-12 or np.std(time) < 1e-12:
            return False
        return abs(float(np.corrcoef(column, time)[0, 1])) >= 0.5

    def _differs_in_repeats(self) -> bool:
        """Whether rows of equal parameters differ in this column, and not as those of a grid do."""
        groups = _Groups(self.settings)
        by_chance = groups.n_repeated < 3 or groups.n_rows < 0.2 * len(self.time)
        if by_chance or self.n_distinct <= 2 * groups.largest:
            return False
        return groups.share_differing(self.log) >= 0.8

    def _exact_relation(self) -> str | None:
        """Whether the column is the time, or its inverse, times powers of the parameters: exactly."""
        if len(self.time) < len(self.basis) + 5 or not self.basis:
            return None
        slope, rest = _fit(self.log, [self.time, *self.basis])
        _, unexplained = _fit(self.time, self.basis)
        if rest > self.exact or unexplained <= 10 * max(self.exact, rest) or not 0.98 < abs(slope) < 1.02:
            return None
        if slope > 0:
            likely = not self.is_whole and _explained(self.log, self.basis) >= 0.5
            return "it is proportional to the time, to the last digit" if likely else None
        if self.is_whole and (self.values.min() < 50 or self.n_distinct < 0.9 * len(self.values)):
            return None
        return "its product with the time follows from the parameters, to the last digit"

    def _repeats(self) -> str | None:
        """Whether the column follows the time where all parameters are equal."""
        groups = _Groups(self.settings)
        if (
            groups.n_repeated < 3
            or groups.n_rows < 0.5 * len(self.time)
            or groups.n_rows < groups.n_repeated + 8
        ):
            return None
        if groups.share_differing(self.log) < 0.8:
            return None
        column, time = groups.deviations(self.log), groups.deviations(self.time)
        if not 0 < np.std(time) <= 0.3 or np.std(column) == 0:
            return None
        between = 1 - np.var(column) / max(float(np.var(self.log[groups.members])), 1e-300)
        needed = 0.9 if self.is_whole else 0.5
        if self.is_whole and self.values.min() < 50:
            return None
        alike = abs(float(np.corrcoef(column, time)[0, 1])) >= 0.95
        return "it follows the time where all parameters are equal" if alike and between >= needed else None


class _Centre:
    """Subtracts the mean of each combination."""

    def __init__(self, codes: NDArray[np.intp]) -> None:
        _, self.codes = np.unique(codes, return_inverse=True)
        self.counts = np.bincount(self.codes)

    def __call__(self, values: Floats) -> Floats:
        centred: Floats = values - (np.bincount(self.codes, values) / self.counts)[self.codes]
        return centred


class _Groups:
    """Rows of equal parameters, where there are two or more."""

    def __init__(self, settings: NDArray[np.intp]) -> None:
        counts = np.bincount(settings)
        self.members = np.flatnonzero(counts[settings] > 1)
        _, self.codes = np.unique(settings[self.members], return_inverse=True)
        self.n_rows = len(self.members)
        self.n_repeated = int(self.codes.max()) + 1 if self.n_rows else 0
        self.largest = int(counts.max(initial=0))

    def share_differing(self, values: Floats) -> float:
        """Return in which share of the groups values differ."""
        high = np.full(self.n_repeated, -np.inf)
        np.maximum.at(high, self.codes, values[self.members])
        low = np.full(self.n_repeated, np.inf)
        np.minimum.at(low, self.codes, values[self.members])
        return float(np.mean(high - low > 1e-12)) if self.n_repeated else 0.0

    def deviations(self, values: Floats) -> Floats:
        """Return how far each member lies from its group's mean."""
        return _Centre(self.codes)(values[self.members])


def _codes(columns: list[Any]) -> NDArray[np.intp]:
    """Return one number for each distinct row of several columns."""
    code = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        _, inverse = np.unique(column, return_inverse=True)
        _, code = np.unique(code * (int(inverse.max(initial=0)) + 1) + inverse, return_inverse=True)
    return code


def _fit(target: Floats, columns: list[Floats]) -> tuple[float, float]:
    """Return the first coefficient of a least-squares fit, and the root mean square of what is left."""
    matrix = np.column_stack(columns)
    if not np.isfinite(matrix).all() or not np.isfinite(target).all():
        return 0.0, float("inf")
    coefficients, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    left = target - matrix @ coefficients
    return float(coefficients[0]), float(np.sqrt(np.mean(left**2)))


def left_over(target: Floats, columns: list[Floats]) -> Floats:
    """Return what a least-squares fit leaves unexplained."""
    matrix = np.column_stack(columns)
    if not np.isfinite(matrix).all() or not np.isfinite(target).all():
        return target
    left: Floats = target - matrix @ np.linalg.lstsq(matrix, target, rcond=None)[0]
    return left


def squared(columns: list[Floats], n: int) -> list[Floats]:
    """Return columns with their squares and products, where there are rows enough for them."""
    squares = [a * b for place, a in enumerate(columns) for b in columns[place:]]
    return [*columns, *squares] if n > 3 * (len(columns) + len(squares)) else columns


def _explained(target: Floats, columns: list[Floats]) -> float:
    """Return the share of the variance that powers of the parameters explain."""
    left = left_over(target, [*squared(columns, len(target)), np.ones(len(target))])
    return float(1 - np.mean(left**2) / max(float(np.var(target)), 1e-300))
