"""How many columns a model takes: a category has one per value, and each of them costs memory and time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from perfpred.errors import InputError, shortened
from perfpred.predict.encoding import Encoding

MAX_COLUMNS = 300
BY_OPTIONS = "name those that matter with --parameters, or leave some out with --ignore"
IN_THE_FILE = "leave some out of the file, or list them as ignore in a TOML file of its name beside it"
"""What a user can do, where a command has options for columns and where it has none."""


def require_few_columns(columns: Mapping[str, ArrayLike] | pd.DataFrame, remedy: str = BY_OPTIONS) -> None:
    """Raise `InputError` if raw columns, each of shape (n,), make more encoded columns than a model takes.

    Parameters
    ----------
    columns : mapping of str to array_like, or DataFrame
    remedy : str
        What a user can do, for the message.

    Examples
    --------
    >>> require_few_columns({"m": range(1000), "mode": ["fast", "safe"] * 500})
    """
    raw = {str(name): np.asarray(values) for name, values in columns.items()}
    levels = {name: len(each) for name, each in Encoding.of(raw).categories.items()}
    count = len(raw) - len(levels) + sum(levels.values())
    if count <= MAX_COLUMNS:
        return
    most = max(levels, key=lambda name: levels[name], default=None)
    of_which = "" if most is None else f", {levels[most]} of them of '{shortened(most)}'"
    raise InputError(
        f"a model takes at most {MAX_COLUMNS} columns, of which a category has one per value, but there are "
        f"{count}{of_which}; {remedy}"
    )
