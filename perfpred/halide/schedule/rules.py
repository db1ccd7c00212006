"""What each text and number of a schedule may be: one rule for documents and for what Python makes.

A schedule names loops, Funcs and settings that later stand in generated source, in file names and on
terminals. So every text is a word of a known shape, or one of a known list, wherever it comes from.
"""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.schedule.autoschedulers import require_settings

TAILS = (
    *("RoundUp", "GuardWithIf", "Predicate", "PredicateLoads", "PredicateStores"),
    *("ShiftInwards", "ShiftInwardsAndBlend", "RoundUpAndBlend", "Auto"),
)
MEMORIES = ("Auto", "Heap", "Stack", "Register", "GPUShared", "GPUTexture", "LockedCache", "VTCM")
ARCHITECTURES = ("arch_unknown", "arm", "hexagon", "powerpc", "riscv", "wasm", "x86")
SYSTEMS = (
    *("os_unknown", "android", "fuchsia", "ios", "linux", "noos", "osx", "qurt"),
    *("wasmrt", "windows"),
)
MAX_NUMBER = 1 << 20
"""The largest factor of a split, number of lanes, or extent that a directive may give."""
MAX_ELEMENTS = (1 << 31) - 1
"""Elements of an output: Halide counts them in 32 bits."""
MAX_STAGE, MAX_DIMENSIONS, MAX_FUNCS = 1000, 64, 100_000
MAX_DIRECTIVES, MAX_SIZES, MAX_SETTINGS = 100_000, 1000, 4096
LONGEST_S = 1e9
"""Seconds that a schedule may be expected to take."""

_NAME = re.compile(r"[A-Za-z0-9_$.]{1,200}")
_SOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .+-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{1,64}")
_TOKEN = re.compile(r"[a-z0-9_]{1,40}")
_HARDWARE = re.compile(r"[\w .,:;+@()=/-]{1,200}")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def shown(value: object) -> str:
    """Return a value as messages show it: its repr, shortened, in which control characters are escaped.

    Examples
    --------
    >>> shown("x" * 100)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxx'"
    """
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python refuses to write whole numbers of thousands of digits
        return f"a {type(value).__name__} too long to show"


def require(holds: bool, what: str, rule: str, value: object) -> None:
    """Raise `InputError` naming what is wrong, the rule and the value, unless the rule holds.

    Parameters
    ----------
    holds : bool
        Whether the rule holds.
    what : str
        What is checked, for the message.
    rule : str
        What it must be.
    value : object
        What breaks it.
    """
    if not holds:
        raise InputError(f"{what} must be {rule}, but is {shown(value)}")


@lru_cache(maxsize=4096)
def is_name(text: str) -> bool:
    """Say whether a text can name a Func or a loop."""
    return _NAME.fullmatch(text) is not None


def require_name(value: object, what: str) -> str:
    """Return a name of a Func or a loop; raises `InputError` if it is none."""
    if isinstance(value, str) and is_name(value):
        return value
    raise InputError(f"{what} must be 1 to 200 letters, digits, '_', '$' and '.', but is {shown(value)}")


def require_pipeline(value: object, what: str = "pipeline") -> str:
    """Return a pipeline's name, that of a Python function or class; raises `InputError` if it is none."""
    good = isinstance(value, str) and len(value) <= 200 and (value.isidentifier() or is_name(value))
    require(good, what, "the name of a function, of at most 200 characters", value)
    return str(value)


def require_source(value: object, what: str = "source") -> str:
    """Return who proposed a schedule; raises `InputError` if it is no plain word."""
    good = isinstance(value, str) and _SOURCE.fullmatch(value) is not None
    require(good, what, "a word of at most 64 letters, digits, '_', '.', '+' and '-'", value)
    return str(value)


def require_hardware(value: object, what: str = "hardware") -> str:
    """Return the name of a machine; raises `InputError` if it is no plain text."""
    good = isinstance(value, str) and _HARDWARE.fullmatch(value) is not None
    require(good, what, "a plain text of 1 to 200 characters", value)
    return str(value)


def require_hash(value: object, what: str = "algorithm") -> str:
    """Return the hash of an algorithm; raises `InputError` if it is none."""
    good = isinstance(value, str) and _HASH.fullmatch(value) is not None
    require(good, what, "a hash of 1 to 64 hexadecimal digits", value)
    return str(value)


def require_target(value: object, what: str = "target") -> str:
    """Return a target as Halide writes it, ``arch-bits-os-feature...``; raises `InputError` if it is none.

    Which features there are is Halide's to say, and it says so before a schedule is applied.
    """
    tokens = value.split("-") if isinstance(value, str) and len(value) <= 2000 else []
    good = (
        len(tokens) >= 3
        and tokens[0] in ARCHITECTURES
        and tokens[1] in ("0", "32", "64")
        and tokens[2] in SYSTEMS
        and all(_TOKEN.fullmatch(token) for token in tokens[3:])
    )
    require(good, what, "a Halide target such as x86-64-linux-avx2", value)
    return str(value)


def require_integer(value: object, what: str, least: int, most: int) -> int:
    """Return a whole number of a range; raises `InputError` if it is none.

    Parameters
    ----------
    value : object
    what : str
        What is checked, for the message.
    least, most : int
    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise InputError(f"{what} must be a whole number in {least}..{most}, but is {shown(value)}")


def require_seconds(value: object, what: str) -> float:
    """Return a time; raises `InputError` unless it is a number > 0 and at most `LONGEST_S`."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LONGEST_S
    require(good, what, f"a number of seconds > 0, at most {LONGEST_S:g}", value)
    assert isinstance(value, int | float)
    return float(value)


def require_size(value: object, what: str) -> tuple[int, int]:
    """Return a width and a height; raises `InputError` if they are none, or too large for Halide."""
    good = isinstance(value, list | tuple) and len(value) == 2
    require(good, what, "a pair of width and height", value)
    assert isinstance(value, list | tuple)
    width, height = (require_integer(each, what, 1, MAX_ELEMENTS) for each in value)
    require(width * height <= MAX_ELEMENTS, what, f"at most {MAX_ELEMENTS} elements", value)
    return width, height


def require_sizes(value: object, what: str = "sizes") -> tuple[tuple[int, int], ...]:
    """Return distinct sizes, at least one; raises `InputError` if they are none."""
    good = isinstance(value, list | tuple) and 1 <= len(value) <= MAX_SIZES
    require(good, what, f"a list of 1 to {MAX_SIZES} sizes", value)
    assert isinstance(value, list | tuple)
    found = tuple(require_size(each, f"{what}[{index}]") for index, each in enumerate(value))
    require(len(set(found)) == len(found), what, "distinct sizes", value)
    return found


def require_names(value: object, what: str) -> tuple[str, ...]:
    """Return distinct names of loops; raises `InputError` if they are none."""
    good = isinstance(value, list | tuple) and len(value) <= MAX_DIMENSIONS
    require(good, what, f"a list of at most {MAX_DIMENSIONS} names", value)
    assert isinstance(value, list | tuple)
    names = tuple(require_name(each, f"{what}[{index}]") for index, each in enumerate(value))
    require(len(set(names)) == len(names), what, "distinct names", value)
    return names


def settings(scheduler: object, text: object) -> dict[str, Any]:
    """Return an autoscheduler's parameters from the text that a directive holds.

    Raises
    ------
    InputError
        If the text is no JSON object, or the autoscheduler has no such parameter or does not take its value.
    """
    require(isinstance(scheduler, str), "the autoscheduler", "a name", scheduler)
    good = isinstance(text, str) and len(text) <= MAX_SETTINGS
    require(good, f"parameters of {scheduler}", f"JSON of at most {MAX_SETTINGS} characters", text)
    try:
        found = json.loads(str(text))
    except (ValueError, RecursionError):
        raise InputError(f"parameters of {shown(scheduler)} must be JSON, but are {shown(text)}") from None
    require(isinstance(found, dict), f"parameters of {shown(scheduler)}", "a JSON object", text)
    require_settings(str(scheduler), found)
    return dict(found)


def require_known(value: object, what: str, known: Iterable[str]) -> str:
    """Return a word of a list; raises `InputError` if it is not in it."""
    names = tuple(known)
    good = isinstance(value, str) and value in names
    require(good, what, f"one of {', '.join(names)}", value)
    return str(value)


def mapping(value: object, what: str, keys: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
    """Return a JSON object with these keys and no others; raises `InputError` if it is none.

    Parameters
    ----------
    value : object
    what : str
        What is checked, for the message.
    keys : iterable of str
        That must be there.
    optional : iterable of str
        That may be there.
    """
    require(isinstance(value, Mapping), what, "a JSON object", value)
    assert isinstance(value, Mapping)
    needed, known = set(keys), {*keys, *optional}
    for key in sorted(needed - value.keys()):
        raise InputError(f"{what} must have '{key}', but it is missing")
    for each in value:
        require(each in known, f"a key of {what}", f"one of {', '.join(sorted(known))}", each)
    return dict(value)


def is_finite(value: object) -> bool:
    """Say whether a value is one finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False
