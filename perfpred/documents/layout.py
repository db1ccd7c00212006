"""The text of documents that we write: laid out for a person or for size, and read back exactly."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from perfpred.documents.json_text import require_few
from perfpred.errors import InputError, ModelFileError, shortened

_NUMBERS = re.compile(r"\[\n((?:\s*[-0-9.eE+]+,?\n)+)\s*\]")
"""A list of numbers, which stands on one line of a readable text."""


def readable(document: Any) -> str:
    r"""Return JSON values as text, a line per key or value, but lists of numbers on one.

    Examples
    --------
    >>> readable({"sizes": [1.5, 2.0]})
    '{\n "sizes": [1.5, 2.0]\n}\n'
    """
    text = json.dumps(document, indent=1, allow_nan=False)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def indented(document: Any) -> str:
    """Return JSON values as text, a line per key and per value."""
    return json.dumps(document, indent=1) + "\n"


def compact(document: Any) -> str:
    """Return JSON values as one line without spaces."""
    return json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n"


def parse_document(text: str) -> Any:
    """Return what the text of a document holds, its whole numbers exact.

    Raises
    ------
    ModelFileError
        If it is no whole JSON, names a key of an object twice, or holds a number that is not finite.
    InputError
        If it holds more values than `perfpred.documents.json_text.MAX_VALUES`.
    """
    require_few(text)
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_distinct)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # a JSONDecodeError, or an integer of 5,000 digits
        reason = shortened(ascii(str(error)))
        raise ModelFileError(f"not a whole JSON document ({reason}); was it truncated?") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ModelFileError("a key stands twice in an object of it")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ModelFileError(f"a number in it is {name}; all must be finite")
