"""What became of a candidate: a value to minimise, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan

from perfpred.errors import InputError

OK = "ok"


@dataclass(frozen=True)
class Outcome:
    """What became of a candidate.

    Parameters
    ----------
    value : float
        What is minimised, in the objective's unit (seconds, joule-seconds, ...); NaN if the candidate failed.
    metrics : mapping of str to float
        Further figures, each to be minimised, such as ``{"energy_j": 0.2, "area_mm2": 3.1}``.
    violations : mapping of str to float
        By how much each constraint is violated, >= 0; a candidate with any above 0 is never the best.
    status : str
        ``ok``, or how it failed: ``compile_error``, ``timeout``, ...
    message : str
        Why it failed, in a sentence.
    cost_s : float
        What it cost to find out, in seconds, such as for compiling and measuring.

    Raises
    ------
    InputError
        Unless there is a finite value exactly where the status is ``ok``, metrics are finite, and
        violations are >= 0.

    Examples
    --------
    >>> Outcome(2.5, violations={"registers": 3.0}).is_feasible
    False
    """

    value: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    violations: Mapping[str, float] = field(default_factory=dict)
    status: str = OK
    message: str = ""
    cost_s: float = 0.0

    def __post_init__(self) -> None:
        if self.ok != isfinite(self.value):
            rule = "a finite value must be there exactly where the status is ok"
            raise InputError(f"{rule}, but got value={self.value}, status='{self.status}'")
        for name, figure in self.metrics.items():
            if not isfinite(figure):
                raise InputError(f"metric '{name}' must be finite, but is {figure}")
        for name, excess in self.violations.items():
            if not 0 <= excess < float("inf"):
                raise InputError(f"violation '{name}' must be finite and >= 0, but is {excess}")
        if not 0 <= self.cost_s < float("inf"):
            raise InputError(f"cost_s must be finite and >= 0, but is {self.cost_s}")

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return self.status == OK

    @property
    def is_feasible(self) -> bool:
        """Whether there is a value and no constraint is violated."""
        return self.ok and not any(self.violations.values())

    @property
    def time_s(self) -> float:
        """The value, where the objective's unit is seconds."""
        return self.value

    @classmethod
    def failed(cls, status: str, cost_s: float = 0.0, message: str = "") -> Outcome:
        """Return the outcome of a candidate that has no value."""
        return cls(nan, status=status, message=message, cost_s=cost_s)
