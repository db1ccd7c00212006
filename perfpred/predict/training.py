"""Where a predictor comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfpred.predict.checks import require_count, require_noise


@dataclass(frozen=True)
class Training:
    """Where a predictor comes from.

    Parameters
    ----------
    model : str
        Name of the model in the registry.
    rows : int
        Number of rows it was fitted on.
    data_sha256 : str
        Hash of those rows.
    noise : float or None
        Mean relative repeatability of the measured times (0.02 = 2%); None where it is unknown.
    complexity : mapping of str to str
        The named expressions the model was given.
    sizes : int or None
        Number of distinct sizes, or of groups if rows were left out by groups; None where it is unknown.
    found : bool
        Whether the complexity was found in the rows, and not given by a person who knows the kernel.
    judged_on : str
        What was left out together when the interval was made: ``sizes``, or the name of a column.
    """

    model: str
    rows: int
    data_sha256: str
    noise: float | None
    complexity: Mapping[str, str]
    sizes: int | None = None
    found: bool = False
    judged_on: str = "sizes"

    def __post_init__(self) -> None:
        require_count(self, "rows")
        if self.sizes is not None:
            require_count(self, "sizes")
        require_noise(self, "noise")
