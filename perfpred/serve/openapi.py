"""What the OpenAPI document says beyond the types of answers: bodies, errors, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perfpred.schemas.serving import ProblemDocument
from perfpred.serve.operations import ARROW, CSV, JSON
from perfpred.serve.problems import MEDIA_TYPE, TITLES

_NAME = {"type": "string", "minLength": 1}
_VALUES = {
    "type": "object",
    "description": "Values by parameter: numbers, or texts of a parameter that is a category.",
    "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "string"}]},
}
_EXAMPLE_KERNEL, _EXAMPLE_VARIANT = "matmul", "openblas"
_EXAMPLE_HARDWARE = "intel-xeon-6-207-avx512-1t"
_SIZES = [{"m": 512, "n": 512, "k": 512}, {"m": 64, "n": 900, "k": 32}]
_MEMBERS: Mapping[str, Any] = {
    "kernel": {**_NAME, "description": "The kernel that is asked about."},
    "variant": {**_NAME, "description": "May be left out where one variant alone is known."},
    "hardware": {**_NAME, "description": "Where it runs."},
    "default": {**_NAME, "description": "Keep this variant unless another, in range, is clearly faster."},
    "top": {"type": "integer", "minimum": 1, "description": "The length of the ranking of one query."},
    "parameters": _VALUES,
    "queries": {
        "type": "array",
        "minItems": 1,
        "items": _VALUES,
        "description": "A batch; `parameters` then holds for all its queries.",
    },
}


def body(members: Sequence[str], max_rows: int) -> dict[str, Any]:
    """Return what the document says of a request: its body in three content types, with examples.

    Parameters
    ----------
    members : sequence of str
        The names that a JSON object may have.
    max_rows : int
        Of a batch or a table.
    """
    properties = {name: _MEMBERS[name] for name in members}
    properties["queries"] = {**properties["queries"], "maxItems": max_rows}
    schema = {
        "type": "object",
        "properties": properties,
        "required": ["kernel"],
        "anyOf": [{"required": ["parameters"]}, {"required": ["queries"]}],
        "additionalProperties": False,
    }
    if "top" in members:
        schema["not"] = {"required": ["top", "queries"]}
    names = {"kernel": _EXAMPLE_KERNEL, "hardware": _EXAMPLE_HARDWARE}
    if "variant" in members:
        names["variant"] = _EXAMPLE_VARIANT
    examples = {
        "one": {"summary": "One query", "value": {**names, "parameters": _SIZES[0]}},
        "batch": {"summary": "A batch", "value": {**names, "queries": _SIZES}},
    }
    csv = {"summary": "A table", "value": "m,n,k\n512,512,512\n64,900,32\n"}
    content = {
        JSON: {"schema": schema, "examples": examples},
        CSV: {"schema": {"type": "string"}, "examples": {"table": csv}},
        ARROW: {"schema": {"type": "string", "format": "binary"}},
    }
    return {"requestBody": {"required": True, "content": content}}


def names(allowed: Sequence[str]) -> list[dict[str, Any]]:
    """Return what the document says of names in the query string, which a table needs."""
    examples = {"kernel": _EXAMPLE_KERNEL, "variant": _EXAMPLE_VARIANT, "hardware": _EXAMPLE_HARDWARE}
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": _NAME,
            "description": f"The {name} that is asked of a table.",
            **({"example": examples[name]} if name in examples else {}),
        }
        for name in allowed
    ]


def answers(kind: Any, example: Any, *statuses: int, tables: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return what the document says of answers: the type and an example of one, and the problems.

    Parameters
    ----------
    kind : type
        Of the JSON that is answered.
    example : Any
        JSON that may be answered.
    *statuses : int
        Of problems.
    tables : bool
        A table is answered with a table.
    """
    content: dict[str, Any] = {JSON: {"example": example}}
    if tables:
        content[CSV] = {"schema": {"type": "string"}}
        content[ARROW] = {"schema": {"type": "string", "format": "binary"}}
    found: dict[int | str, dict[str, Any]] = {
        200: {"model": kind, "description": "The answer", "content": content}
    }
    return found | {status: problem(status) for status in statuses}


def problem(status: int) -> dict[str, Any]:
    """Return what the document says of a problem."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    example = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": "What and why."}
    return {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}


def problem_schema() -> dict[str, Any]:
    """Return the schema of problem details, which other parts of the document refer to."""
    from pydantic import TypeAdapter  # slow to load, and asked for once

    return TypeAdapter(ProblemDocument).json_schema()
