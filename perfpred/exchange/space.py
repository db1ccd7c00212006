"""A tuning space: the values each parameter may take, and the conditions between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from perfpred.complexity import Condition
from perfpred.errors import InputError
from perfpred.profile.cells import Value


@dataclass(frozen=True)
class TuningSpace:
    """The values each parameter may take, and what must hold between them.

    Attributes
    ----------
    parameters : dict of str to tuple
        Name to values, numbers or texts, in the order stated.
    conditions : tuple of Condition
        A configuration is legal where all hold.
    """

    parameters: dict[str, tuple[Value, ...]]
    conditions: tuple[Condition, ...] = ()

    @property
    def size(self) -> int:
        """The number of configurations, legal or not."""
        return math.prod(len(values) for values in self.parameters.values())

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary for a JSON file."""
        return {
            "parameters": {name: list(values) for name, values in self.parameters.items()},
            "conditions": [str(condition) for condition in self.conditions],
        }

    def objections(self, table: pd.DataFrame) -> dict[int, str]:
        """Return why rows are not legal configurations.

        Parameters
        ----------
        table : DataFrame, shape (n, columns)
            With a column for each parameter of the space.

        Returns
        -------
        dict of int to str
            Position of a row to the first reason, in the order of the rows.

        Raises
        ------
        InputError
            If a condition is about a parameter that holds text.
        """
        found: dict[int, str] = {}
        for name, values in self.parameters.items():
            for position in np.flatnonzero(~table[name].isin(values)).tolist():
                value = table[name].iloc[position]
                found.setdefault(position, f"{name} is {value}, which is none of the values of the space")
        for condition in self.conditions:
            for position in np.flatnonzero(~_holds(condition, table)).tolist():
                found.setdefault(position, f"the condition {condition} does not hold")
        return dict(sorted(found.items()))


def _holds(condition: Condition, table: pd.DataFrame) -> np.ndarray:
    try:
        return condition.holds(table)
    except InputError as error:
        raise InputError(f"condition '{condition}': {error}") from None
