"""Units of time: how they are spelled, and how many make a second."""

from __future__ import annotations

import math

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


def seconds_text(value: float | None) -> str:
    """Return a time with three digits and a fitting unit, or ``-`` where it is unknown.

    Examples
    --------
    >>> seconds_text(0.00123), seconds_text(4.2e-7), seconds_text(0.9999e-3), seconds_text(math.nan)
    ('1.23 ms', '420 ns', '1 ms', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if value >= 999.5:  # three digits would need an exponent
        return f"{value:.0f} s"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale * 0.9995:  # 999.9 of the smaller unit would be written 1e+03
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def amount_text(value: float, unit: str) -> str:
    """Return a predicted value with its unit: a time as `seconds_text` does, another with three digits.

    Examples
    --------
    >>> amount_text(4.2e-7, "s"), amount_text(0.25, "J")
    ('420 ns', '0.25 J')
    """
    return seconds_text(value) if unit == "s" else f"{value:.3g} {unit}"
