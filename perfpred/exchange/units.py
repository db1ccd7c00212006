"""The names tuners give to units of time."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.errors import UnknownNameError
from perfpred.profile.time_units import PER_SECOND, UNIT_NAMES, spelled_unit

_MISSPELT = dict.fromkeys(("milisecond", "miliseconds"), "ms")
"""As Kernel Tuner writes it."""
_TIMES = ("time", "latency", "duration")


@dataclass(frozen=True)
class TimeUnit:
    """A unit of time and how it is known.

    Attributes
    ----------
    name : str
        One of ``s``, ``ms``, ``us``, ``ns``.
    known : str
        A clause, such as ``metadata.timeunit is 'miliseconds'``.
    assumed : bool
        Whether the file is silent, so that the format's usual unit is taken.
    """

    name: str
    known: str
    assumed: bool = False

    @property
    def full_name(self) -> str:
        """As people write it, such as ``milliseconds``."""
        return UNIT_NAMES[self.name]

    @property
    def per_second(self) -> float:
        """How many make a second."""
        return PER_SECOND[self.name]


def unit_named(spelling: str) -> str:
    """Return ``s``, ``ms``, ``us`` or ``ns`` for a spelling met in files.

    Raises
    ------
    UnknownNameError
        If it is no unit of time.

    Examples
    --------
    >>> unit_named("miliseconds"), unit_named(" MS ")
    ('ms', 'ms')
    """
    unit = _MISSPELT.get(spelling.strip().lower()) or spelled_unit(spelling)
    if unit is None or unit not in UNIT_NAMES:
        raise UnknownNameError("unit of time", spelling, UNIT_NAMES.values())
    return unit


def is_time(objective: str) -> bool:
    """Whether the name of an objective says that it is a time.

    Examples
    --------
    >>> is_time("runtime_ms"), is_time("GFLOP/s")
    (True, False)
    """
    return any(word in objective.lower() for word in _TIMES)
