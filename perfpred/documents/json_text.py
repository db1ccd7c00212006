"""JSON text that others wrote: read within bounds, or refused with a sentence.

Python's own reader takes whole numbers that no float holds, ``NaN``, and an object that names a key twice, of
which the last value silently counts. Each of them is dealt with here, once, for all files of the package.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from perfpred.errors import InputError

MAX_DIGITS = 300
"""Digits of a whole number that is kept as one; any float has fewer."""
MAX_VALUES = 20_000_000
"""About 2 GB of memory once they are Python objects."""
_SHOWN = 20

Pairs = Callable[[list[tuple[str, Any]]], Any]


class HugeNumber(float):
    """A number beyond the range of floats: infinite, so that every check for finite numbers refuses it.

    Parameters
    ----------
    text : str
        As written; the `repr` has its beginning and its length.
    """

    def __new__(cls, text: str) -> HugeNumber:
        """Return infinity, negative if the text has a minus."""
        return super().__new__(cls, "-inf" if text.startswith("-") else "inf")

    def __init__(self, text: str) -> None:
        self.text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Callable[[str], HugeNumber], tuple[str]]:
        """Copy as the text says, which `float` would not."""
        return _huge_again, (self.text,)


def _huge_again(shown: str) -> HugeNumber:
    """Return a number from what its `repr` shows, which is not to be shortened again."""
    number = HugeNumber(shown)
    number.text = shown
    return number


class NotJSONError(InputError):
    """A text that is not JSON.

    Attributes
    ----------
    problem : str
        What is wrong and where, as a clause.
    """

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"not JSON: {problem}")


def json_decoder(*, constants: bool = False, pairs: Pairs | None = None) -> json.JSONDecoder:
    """Return a decoder that takes no number for what it is not.

    Parameters
    ----------
    constants : bool
        Whether ``NaN`` and ``Infinity``, which are no JSON, are read as floats instead of being refused.
    pairs : callable, optional
        What to make of the keys and values of an object; by default a dictionary, and a key that is named
        twice is refused.
    """
    return json.JSONDecoder(
        object_pairs_hook=_distinct if pairs is None else pairs,
        parse_int=_whole,
        parse_float=_float,
        parse_constant=float if constants else _refuse_constant,
    )


def parse_json(text: str | bytes, decoder: json.JSONDecoder | None = None) -> Any:
    """Return what a JSON text holds.

    Parameters
    ----------
    text : str or bytes
        Bytes must be UTF-8; a byte order mark is passed over.
    decoder : JSONDecoder, optional
        By default `json_decoder()`.

    Raises
    ------
    NotJSONError
        An `InputError` whose message does not name the file: the caller does.
    InputError
        If the text holds more than about `MAX_VALUES` values.

    Examples
    --------
    >>> parse_json('{"m": 512}')
    {'m': 512}
    >>> parse_json('{"m": 512, "m": 64}')
    Traceback (most recent call last):
        ...
    perfpred.documents.json_text.NotJSONError: not JSON: an object names 'm' twice
    """
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        require_few(plain)
        return (decoder or json_decoder()).decode(plain)
    except UnicodeDecodeError as error:
        raise NotJSONError(f"byte {error.start + 1} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotJSONError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJSONError("it nests too deeply") from None
    except MemoryError:
        raise InputError("there is not enough memory to read this JSON") from None


def require_few(text: str) -> None:
    """Raise `InputError` if a JSON text holds more than about `MAX_VALUES` values."""
    values = sum(map(text.count, ",[{"))
    if values > MAX_VALUES:
        raise InputError(f"a JSON file has at most {MAX_VALUES:,} values, but this one has about {values:,}")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise NotJSONError(f"an object names '{twice}' twice")
    return found


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= MAX_DIGITS else HugeNumber(text)


def _float(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else HugeNumber(text)


def _refuse_constant(text: str) -> float:
    raise NotJSONError(f"{text} is no number of JSON")
