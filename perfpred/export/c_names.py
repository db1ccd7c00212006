"""Names and texts that C and C++ accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from perfpred.combination import Combination
from perfpred.errors import InputError

_WORDS = (
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept "
    "const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default "
    "delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline "
    "int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected "
    "public register reinterpret_cast requires restrict return short signed sizeof static static_assert "
    "static_cast struct switch template this thread_local throw true try typedef typeid typename typeof "
    "union unsigned using virtual void volatile wchar_t while xor xor_eq ceil exp fabs floor fmod log "
    "log2 pow sqrt tanh memcpy linux unix i386 NAN INFINITY NULL "
)
_RESERVED = frozenset(_WORDS.split())
"""Keywords of C and C++, and what <math.h>, <string.h>, the helpers and some compilers define."""
_LOCAL = re.compile(r"v[0-9]+[a-z]?|best|time|seconds")


def identifier(text: str) -> str:
    """Return `text` with everything that an identifier cannot hold replaced by ``_``.

    Examples
    --------
    >>> identifier("intel-xeon-6-167"), identifier("3d"), identifier("größe")
    ('intel_xeon_6_167', 'x3d', 'gr_e')
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name if name[:1].isalpha() else f"x{name}"


def function_names(combinations: Iterable[Combination]) -> dict[Combination, str]:
    """Return the stem of each combination's functions.

    Raises
    ------
    InputError
        If two combinations would have the same.
    """
    owners: dict[str, Combination] = {}
    for key in combinations:
        name = "_".join(identifier(part) for part in (key.kernel, key.variant, key.hardware))
        if name in owners:
            raise InputError(
                f"two models would both be called {name} in C: {owners[name]}, and {key}; "
                "export them to separate headers"
            )
        owners[name] = key
    return {key: name for name, key in owners.items()}


def parameter_names(parameters: Sequence[str]) -> dict[str, str]:
    """Return a C name for each parameter, with ``_`` after one that means something else there.

    Examples
    --------
    >>> parameter_names(["m", "int", "block size", "block-size"])
    {'m': 'm', 'int': 'int_', 'block size': 'block_size', 'block-size': 'block_size_'}
    """
    names: dict[str, str] = {}
    for parameter in parameters:
        name = identifier(parameter)
        while name in _RESERVED or _LOCAL.fullmatch(name) or name in names.values():
            name += "_"
        names[parameter] = name
    return names


def comment_text(text: str) -> str:
    """Return `text` as it may stand in a comment: printable ASCII that neither ends nor continues it."""
    plain = "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in text)
    return re.sub(r"\?{2,}", "?", plain).replace("*/", "* /").replace("/*", "/ *")


def string_literal(text: str) -> str:
    r"""Return a C string literal of the UTF-8 bytes of `text`.

    Examples
    --------
    >>> print(string_literal('a"b?'))
    "a\"b\077"
    """
    plain = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\?')
    escaped = (
        f"\\{chr(b)}" if b in b'"\\' else chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()
    )
    return f'"{"".join(escaped)}"'


def require_same_parameters(columns: Mapping[str, Mapping[str, str]]) -> None:
    """Raise `InputError` unless all owners have the same parameters in the same order.

    Parameters
    ----------
    columns : mapping of str to mapping of str to str
        For each owner, its encoded columns and the parameter each stands for.
    """
    (first, wanted), *others = ((owner, list(given.items())) for owner, given in columns.items())
    for owner, given in others:
        if given != wanted:
            theirs, ours = (", ".join(label for _, label in each) for each in (given, wanted))
            raise InputError(
                "models of one kernel must have the same parameters in the same order to select among them, "
                f"but {first} has {ours} and {owner} has {theirs}; export them to separate headers"
            )
