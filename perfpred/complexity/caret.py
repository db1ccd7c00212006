"""Errors that point at the character that is wrong."""

from __future__ import annotations

from typing import NoReturn

from perfpred.errors import ExpressionError

_SHOWN = 80


def fail_at(text: str, position: int, reason: str) -> NoReturn:
    """Raise an `ExpressionError` whose last line has a caret under character `position` of `text`."""
    position = min(max(position, 0), len(text))
    start = max(0, min(position - _SHOWN // 2, len(text) - _SHOWN))
    stop = start + _SHOWN
    excerpt = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[start:stop])
    lead, tail = "..." if start else "", "..." if stop < len(text) else ""
    caret = " " * (len(lead) + position - start) + "^"
    raise ExpressionError(
        f"{reason}, at character {position + 1}:\n  {lead}{excerpt}{tail}\n  {caret}"
    ) from None
