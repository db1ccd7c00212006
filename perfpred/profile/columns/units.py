"""What the name of a column says about its unit of time."""

from __future__ import annotations

import re

from perfpred.profile.time_units import SPELLINGS

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
        word in {"/", "per"} and words[index + 1] in SPELLINGS
        for index, word in enumerate(words[:-1])
        if index > 0
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
        return SPELLINGS.get(bracketed[1].lower())
    if is_rate(name):
        return None
    words = words_of(name)
    found = {SPELLINGS[word] for word in words if word in SPELLINGS and word not in _AMBIGUOUS}
    if not found and words[-1:] == ["s"] and len(words) > 1:
        found = {"s"}
    return found.pop() if len(found) == 1 else None
