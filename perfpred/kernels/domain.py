"""Which sizes a kernel has an output for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfpred.errors import InputError


@dataclass(frozen=True)
class SizeRule:
    """A size must be at least a number, or at least another size.

    Parameters
    ----------
    parameter : str
    at_least : float or str
        A number, or the name of another parameter.
    reason : str
        Ends the message, such as ``for a 3x3 filter``; may be empty.

    Examples
    --------
    >>> SizeRule("h", 3, "for a 3x3 filter").check({"h": 1})
    Traceback (most recent call last):
    perfpred.errors.InputError: h must be >= 3 for a 3x3 filter, but got 1
    """

    parameter: str
    at_least: float | str
    reason: str = ""

    def holds(self, sizes: Mapping[str, Any]) -> Any:
        """Say whether the rule holds: of numbers, or of each row of arrays of shape (n,)."""
        return sizes[self.parameter] >= self._minimum(sizes)

    def check(self, sizes: Mapping[str, Any]) -> None:
        """Raise `InputError` if a size is too small; what is no number is left to others."""
        try:
            broken = bool(sizes[self.parameter] < self._minimum(sizes))
        except (TypeError, ValueError):
            return
        if broken:
            raise InputError(self.message(sizes))

    def check_rows(self, columns: Mapping[str, Any]) -> None:
        """Raise `InputError` naming the first row of columns, shape (n,), whose size is too small."""
        try:
            sizes = {name: np.asarray(columns[name], dtype=np.float64) for name in self._names}
            broken = np.atleast_1d(sizes[self.parameter] < self._minimum(sizes))
        except (KeyError, TypeError, ValueError, OverflowError):
            return
        if broken.any():
            row = int(np.argmax(broken))
            first = {name: float(np.atleast_1d(values)[row]) for name, values in sizes.items()}
            raise InputError(self.message(first) + (f" in row {row + 1}" if len(broken) > 1 else ""))

    def message(self, sizes: Mapping[str, Any]) -> str:
        """Return what is wrong with sizes that break the rule."""
        minimum = self._minimum(sizes)
        named = f"{self.at_least}={minimum:g}" if isinstance(self.at_least, str) else f"{minimum:g}"
        reason = f" {self.reason}" if self.reason else ""
        return f"{self.parameter} must be >= {named}{reason}, but got {float(sizes[self.parameter]):g}"

    def may_hold(self, lowest: Mapping[str, float]) -> bool:
        """Say whether training that saw such lowest values can have kept the rule in every row."""
        return bool(lowest[self.parameter] >= self._minimum(lowest))

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.parameter, *([self.at_least] if isinstance(self.at_least, str) else []))

    def _minimum(self, sizes: Mapping[str, Any]) -> Any:
        return sizes[self.at_least] if isinstance(self.at_least, str) else self.at_least


def at_least_one(*parameters: str) -> tuple[SizeRule, ...]:
    """Return the rule of sizes that count something."""
    return tuple(SizeRule(name, 1) for name in parameters)
