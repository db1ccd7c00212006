"""Text as source code may hold it: one function per kind of place, through which all text goes."""

from __future__ import annotations

import re

from perfpred.errors import InputError
from perfpred.names import slug

_UNPLAIN = re.compile(r"[^\w .,:;()+=/@-]")
_LONGEST = 80


def comment_text(text: str) -> str:
    r"""Return text for a comment or docstring: what could end either, or continue its line, becomes ``_``.

    Examples
    --------
    >>> print(comment_text("blur*/ 'x'\nint y;"))
    blur_/ _x__int y;
    """
    return _UNPLAIN.sub("_", text)


def python_text(text: str) -> str:
    """Return a Python literal of a text, of ASCII characters.

    Examples
    --------
    >>> print(python_text("x_o"), python_text("a'b"))
    "x_o" "a'b"
    """
    return f'"{text}"' if re.fullmatch(r"[A-Za-z0-9_.$/ -]*", text) else ascii(text)


def cpp_text(text: str) -> str:
    r"""Return a C++ literal of a text: other than letters, digits and a few marks, its bytes are octal.

    Examples
    --------
    >>> print(cpp_text('a"b'))
    "a\042b"
    """
    plain = re.compile(r"[A-Za-z0-9_ .,:;()+=/@-]")
    parts = [
        each
        if plain.fullmatch(each)
        else "".join(f"\\{byte:03o}" for byte in each.encode("utf-8", "replace"))
        for each in text
    ]
    return f'"{"".join(parts)}"'


def word(text: str) -> str:
    """Return a text that stands in source as it is, such as the name of a method.

    Raises
    ------
    InputError
        If it is no identifier of ASCII letters.
    """
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        return text
    raise InputError(f"{ascii(text)[:80]} must be a word of letters, digits and '_' to stand in source code")


class Identifiers:
    """Names of variables in emitted code: each from a text, legal in Python and C++, and no two the same.

    No keyword of either and no macro begins with a letter and a number, as the texts must.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, text: str) -> str:
        """Return a name like a text that was not returned before.

        Examples
        --------
        >>> names = Identifiers()
        >>> names.new("f0_blur.x"), names.new("f0_blur_x"), names.new("f1_if")
        ('f0_blur_x', 'f0_blur_x_2', 'f1_if')
        """
        stem = slug(text, "_")[:_LONGEST].strip("_")
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}_{number}"
        self._taken.add(name)
        return name
