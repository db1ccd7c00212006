"""Objects of a JSON file that may name a key twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Repeated(dict[str, Any]):
    """A JSON object that names a key twice; `pairs` has all that it says."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def text_in(content: dict[str, Any], name: str) -> str:
    """Return a text that an object has under a name, empty if it is absent, blank or no text."""
    value = content.get(name)
    return value.strip() if isinstance(value, str) else ""


def named_twice(content: Any) -> str:
    """Return a key that an object somewhere in `content` names twice; empty if there is none."""
    for each in _objects(content):
        if isinstance(each, Repeated):
            seen: set[str] = set()
            for key, _ in each.pairs:
                if key in seen:
                    return key
                seen.add(key)
    return ""


def _objects(content: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in `content`; it may nest deeper than calls may."""
    waiting = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(inner for inner in each if isinstance(inner, dict | list))


def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these keys and values, a `Repeated` if a key comes twice."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else Repeated(pairs)


def pairs_of(content: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the keys and values of a JSON object as written, repeated keys included."""
    return content.pairs if isinstance(content, Repeated) else list(content.items())
