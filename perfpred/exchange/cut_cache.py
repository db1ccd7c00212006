"""A Kernel Tuner cache that is not whole JSON: a run that was killed leaves it without its end.

Kernel Tuner appends an entry at a time and closes the file with ``}}`` when it is done.
"""

from __future__ import annotations

import json
import re
from typing import Any

from perfpred.exchange.objects import as_object
from perfpred.exchange.results import Rejection

_CACHE = re.compile(r'"cache"\s*:\s*\{')
_KEY = re.compile(r'[\s,]*("(?:[^"\\\n]|\\.)*")\s*:\s*')
_NEXT_LINE = re.compile(r'\n[^\S\n]*(?=")')
_SHOWN = 200


def read(text: str, decoder: json.JSONDecoder) -> tuple[dict[str, Any], list[Rejection], str] | None:
    """Return the cache with its whole entries, what is not whole, and a remark; None if it is no cache."""
    start = _CACHE.search(text)
    if start is None:
        return None
    try:
        content = decoder.decode(text[: start.end()] + "}}")
    except (json.JSONDecodeError, RecursionError):
        return None
    entries, broken, end = _entries(text, start.end(), decoder)
    content["cache"] = as_object(entries)
    rest = text[end:].strip(" \t\r\n,")
    if rest.startswith('"'):
        broken.append(Rejection(f"cache[{rest[:_SHOWN]}", "the entry is not whole"))
    return content, broken, _remark(len(broken), rest)


def _remark(broken: int, rest: str) -> str:
    """Say what is wrong with a file of so many broken entries, given what follows the last one."""
    if broken:
        damaged = rest.startswith("}")
        return (
            "entries of the file are damaged" if damaged else "the file is cut off in the middle of an entry"
        )
    if rest in ("", "}"):
        return f"the file lacks its closing '{'}' if rest else '}}'}'"
    return "the file goes on after its end"


def _entries(
    text: str, position: int, decoder: json.JSONDecoder
) -> tuple[list[tuple[str, Any]], list[Rejection], int]:
    """Read entries one by one; after one that cannot be read, go on at the next line that starts a key."""
    entries: list[tuple[str, Any]] = []
    broken: list[Rejection] = []
    while True:
        key = _KEY.match(text, position)
        if key is None:
            return entries, broken, position
        try:
            value, position = decoder.raw_decode(text, key.end())
            entries.append((json.loads(key[1]), value))
        except (json.JSONDecodeError, RecursionError):
            following = _NEXT_LINE.search(text, key.end())
            stop = following.end() if following else len(text)
            recorded = text[key.end() : stop][:_SHOWN].rstrip()
            broken.append(Rejection(f"cache[{key[1]}]", "the entry is not whole", recorded))
            position = stop
