"""Names and texts that C and C++ accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.names import slug

_WORDS = (
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept "
    "const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default "
    "delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline "
    "int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected "
    "public register reinterpret_cast requires restrict return short signed sizeof static static_assert "
    "static_cast struct switch template this thread_local throw true try typedef typeid typename typeof "
    "union unsigned using virtual void volatile wchar_t while xor xor_eq ceil exp fabs floor fmod log "
    "log2 pow sqrt tanh memcpy copysign linux unix i386 math_errhandling signgam errno stdin stdout stderr "
    "complex imaginary noreturn near far small hyper huge interface pascal cdecl assert isnan isinf isfinite "
    "isnormal signbit fpclassify "
)
_RESERVED = frozenset(_WORDS.split())
"""Keywords of C and C++, functions that headers call, and macros of the standard library, of compilers and
of <windows.h> that have small letters."""
_MACRO = re.compile(r"[A-Z][A-Z0-9_]*")
"""Macros are written so, those of <math.h> such as ``FP_NAN`` or ``M_PI`` and those of whoever includes the
header: a parameter of such a name would be replaced."""
_LOCAL = re.compile(r"v[0-9]+[a-z]?|best|known|time|times|seconds|index|i|perfpred_.*|.*_in_range|.*_seconds")


def identifier(text: str) -> str:
    """Return `text` with everything that an identifier cannot hold replaced by ``_``.

    Examples
    --------
    >>> identifier("intel-xeon-6-167"), identifier("3d"), identifier("größe")
    ('intel_xeon_6_167', 'x3d', 'gr_e')
    """
    name = slug(text, "_").strip("_")
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
    """Return a C name for each parameter, with ``_`` after one that may mean something else there.

    Examples
    --------
    >>> parameter_names(["m", "int", "block size", "block-size"])
    {'m': 'm', 'int': 'int_', 'block size': 'block_size', 'block-size': 'block_size_'}
    >>> parameter_names(["M", "FP_NAN", "Ho"])
    {'M': 'M_', 'FP_NAN': 'FP_NAN_', 'Ho': 'Ho'}
    """
    names: dict[str, str] = {}
    for parameter in parameters:
        name = identifier(parameter)
        if name in _RESERVED or _LOCAL.fullmatch(name) or _MACRO.fullmatch(name):
            name += "_"
        while name in names.values():
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


def guard_name(text: str) -> str:
    """Return the macro that guards a header made from a file name; no macro of the helpers is one.

    Examples
    --------
    >>> guard_name("bank.h"), guard_name("helpers")
    ('PERFPRED_BANK_H', 'PERFPRED_HELPERS_H')
    """
    name = f"PERFPRED_{identifier(text).upper()}"
    return name if name.endswith("_H") else f"{name}_H"


def common_columns(columns: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return all the columns of several owners, each with the parameter it stands for.

    Parameters
    ----------
    columns : mapping of str to mapping of str to str
        For each owner, its encoded columns and the parameter each stands for.

    Raises
    ------
    InputError
        If a column stands for different parameters.
    """
    common: dict[str, str] = {}
    owners: dict[str, str] = {}
    for owner, given in columns.items():
        for column, label in given.items():
            if common.setdefault(column, label) != label:
                raise InputError(
                    f"models of one kernel need different names for different parameters, but "
                    f"{owners[column]} has '{common[column]}' and {owner} has '{label}'; "
                    "export them to separate headers"
                )
            owners.setdefault(column, owner)
    return common
