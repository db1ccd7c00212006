"""Units of time: how they are spelled, and how many make a second."""

from __future__ import annotations

UNITS = ("ns", "us", "ms", "s", "min")
PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
"""A minute is left out: 60 is no reciprocal of a double."""
UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
SPELLINGS = {
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanosecond", "nanoseconds", "nanos"), "ns"),
    **dict.fromkeys(("us", "usec", "usecs", "microsecond", "microseconds", "micros", "µs", "μs"), "us"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds", "millis"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
}
"""From words in lower case to `UNITS`."""


def spelled_unit(text: str) -> str | None:
    """Return the unit that a cell or an option names, None where it names none.

    Examples
    --------
    >>> spelled_unit(" Microseconds "), spelled_unit("kg")
    ('us', None)
    """
    return SPELLINGS.get(text.strip().lower())


def in_seconds(value: float, unit: str) -> float:
    """Return a time in seconds; divided where that is exact, so that ``250 ms`` is the double ``0.25``."""
    return value * 60.0 if unit == "min" else value / PER_SECOND[unit]
