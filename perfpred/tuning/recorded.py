"""Measurements of a tuning space as something to search: every strategy is tried without the hardware."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from perfpred.errors import InputError
from perfpred.learn.rows.encoded_columns import IN_THE_FILE, require_few_columns
from perfpred.profile import Profile
from perfpred.search import Outcome, Recorded
from perfpred.search.listed import Configuration, ListedSpace
from perfpred.surrogates.source_task import SourceTask
from perfpred.tuning.inputs import ConfigurationInputs

MIN_ROWS = 10
"""Of a source task, for a model of what takes long there."""
IN_A_SEARCH = f"{IN_THE_FILE}, or search each of their values with --fixed"
"""What a user can do about too many columns."""


@dataclass(frozen=True)
class RecordedSpace:
    """The configurations of one kernel, variant and hardware, and what became of each.

    Attributes
    ----------
    space : ListedSpace
        Of the parameters that vary.
    objective : Recorded
        Measured times; of a configuration measured several times, the median of those that have one.
    inputs : ConfigurationInputs
        The features that a model sees.
    worst_s : float
        The maximum recorded time: what a search that finds none is counted as having found.
    """

    space: ListedSpace
    objective: Recorded[Configuration]
    inputs: ConfigurationInputs
    worst_s: float

    @classmethod
    def of(cls, part: Profile) -> RecordedSpace:
        """Return the space of a profile of one combination.

        Raises
        ------
        InputError
            If no parameter varies, or no row has a time, or there are too many values of categories.
        """
        varying = [name for name in part.parameters if part.X[name].nunique() > 1]
        if not varying:
            raise InputError("there is nothing to search: no parameter varies")
        require_few_columns(part.X[varying], IN_A_SEARCH)
        outcomes = _outcomes(part, varying)
        columns = {name: part.X[name].to_numpy() for name in varying}
        inputs = ConfigurationInputs(columns)
        rows = list(outcomes)
        encoded = inputs.of_configurations(rows)
        index_of = {row: index for index, row in enumerate(rows)}
        space = ListedSpace(varying, rows, lambda chosen: encoded[[index_of[each] for each in chosen]])
        objective = Recorded(outcomes)
        _ = objective.optimum_s  # raises where nothing has a time
        worst_s = max(each.time_s for each in outcomes.values() if each.ok)
        return cls(space, objective, inputs, worst_s)

    def require_common(self, source: Profile) -> list[str]:
        """Return the parameters that vary here and are there too; raises `InputError` if there is none."""
        common = [name for name in self.space.parameters if name in source.parameters]
        if not common:
            ours, theirs = ", ".join(self.space.parameters), ", ".join(source.parameters)
            raise InputError(
                f"a warm start needs parameters in common, but {ours} vary here, and there are {theirs} there"
            )
        return common

    def source_task(self, source: Profile, random_state: int = 0) -> SourceTask:
        """Return what measurements of another machine, or size, say of this space's configurations.

        Raises
        ------
        InputError
            If the source has none of the parameters that vary here, or too few rows with a time.
        """
        common = self.require_common(source)
        measured = source.ok
        if len(measured) < MIN_ROWS:
            raise InputError(
                f"a warm start needs at least {MIN_ROWS} rows with a time, but got {len(measured)}"
            )
        columns = {name: _column(self, measured.X, name) for name in self.space.parameters}
        shared = self.inputs.made_of(common)
        return SourceTask(self.inputs.of_columns(columns), np.log(measured.time_s), shared, random_state)


def _column(
    recorded: RecordedSpace, rows: pd.DataFrame, name: str
) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    """Return the values of a parameter; any value of the space stands for one that the rows do not have."""
    if name in rows:
        return rows[name].to_numpy()
    any_value = recorded.space.values_of(name)[0]
    return np.full(len(rows), any_value)


def _outcomes(part: Profile, varying: Sequence[str]) -> dict[Configuration, Outcome]:
    rows = zip(*(part.X[name].tolist() for name in varying), strict=True)
    times: dict[Configuration, list[float]] = {}
    statuses: dict[Configuration, str] = {}
    for row, time_s, status in zip(rows, part.time_s.tolist(), part.table["status"].tolist(), strict=True):
        times.setdefault(row, []).extend([time_s] if status == "ok" else [])
        statuses.setdefault(row, status)
    return {
        row: Outcome(float(np.median(found))) if found else Outcome.failed(statuses[row])
        for row, found in times.items()
    }
