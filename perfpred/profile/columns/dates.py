"""Columns that say when a row was measured."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perfpred.profile.cells import values_of
from perfpred.profile.columns.units import words_of

_DAY = r"(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?[AaPp][Mm])?"
_ZONE = r" ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})"
_DATE = re.compile(rf"{_DAY}(?:[T ]{_CLOCK}(?:{_ZONE})?)?")
_EPOCH = 1e9  # 2001 as seconds since 1970
MAX_LENGTH = 60


def date_reason(name: str, texts: Sequence[str]) -> str | None:
    """Return why a column is no parameter if its cells say when rows were measured, None for others.

    Parameters
    ----------
    name : str
        Of the column.
    texts : sequence of str
        The distinct cells.

    Examples
    --------
    >>> date_reason("day", ["2026-01-31", "2026-02-01 10:30:00"])
    'it says when a row was measured'
    >>> date_reason("version", ["1.2.3", "2026.1"]) is None
    True
    """
    known = [text for text in texts if text]
    if not known:
        return None
    is_stamp = "timestamp" in words_of(name) and all(
        isinstance(value, int | float) and value >= _EPOCH for value in values_of(known)
    )
    is_date = all(len(text) <= MAX_LENGTH and _DATE.fullmatch(text) for text in known)
    return "it says when a row was measured" if is_stamp or is_date else None
