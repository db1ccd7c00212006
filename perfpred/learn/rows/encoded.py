"""Rows as models see them: encoded columns, and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.checks import Floats


@dataclass(frozen=True)
class Rows:
    """Training rows: encoded columns of shape (n,) and times in seconds, shape (n,)."""

    columns: Mapping[str, Floats]
    time_s: Floats
    groups: NDArray[np.intp] | None = None
    """Numbers of the groups that rows belong to, shape (n,); None where each row is one."""

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def independent(self) -> int:
        """How many rows count when the size of a model is chosen: a group says little more than a row."""
        return len(self) if self.groups is None else min(len(self), 2 * len(np.unique(self.groups)))

    def take(self, mask: NDArray[np.bool_]) -> Rows:
        """Return the rows where `mask`, of shape (n,), holds."""
        groups = None if self.groups is None else self.groups[mask]
        return Rows({name: values[mask] for name, values in self.columns.items()}, self.time_s[mask], groups)
