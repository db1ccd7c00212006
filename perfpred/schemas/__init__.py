"""The JSON that commands print and a service answers with, as types: one dataclass per document.

`DOCUMENTS` says which command prints which; the types are in the files of this folder, by subject. Names are
loaded on first use: a command that prints one document needs no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfpred.lazy_names import lazy_names

if TYPE_CHECKING:
    from perfpred.schemas.by_command import DOCUMENTS
    from perfpred.schemas.document import json_schema, to_json

__getattr__ = lazy_names(
    __name__,
    {
        "DOCUMENTS": "perfpred.schemas.by_command",
        "json_schema": "perfpred.schemas.document",
        "to_json": "perfpred.schemas.document",
    },
)

__all__ = ["DOCUMENTS", "json_schema", "to_json"]
