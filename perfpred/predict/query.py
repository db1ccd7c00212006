"""The quick way to answer one query: plain floats, checks and formula in one pass.

It answers what it can; for the rest (anything missing, misspelt, not a number, or without a value) it has no
answer, and the caller asks the slower code that explains.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfpred.predict.encoding import Encoding
from perfpred.program import Program, float_function

_NUMBERS = (float, int, np.floating, np.integer)


@dataclass(frozen=True)
class Answer:
    """What is predicted, the values of encoded columns and of further expressions, and what lies outside.

    `outside` maps a numeric parameter out of its trained range to its value.

    Attributes
    ----------
    value : float
        What is predicted.
    columns : sequence of float
        The values of the encoded columns.
    values : sequence of float
        The values of further expressions.
    outside : mapping of str to float
        From a numeric parameter out of its trained range to its value.
    """

    value: float
    columns: Sequence[float]
    values: Sequence[float]
    outside: Mapping[str, float]


_NOTHING: Mapping[str, Any] = {}


class QuickQuery:
    """Answers to one query at a time, of a program over encoded columns.

    Parameters
    ----------
    encoding : Encoding
        Its columns are the program's inputs.
    program : Program
        What is predicted, and then further expressions.
    ranges : mapping of str to pair of float
        What training saw of each numeric parameter.
    """

    def __init__(
        self, encoding: Encoding, program: Program, ranges: Mapping[str, tuple[float, float]]
    ) -> None:
        self._function = float_function(program)
        self._numeric = [
            (name, *ranges.get(name, (0.0, 0.0)), _codes(encoding, name)) for name in encoding.parameters
        ]

    def __call__(self, parameters: Mapping[str, float | str]) -> Answer | None:
        """Return the answer, or None where there is none, or only with an explanation."""
        if len(parameters) != len(self._numeric):
            return None
        arguments: list[float] = []
        outside = _NOTHING
        try:
            for name, low, high, codes in self._numeric:
                value = parameters[name]
                if codes is not None:
                    if type(value) is not str:
                        return None
                    at = codes[value]
                    arguments += [0.0] * at + [1.0] + [0.0] * (len(codes) - 1 - at)
                    continue
                if type(value) is not float:
                    if not isinstance(value, _NUMBERS):
                        return None
                    value = float(value)
                if not low <= value <= high:
                    if not math.isfinite(value) or low >= 0 > value:
                        return None
                    outside = {**outside, name: value}
                arguments.append(value)
            found = self._function(*arguments)
        except (KeyError, ArithmeticError, ValueError, TypeError):
            return None
        return None if found is None else Answer(found[0], arguments, found[1:], outside)


def _codes(encoding: Encoding, parameter: str) -> dict[str, int] | None:
    """Return which encoded column is 1 at each level of a categorical parameter, None for a numeric one."""
    levels = encoding.categories.get(parameter)
    if levels is None:
        return None
    return {level: index for index, level in enumerate(levels)}
