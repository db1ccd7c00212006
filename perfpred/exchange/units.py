"""The names tuners give to units of time."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.errors import UnknownNameError
from perfpred.profile.rules import TIME_UNITS

_SPELLINGS = {
    "s": ("s", "sec", "second", "seconds"),
    "ms": ("ms", "msec", "millisecond", "milliseconds", "milisecond", "miliseconds"),
    "us": ("us", "µs", "μs", "usec", "microsecond", "microseconds"),
    "ns": ("ns", "nsec", "nanosecond", "nanoseconds"),
}
_TIMES = ("time", "latency", "duration")
UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_BY_SPELLING = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}


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
        return TIME_UNITS[f"time_{self.name}"]


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
    try:
        return _BY_SPELLING[spelling.strip().lower()]
    except KeyError:
        raise UnknownNameError("unit of time", spelling, UNIT_NAMES.values()) from None


def is_time(objective: str) -> bool:
    """Whether the name of an objective says that it is a time.

    Examples
    --------
    >>> is_time("runtime_ms"), is_time("GFLOP/s")
    (True, False)
    """
    return any(word in objective.lower() for word in _TIMES)
