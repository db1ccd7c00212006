"""Text in documents: short, and without characters that hide what it says."""

from __future__ import annotations

import unicodedata
from typing import Any

from perfpred.errors import InputError, shortened

MAX_TEXT = 10_000
"""Characters of a name, a level or an expression in a document."""
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories: control characters, lone surrogates, line and paragraph separators."""
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make text read otherwise than it is."""


def require_text(text: str, what: str) -> None:
    """Raise `InputError` unless a text of a document is short enough and has no control characters."""
    if len(text) > MAX_TEXT:
        raise InputError(
            f"{what} must have at most {MAX_TEXT:,} characters, but {shortened(ascii(text))} "
            f"has {len(text):,}"
        )
    if text.isascii() and text.isprintable():  # the usual, quickly
        return
    bad = next((each for each in text if unicodedata.category(each) in _UNPRINTABLE or each in _BIDI), None)
    if bad is not None:
        raise InputError(f"{what} must hold no control character {bad!a}, as {shortened(ascii(text))} does")


def require_texts(content: Any, what: str) -> None:
    """Apply `require_text` to every text in JSON values, the keys of objects among them.

    Parameters
    ----------
    content : JSON value
        A list that begins with a number is taken to hold numbers alone.
    what : str
        What a text is, for the message.
    """
    if isinstance(content, str):
        require_text(content, what)
    elif isinstance(content, dict):
        for key, value in content.items():
            require_texts(key, what)
            require_texts(value, what)
    elif isinstance(content, list) and content and not isinstance(content[0], int | float):
        for value in content:
            require_texts(value, what)
