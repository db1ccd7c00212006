"""How a document becomes JSON, and what its JSON schema is.

Documents are frozen dataclasses of the standard library: a command imports nothing heavy to print one, and
FastAPI takes them for the type of a response as they are. The schema is made by pydantic, when it is asked
for.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from typing import Any

__all__ = ["OMITTED", "json_schema", "to_json"]

OMITTED: Mapping[str, Any] = {"omitted": True}
"""Metadata of a field whose key is left out where its value is None."""


def to_json(value: Any) -> Any:
    """Return plain JSON values of a document; a float that is not finite becomes null.

    Parameters
    ----------
    value : document, mapping, sequence or plain value

    Examples
    --------
    >>> to_json({"noise": math.nan, "sizes": (1, 2)})
    {'noise': None, 'sizes': [1, 2]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((name, getattr(value, name), is_omitted) for name, is_omitted in _fields(type(value)))
        return {name: to_json(each) for name, each, is_omitted in pairs if each is not None or not is_omitted}
    if isinstance(value, Mapping):
        return {key: to_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    return value


def json_schema(document: Any) -> dict[str, Any]:
    """Return the JSON schema of a type of document, or of a list of them.

    Parameters
    ----------
    document : type
        A value of `DOCUMENTS`.

    Examples
    --------
    >>> from perfpred.schemas import DOCUMENTS
    >>> json_schema(DOCUMENTS["predict"])["required"][:2]
    ['time_s', 'low_s']
    """
    from pydantic import TypeAdapter  # takes longer to load than most commands take to run

    return TypeAdapter(document).json_schema()


@cache
def _fields(document: type) -> tuple[tuple[str, bool], ...]:
    """Return the names of a document's fields, and whether each is left out where it is None."""
    return tuple((each.name, bool(each.metadata.get("omitted"))) for each in dataclasses.fields(document))
