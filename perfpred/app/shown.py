"""Text from files and command lines as a terminal may show it: nothing hidden, nothing obeyed."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from typing import TextIO

_ESCAPED_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Control, format (bidirectional overrides, zero width), surrogates, line and paragraph separators."""
_INVISIBLE = (
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065)),
    *((0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8)),
    (0xE0000, 0xE0FFF),
)
"""Code points of other categories that show nothing: Unicode's Default_Ignorable_Code_Point, and a blank."""
_LAYOUT = "\n\t"
_REPLACEMENTS = {
    **{
        "µ": "u",
        "μ": "u",
        "±": "+/-",
        "\N{MULTIPLICATION SIGN}": "x",
        "…": "...",
        "→": "->",
        "≥": ">=",
        "≤": "<=",
    },
    **{"─": "-", "━": "-", "│": "|", "╸": "-", "╺": "-", "•": "*"},
}
_HANDLER = "perfpred.readable"


def shown(text: object, *, lines: bool = False) -> str:
    r"""Return text with every character that a terminal would obey or hide written as its escape.

    Parameters
    ----------
    text : object
        Its `str` is taken.
    lines : bool
        Keep line ends and tabs: for a whole message, not for a name within one.

    Examples
    --------
    >>> print(shown("a\x1b[2Jb\u202ec\u200bd[/x]"))
    a\x1b[2Jb\u202ec\u200bd[/x]
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(_shown_character(each, lines) for each in plain)


def _shown_character(character: str, lines: bool) -> str:
    if lines and character in _LAYOUT:
        return character
    point, category = ord(character), unicodedata.category(character)
    is_hidden = category in _ESCAPED_CATEGORIES or (category == "Zs" and character != " ")
    if is_hidden or any(low <= point <= high for low, high in _INVISIBLE):
        return character.encode("unicode_escape").decode("ascii")
    return character


def readable(text: str, encoding: str) -> str:
    """Return text with other letters for the characters that an encoding lacks.

    Examples
    --------
    >>> readable("±3 µs", "ascii")
    '+/-3 us'
    """
    try:
        return "".join(each if _has(encoding, each) else _in_ascii(each) for each in text)
    except LookupError:  # of an unknown encoding
        return text


def _has(encoding: str, character: str) -> bool:
    if character.isascii():
        return True
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def make_safe(stream: TextIO | None) -> None:
    """Let a stream write characters that its encoding lacks in other letters, instead of failing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        codecs.register_error(_HANDLER, _replaced)
        reconfigure(errors=_HANDLER)


def make_streams_safe() -> None:
    """Apply `make_safe` to stdout and stderr."""
    for stream in (sys.stdout, sys.stderr):
        make_safe(stream)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_in_ascii(each) for each in lacking), error.end


def _in_ascii(character: str) -> str:
    return _REPLACEMENTS.get(character) or character.encode("ascii", "backslashreplace").decode("ascii")
