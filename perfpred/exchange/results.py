"""What a tuner recorded, whatever its file format, before it becomes a profile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfpred.exchange.space import TuningSpace

_MAX_DEPTH, _MAX_ITEMS, _MAX_TEXT = 4, 50, 500
"""What is kept of an entry that became no row: enough to find it again."""


def recorded(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """Return a value of a file as plain JSON, cut where it is long or deep.

    NaN and infinities become text, and a surrogate, which no file can hold, its escape.
    """
    if isinstance(value, str):
        kept = value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}..."
        return kept.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, dict | list | tuple):
        if not depth:
            return "..."
        if isinstance(value, dict):
            pairs = list(value.items())[:_MAX_ITEMS]
            return {recorded(name): recorded(each, depth - 1) for name, each in pairs}
        return [recorded(each, depth - 1) for each in value[:_MAX_ITEMS]]
    return value


@dataclass(frozen=True)
class Rejection:
    """An entry of a file that did not become a row.

    Attributes
    ----------
    place : str
        Where it stands in the file, such as ``results[12]``.
    reason : str
        The rule it breaks and the value.
    entry : object
        What was recorded, as far as it can be told; made to be of JSON's types and not too long.
    """

    place: str
    reason: str
    entry: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "entry", recorded(self.entry))


@dataclass(frozen=True)
class Result:
    """One configuration as a file records it.

    Attributes
    ----------
    place : str
        Where it stands in the file.
    configuration : object
        Parameter to value, if the file is as it should be.
    value : object
        The time where there is one.
    words : mapping
        What the file says of a run that failed, by the file's own names; empty for one that did not.
    repeats : sequence
        The timings behind `value`.
    unit : str
        Of `value`, as written beside it; empty if nothing is.
    noise, rounds : float, optional
        Columns of a profile, where one was exported.
    variant : str
        What was run, where a file holds several variants.
    problem : str
        Why the entry can be no row, known before anything in it is read; empty if nothing is.
    """

    place: str
    configuration: Any
    value: Any
    words: Mapping[str, Any] = field(default_factory=dict)
    repeats: Sequence[Any] = ()
    unit: str = ""
    noise: float | None = None
    rounds: float | None = None
    variant: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Results:
    """All that a results file says.

    Attributes
    ----------
    format : str
        Name of the format.
    results : list of Result
    rejected : list of Rejection
        Entries that could not even be read.
    parameters : tuple of str
        As the file declares them; empty if it does not.
    objective : str
        What was tuned for, as the file names it.
    unit, unit_place : str
        The time unit stated for all rows and where; empty if none is.
    kernel, device : str
        Names in the file; empty if it has none.
    space : TuningSpace, optional
    constants : dict
        Parameters that all rows share, such as the problem size, by name.
    facts : dict
        Whatever else describes the whole, of JSON's types.
    remarks : tuple of str
        What is odd about the file as a whole, in sentences.
    origin : dict, optional
        Names and metadata of the profile that was exported, if this file is one.
    """

    format: str
    results: list[Result]
    rejected: list[Rejection] = field(default_factory=list)
    parameters: tuple[str, ...] = ()
    objective: str = "time"
    unit: str = ""
    unit_place: str = ""
    kernel: str = ""
    device: str = ""
    space: TuningSpace | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    origin: dict[str, Any] | None = None
