"""A tuning space: the values each parameter may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = int | float | str


@dataclass(frozen=True)
class TuningSpace:
    """The values each parameter may take, and what must hold between them.

    Attributes
    ----------
    parameters : dict of str to tuple
        Name to values in the order stated.
    conditions : tuple of str
        Expressions over the parameters; a configuration is legal where all hold.
    """

    parameters: dict[str, tuple[Value, ...]]
    conditions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary for a JSON file."""
        return {
            "parameters": {name: list(values) for name, values in self.parameters.items()},
            "conditions": list(self.conditions),
        }
