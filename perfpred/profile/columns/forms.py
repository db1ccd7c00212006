"""Columns of numbers in a form that is not read as numbers, such as ``64,000`` or ``0x40``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.profile.cells import value_of
from perfpred.profile.grid import mapped
from perfpred.profile.time_units import spelled_unit

MAX_LENGTH = 40
_REAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_SCALES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_SCALES = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_UNIT = r"(?:[nuµμm]?s|sec|min|h|[KMGT]i?B|[kKMGT]?B|bytes?|[kKMG]?Hz|%)"
_SUFFIX = re.compile(rf"({_REAL})\s*([kKmMgGtT]i?)")


@dataclass(frozen=True)
class Form:
    """A way to write numbers.

    Attributes
    ----------
    what : str
        For a message: "'64,000' is a number ...".
    pattern : re.Pattern
    read : callable
        From a text that matches to an `int` or `float`.
    """

    what: str
    pattern: re.Pattern[str]
    read: Callable[[str], int | float]


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _scaled(text: str) -> int | float:
    match = _SUFFIX.fullmatch(text)
    number, suffix = (match[1], match[2].lower()) if match else (text, "")
    value = _number(number) * ({**_SCALES, **_BINARY_SCALES}[suffix])
    return int(value) if float(value).is_integer() else value


FORMS = (
    Form(
        "with thousands separators",
        re.compile(r"[+-]?[0-9]{1,3}(?:[,_'\u2019 \u00a0\u202f][0-9]{3})+(?:\.[0-9]+)?"),
        lambda text: _number(re.sub(r"[^0-9.+-]", "", text)),
    ),
    Form("with underscores", re.compile(r"[+-]?[0-9]+(?:_[0-9]+)+"), lambda text: int(text.replace("_", ""))),
    Form(
        "with a decimal comma", re.compile(r"[+-]?[0-9]+,[0-9]+"), lambda text: float(text.replace(",", "."))
    ),
    Form("in hexadecimal", re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,15}"), lambda text: int(text, 16)),
    Form("with a suffix", _SUFFIX, _scaled),
    Form(
        "with a unit",
        re.compile(rf"{_REAL}\s*{_UNIT}"),
        lambda text: _number(re.sub(rf"\s*{_UNIT}$", "", text)),
    ),
    Form(
        "as a power",
        re.compile(r"[0-9]{1,3}\s*(?:\^|\*\*)\s*[0-9]{1,2}"),
        lambda text: int(re.split(r"\^|\*\*", text)[0]) ** int(re.split(r"\^|\*\*", text)[1]),
    ),
)


def form_of(texts: Sequence[str]) -> tuple[Form, str] | None:
    """Return how numbers of a column are written and an example, None where it is not a column of such.

    Every cell that is not blank must be a number, and at least one in a form that is not read.

    Examples
    --------
    >>> form, example = form_of(["512", "1,024", ""])
    >>> form.what, example, form.read(example)
    ('with thousands separators', '1,024', 1024)
    >>> form_of(["nchw", "64K"]) is None, form_of(["1", "2"]) is None
    (True, True)
    """
    found: tuple[Form, str] | None = None
    for text in dict.fromkeys(texts):
        if not isinstance(value_of(text), str):
            continue
        form = next((f for f in FORMS if len(text) <= MAX_LENGTH and f.pattern.fullmatch(text)), None)
        if form is None:
            return None
        found = found or (form, text)
    return found


def form_problem(name: str, texts: Sequence[str]) -> str | None:
    """Return why a column cannot be read as it is, None where nothing is wrong with it."""
    found = form_of(texts)
    if found is None:
        return None
    form, example = found
    quoted = shlex.quote(name)
    return (
        f"column '{name}': {example!r} is a number {form.what}, which is not read; "
        f"write {form.read(example)}, or add --numbers {quoted} to read it, or --ignore {quoted}"
    )


def read_forms(name: str, cells: NDArray[Any]) -> tuple[NDArray[Any], str | None]:
    """Return a column of ``--numbers`` with its cells as numbers, and what to tell the user of it.

    A cell in no known form stays, for the rules to refuse.
    """
    notes: dict[str, str] = {}

    def read(text: str) -> Any:
        if not isinstance(value_of(text), str):
            return text
        form = next((f for f in FORMS if len(text) <= MAX_LENGTH and f.pattern.fullmatch(text)), None)
        if form is None:
            return text
        value = form.read(text)
        notes.setdefault(form.what, f"{text!r} is read as {value}")
        return value

    changed = mapped(cells, read)
    return changed, f"column '{name}': {'; '.join(notes.values())}" if notes else None


def units_of(texts: Sequence[str]) -> list[str]:
    """Return the distinct units after the numbers of a column, ``no unit`` for those without.

    Examples
    --------
    >>> units_of(["512KB", "1 MB", "64"]), units_of(["1", "64K"])
    (['KB', 'MB', 'no unit'], ['no unit'])
    """
    matches = [
        re.fullmatch(rf"{_REAL}\s*({_UNIT})", text) for text in texts if text and len(text) <= MAX_LENGTH
    ]
    return list(dict.fromkeys(match[1] if match else "no unit" for match in matches))


def units_in(cells: Sequence[str]) -> list[str | None]:
    """Return the unit of time after each number, None where there is none.

    Examples
    --------
    >>> units_in(["12 ms", "1.5us", "3"])
    ['ms', 'us', None]
    """
    found = [re.fullmatch(rf"{_REAL}\s*([^\W0-9]+)", text) for text in cells]
    return [spelled_unit(match[1]) if match else None for match in found]


def states_units(cells: Sequence[str]) -> bool:
    """Whether every cell that is not blank is a number with a unit of time."""
    known = [text for text in cells if text and len(text) <= MAX_LENGTH]
    return bool(known) and all(units_in(known))


def many_values(name: str, cells: Sequence[str], combinations: Sequence[Any]) -> str | None:
    """Return a warning where a text column has nearly as many values as a combination has rows."""
    first: dict[Any, list[str]] = {}
    for key, text in zip(combinations, cells, strict=True):
        if text:
            first.setdefault(key, []).append(text)
    if not first:
        return None
    part = max(first.values(), key=len)
    values, rows = len(set(part)), len(part)
    if rows < 5 or values < 0.8 * rows:
        return None
    return (
        f"{name} is text with {values} values in {rows} rows: each value is a category of its own, "
        f"and no other can be predicted; --ignore {shlex.quote(name)} leaves it out"
    )


def is_numeric(values: NDArray[np.float64]) -> bool:
    """Whether a column holds a number at all."""
    return bool(np.isfinite(values).any())
