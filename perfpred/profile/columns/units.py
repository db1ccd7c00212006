"""Units of time: what the name of a column says about it, and what one unit is in seconds."""

from __future__ import annotations

import re

UNITS = ("ns", "us", "ms", "s", "min")
_PER_SECOND = {"ns": 1e9, "us": 1e6, "ms": 1e3, "s": 1.0}
_SPELLED = {
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanosecond", "nanoseconds", "nanos"), "ns"),
    **dict.fromkeys(("us", "usec", "usecs", "microsecond", "microseconds", "micros", "µs", "μs"), "us"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds", "millis"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
}
_AMBIGUOUS = {"s", "min"}  # a plural, and a minimum: units only in brackets, or s as the last word
_BRACKETED = re.compile(r"[\[(]\s*([^\])\s]+)\s*[\])]\s*$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zµμ]+|[0-9]+|/")


def words_of(name: str) -> list[str]:
    """Return the words of a column's name in lower case; a slash is one of them.

    Examples
    --------
    >>> words_of("hipblaslt-GB/s"), words_of("kernelTimeUs")
    (['hipblaslt', 'gb', '/', 's'], ['kernel', 'time', 'us'])
    """
    return [word.lower() for word in _WORD.findall(name)]


def is_rate(name: str) -> bool:
    """Whether a name says "so much per time", such as ``items_per_second`` or ``GB/s``.

    Examples
    --------
    >>> [is_rate(name) for name in ("items_per_second", "Throughput (MB/s)", "ns/op", "time_s")]
    [True, True, False, False]
    """
    words = words_of(name)
    return any(
        word in {"/", "per"} and words[place + 1] in _SPELLED
        for place, word in enumerate(words[:-1])
        if place > 0
    )


def unit_of(name: str) -> str | None:
    """Return the unit that a column's name states, one of `UNITS`, or None.

    Examples
    --------
    >>> [unit_of(name) for name in ("real_time [ns]", "Duration (us)", "time_ms", "us", "mean", "time_min")]
    ['ns', 'us', 'ms', 'us', None, None]
    """
    bracketed = _BRACKETED.search(name)
    if bracketed:
        return _SPELLED.get(bracketed[1].lower())
    if is_rate(name):
        return None
    words = words_of(name)
    found = {_SPELLED[word] for word in words if word in _SPELLED and word not in _AMBIGUOUS}
    if not found and words[-1:] == ["s"] and len(words) > 1:
        found = {"s"}
    return found.pop() if len(found) == 1 else None


def spelled_unit(text: str) -> str | None:
    """Return the unit that a cell or an option names, None where it names none.

    Examples
    --------
    >>> spelled_unit(" Microseconds "), spelled_unit("kg")
    ('us', None)
    """
    return _SPELLED.get(text.strip().lower())


def in_seconds(value: float, unit: str) -> float:
    """Return a time in seconds; divided where that is exact, so that ``250 ms`` is the double ``0.25``."""
    return value * 60.0 if unit == "min" else value / _PER_SECOND[unit]
