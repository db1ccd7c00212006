"""Our own files of a tuning space: what ``perfpred import`` writes for a T1 file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perfpred.documents.atomic import atomic_write
from perfpred.exchange.document import Document
from perfpred.exchange.t1 import StatedSpace, stated_space

NAME = "perfpred space"


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    if not isinstance(content.get("parameters"), dict) or not isinstance(content.get("conditions"), list):
        return "it has no object 'parameters' and list 'conditions'"
    return None


def read(document: Document) -> StatedSpace:
    """Return the space in a file; raises `ProblemsError` if values or conditions cannot be read."""
    content = document.content
    listed = [{"Name": name, "Values": values} for name, values in content["parameters"].items()]
    return stated_space(document, listed, content["conditions"], content.get("kernel"))


def write_space(stated: StatedSpace, path: Path, source: dict[str, Any]) -> dict[str, Any]:
    """Write a space as JSON; return what was written."""
    content = {"kernel": stated.name, "source": source, **stated.space.to_json()}
    atomic_write(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return content
