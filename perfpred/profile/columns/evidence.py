"""What speaks for a column's being measured with the time: its name, exact relations, repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.profile.columns.least_squares import Floats, explained, fit, left_over, squared
from perfpred.profile.columns.repeated import Centred, Groups, codes_of

MAX_ROWS = 5_000
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
    time_rounding : float
        How far times may lie from what was written, relatively.
    """

    numbers: Mapping[str, Floats]
    texts: Mapping[str, NDArray[np.intp]]
    rounding: Mapping[str, float]
    time_s: Floats
    combination: NDArray[np.intp]
    time_rounding: float = 0.0


class Column:
    """One column beside the time and the chosen parameters, as logarithms centred in each combination.

    Parameters
    ----------
    data : Data
    name : str
        The column of numbers that is judged.
    chosen : list of str
        The columns that look like chosen parameters.
    kind : str, optional
        What its name says that it is, None if nothing.
    """

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
        self.settings = codes_of(
            [data.combination[self.rows]]
            + [data.numbers[p][self.rows] for p in known]
            + [codes[self.rows] for codes in data.texts.values()]
        )
        centre = Centred(data.combination[self.rows])
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
        return bool(explained(self.log, self.basis) > 0.9999)

    def _is_independent(self) -> bool:
        """Whether the parameters say much of the time and nothing of the column: it is an input itself."""
        if not self.enough or not self.basis or self._differs_in_repeats():
            return False
        spare = len(self.time) - len(squared(self.basis, len(self.time))) - 1
        if spare < len(self.time) / 2:
            return False
        chance = 1 - spare / len(self.time)
        depends = explained(self.time, self.basis) > max(0.15, 4 * chance)
        return depends and explained(self.log, self.basis) < 2 * chance

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
        groups = Groups(self.settings)
        by_chance = groups.n_repeated < 3 or groups.n_rows < 0.2 * len(self.time)
        if by_chance or self.n_distinct <= 2 * groups.largest:
            return False
        return groups.share_differing(self.log) >= 0.8

    def _exact_relation(self) -> str | None:
        """Whether the column is the time, or its inverse, times powers of the parameters: exactly."""
        if len(self.time) < len(self.basis) + 5 or not self.basis:
            return None
        slope, rest = fit(self.log, [self.time, *self.basis])
        _, unexplained = fit(self.time, self.basis)
        if rest > self.exact or unexplained <= 10 * max(self.exact, rest) or not 0.98 < abs(slope) < 1.02:
            return None
        if slope > 0:
            likely = not self.is_whole and explained(self.log, self.basis) >= 0.5
            return "it is proportional to the time, to the last digit" if likely else None
        if self.is_whole and (self.values.min() < 50 or self.n_distinct < 0.9 * len(self.values)):
            return None
        return "its product with the time follows from the parameters, to the last digit"

    def _repeats(self) -> str | None:
        """Whether the column follows the time where all parameters are equal."""
        groups = Groups(self.settings)
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
