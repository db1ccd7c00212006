"""One request for predictions or for selections: from its bytes to those of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from perfpred.errors import InputError, UnknownNameError, quoted
from perfpred.serve import answers, formats, tables
from perfpred.serve.bodies import media_type, parse_object, read_body
from perfpred.serve.models import Loaded
from perfpred.serve.problems import ProblemError
from perfpred.serve.queries import PREDICT, SELECT, Asked, asked
from perfpred.serve.settings import Limits

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"


@dataclass(frozen=True)
class Operation:
    """What a path answers, from JSON and from tables.

    Attributes
    ----------
    members : tuple of str
        The names that a JSON object may have.
    names : tuple of str
        Those of them that the query string may give.
    of_json : callable
        From models and what is asked to the JSON of the answer.
    of_table : callable
        From models, names and a table to the columns that are appended.
    """

    members: tuple[str, ...]
    names: tuple[str, ...]
    of_json: Callable[[Loaded, Asked], bytes]
    of_table: Callable[[Loaded, tables.TableQuery, formats.Table], Mapping[str, NDArray[Any]]]


PREDICTION = Operation(PREDICT, ("kernel", "variant", "hardware"), answers.predict, tables.predict_table)
SELECTION = Operation(SELECT, ("kernel", "hardware", "default"), answers.select, tables.select_table)


async def answer(
    operation: Operation, request: Request, loaded: Loaded, limits: Limits
) -> tuple[Response, int]:
    """Return the response to a request, and how many queries it answers.

    Parameters
    ----------
    operation : Operation
    request : Request
    loaded : Loaded
    limits : Limits

    Raises
    ------
    ProblemError
        If the request is too large, too slow, of an unknown content type or no JSON.
    InputError
        If a query has no answer.
    """
    kind = media_type(request)
    if kind not in (JSON, CSV, ARROW) or request.headers.get("content-encoding", "identity") != "identity":
        raise _unsupported(request)
    names = names_in(request, operation.names)
    data = await read_body(request, limits)
    if kind == JSON:
        found = asked(_with_names(parse_object(data), names), operation.members, limits.rows)
        rows = 1 if found.queries is None else len(found.queries)
        if rows <= answers.FEW_ROWS:
            body = operation.of_json(loaded, found)
        else:
            body = await asyncio.to_thread(operation.of_json, loaded, found)
    else:
        body, rows = await asyncio.to_thread(_of_table, operation, kind, (loaded, names, data, limits))
    return Response(body, media_type=kind), rows


def _of_table(
    operation: Operation, kind: str, asked_of: tuple[Loaded, dict[str, str], bytes, Limits]
) -> tuple[bytes, int]:
    loaded, names, data, limits = asked_of
    if "kernel" not in names:
        raise InputError("a table needs the name of its kernel in the query string: ?kernel=NAME")
    read, write = {
        CSV: (formats.read_csv, formats.write_csv),
        ARROW: (formats.read_arrow, formats.write_arrow),
    }[kind]
    table = read(data, limits.rows)
    with np.errstate(all="ignore"):
        added = operation.of_table(loaded, tables.TableQuery(**names), table)
    return write(table, added), table.rows


def names_in(request: Request, allowed: Sequence[str]) -> dict[str, str]:
    """Return the names in the query string.

    Parameters
    ----------
    request : Request
    allowed : sequence of str

    Raises
    ------
    InputError
        If one is unknown, given twice, or has no value.
    """
    found: dict[str, str] = {}
    if not request.scope["query_string"]:
        return found
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise UnknownNameError("name in the query string", name, allowed)
        if name in found:
            raise InputError(f"the query string gives {quoted(name)} twice")
        if not value:
            raise InputError(f"the query string gives {quoted(name)} without a value")
        found[name] = value
    return found


def _with_names(body: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    for name, value in names.items():
        if body.get(name, value) != value:
            rule = f"{name} must be said once, but the query string says {quoted(value)}"
            raise InputError(f"{rule} and the body {quoted(body[name])}")
    return {**body, **names} if names else body


def _unsupported(request: Request) -> ProblemError:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        return ProblemError(415, f"a body is sent as it is, but its content encoding is {quoted(encoding)}")
    said = request.headers.get("content-type")
    found = "none is said" if said is None else f"it is {quoted(said)}"
    return ProblemError(415, f"the content type must be {JSON}, {CSV} or {ARROW}, but {found}")
