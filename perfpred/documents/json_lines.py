"""Lines of JSON, each a document: a record that other programs read too, without checksums."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from perfpred.documents.json_text import NotJSONError, parse_json
from perfpred.errors import InputError


def json_line(document: Any) -> str:
    """Return JSON values as one line, without a line end; raises `ValueError` for a number not finite."""
    return json.dumps(document, allow_nan=False)


class LineWriter:
    """Writes documents to a text stream, a line each, which is flushed at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def append(self, document: Any) -> None:
        """Write one document."""
        self._stream.write(f"{json_line(document)}\n")
        self._stream.flush()


def read_json_lines(lines: Iterable[str], noun: str) -> Iterator[tuple[int, Any]]:
    """Yield each line's number, counted from 1, and what it holds; blank lines do not count.

    A last line that is no JSON is left out: a crash cut it short.

    Parameters
    ----------
    lines : iterable of str
    noun : str
        What the lines are of, for messages, such as ``trace``.

    Raises
    ------
    InputError
        If another line is not JSON, with its number.

    Examples
    --------
    >>> list(read_json_lines(['{"m": 1}', '{"m": 2}', '{"m"'], "table"))
    [(1, {'m': 1}), (2, {'m': 2})]
    """
    texts = [text for text in lines if text.strip()]
    for number, text in enumerate(texts, start=1):
        try:
            document = parse_json(text)
        except NotJSONError as error:
            if number < len(texts):
                raise InputError(f"line {number} of the {noun} is {error}") from None
            return
        except InputError as error:
            raise InputError(f"line {number} of the {noun}: {error}") from None
        yield number, document
