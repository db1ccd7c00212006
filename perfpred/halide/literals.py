"""Text as source code may hold it: one function per kind of place, through which all text goes."""

from __future__ import annotations

import keyword
import re

from perfpred.errors import InputError

_UNPLAIN = re.compile(r"[^\w .,:;()+=/@-]")
_CPP_KEYWORDS = """alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t
char16_t char32_t class co_await co_return co_yield compl concept const const_cast consteval constexpr
constinit continue decltype default delete do double dynamic_cast else enum explicit export extern false
float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
private protected public register reinterpret_cast requires return short signed sizeof static static_assert
static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned
using virtual void volatile wchar_t while xor xor_eq"""
_OWN_WORDS = """hl pipeline target schedule Halide Pipeline Target Func Var RVar TailStrategy MemoryType
load_plugin main std"""
_RESERVED = frozenset((*keyword.kwlist, *_CPP_KEYWORDS.split(), *_OWN_WORDS.split()))


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
    """Names of variables in emitted code: each from a text, legal in Python and C++, and no two the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, text: str) -> str:
        """Return a name like a text that was not returned before.

        Examples
        --------
        >>> names = Identifiers()
        >>> names.new("blur.x"), names.new("blur_x"), names.new("if")
        ('blur_x', 'blur_x_2', 'if_2')
        """
        stem = re.sub(r"[^A-Za-z0-9_]", "_", text)
        stem = stem if stem[:1].isalpha() else f"f{stem}"
        name, number = stem, 1
        while name in self._taken or name in _RESERVED:
            number += 1
            name = f"{stem}_{number}"
        self._taken.add(name)
        return name
