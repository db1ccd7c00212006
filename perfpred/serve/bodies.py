"""The body of a request: read within limits, and JSON without doubt about what it says."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from perfpred.errors import quoted
from perfpred.serve.problems import ProblemError
from perfpred.serve.settings import Limits

_CLOSE = {"Connection": "close"}
"""After an answer to a request that was not read to its end."""


async def read_body(request: Request, limits: Limits) -> bytes:
    """Return the body of a request.

    Raises
    ------
    ProblemError
        If it is larger than allowed, or does not come in time.
    """
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and (len(stated) > 18 or int(stated) > limits.body_bytes):
        raise _too_large(limits, f"{stated[:18]} are announced")
    data = bytearray()
    try:
        async with asyncio.timeout(limits.request_s):
            async for piece in request.stream():
                data += piece
                if len(data) > limits.body_bytes:
                    raise _too_large(limits, "more came")
    except TimeoutError:
        rule = f"a body must come within {limits.request_s:g} s"
        raise ProblemError(408, f"{rule}, but after {len(data):,} bytes it had not ended", _CLOSE) from None
    except ClientDisconnect:
        raise ProblemError(400, "the connection was closed before the body had ended") from None
    return bytes(data)


def _too_large(limits: Limits, found: str) -> ProblemError:
    return ProblemError(413, f"a body has at most {limits.body_bytes:,} bytes, but {found}", _CLOSE)


def media_type(request: Request) -> str:
    """Return what a request says its body is, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is.

    Raises
    ------
    ProblemError
        If it is not JSON by RFC 8259, names a member twice, or is no object.
    """
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, _why(data, error)) from None
    if not isinstance(found, dict):
        raise ProblemError(422, f"the body must be a JSON object, but is {kind_of(found)}")
    _refuse_repeats(data, found)
    return found


def kind_of(value: Any) -> str:
    """Return what a JSON value is, for a message.

    Examples
    --------
    >>> kind_of([1]), kind_of(None), kind_of(True)
    ('an array', 'null', 'true')
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    names = {dict: "an object", list: "an array", str: "a text", int: "a number", float: "a number"}
    return names[type(value)]


def _why(data: bytes, error: orjson.JSONDecodeError) -> str:
    if not data:
        return "the body is empty; a JSON object is needed"
    text = data.decode("utf-8", "replace")
    found = next(
        (word for word in ("NaN", "Infinity") if text[error.pos : error.pos + 9].startswith(word)), ""
    )
    hint = f"; {found} is no JSON: a number must be finite" if found else ""
    return f"the body is not JSON: {error}{hint}"


def _refuse_repeats(data: bytes, found: dict[str, Any]) -> None:
    """Raise `ProblemError` if an object names a member twice, of which the parser keeps the last.

    Each member has a colon. If there are as many colons as members that were kept, none was lost; if there
    are more, such as in texts, a slower parser tells.
    """
    try:
        if data.count(b":") != _members(found):
            json.loads(data, object_pairs_hook=_once)
    except RecursionError:
        raise ProblemError(400, "the body nests too deeply: a query has three levels") from None


def _members(found: dict[str, Any]) -> int:
    """Count the members of an object, of those in it, and of those in its arrays; a query has none deeper."""
    count = len(found)
    for value in found.values():
        if type(value) is dict:
            count += len(value)
        elif type(value) is list and set(map(type, value)) == {dict}:
            count += sum(map(len, value))
    return count


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ProblemError(400, f"a member must be named once, but {quoted(twice)} is there twice")
    return found


def is_finite(value: Any) -> bool:
    """Say whether a JSON value is a text, or a number that is finite."""
    return type(value) is str or (type(value) in (int, float) and math.isfinite(value))
