"""A predictor as the text of a JSON file: readable by a person, and by a program with nothing but NumPy.

A file holds a format name and version, units, a hash of the rest, and the predictor. Of which combination it
is stands in its first bytes, so that a folder of many can be indexed without reading all of each.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from perfpred.combination import Combination
from perfpred.documents.codec import decode, encode
from perfpred.documents.hashed import Format
from perfpred.documents.layout import parse_document
from perfpred.documents.reading import read_start
from perfpred.documents.texts import require_text, require_texts
from perfpred.errors import InputError, ModelFileError
from perfpred.predict.familiar import Familiar
from perfpred.predict.interval import GROWTH
from perfpred.predict.predictor import Predictor
from perfpred.predict.quantity import QUANTITIES, TIME, Quantity
from perfpred.predict.sanity import require_sane

UNITS = {"noise": "fraction", "interval": "natural logarithm of a ratio"}
"""Beside that of the predicted quantity."""
HEAD_BYTES = 4096
"""From the start of a file: `combination_in` needs no more, unless names are very long."""
_MAX_BYTES = 1 << 28
_HEAD = re.compile(
    r'\{\s*"format": "perfpred-model",\s*"version": [0-9]{1,9},\s*"units": \{[^{}]*\},\s*'
    r'"sha256": "[0-9a-f]{64}",\s*"predictor": \{\s*"type": "Predictor",\s*"combination": (?=\{)'
)
"""What `dumps` begins with; of another beginning, the whole file is read."""


def upgraded(body: Any) -> Any:
    """Return what a file of version 1 holds as one of version 2 does.

    Its interval has one width within the ranges, and grows beyond them as that of a model that knows no
    better.
    """
    if not isinstance(body, dict):
        return body
    added: dict[str, dict[str, Any]] = {
        "interval": {"knots": [], "scales": [], "growth": GROWTH, "levels": {}},
        "training": {"sizes": None, "found": False, "judged_on": "sizes"},
    }
    found = {**body, "familiar": encode(Familiar())}
    for name, fields in added.items():
        if isinstance(body.get(name), dict):
            found[name] = {**body[name], **fields}
    return found


def _format_of(predicts: Quantity) -> Format:
    units = {predicts.noun: predicts.unit, **UNITS}
    return Format("perfpred-model", 2, "predictor", "model", {"units": units}, {1: upgraded})


_FORMATS = {name: _format_of(predicts) for name, predicts in QUANTITIES.items()}
MODEL = _FORMATS[TIME.name]
FORMAT, VERSION = MODEL.name, MODEL.version


def load(path: Path) -> Predictor:
    """Return the predictor a file holds, after checking everything in it.

    Raises
    ------
    ModelFileError
        If the file is not a model, was edited or truncated, or is of a newer version.
    """
    return loads_from(path, read(path)[0])


def loads_from(path: Path, data: bytes) -> Predictor:
    """Return the predictor of what was read from `path`; raises `ModelFileError` naming the file."""
    try:
        return loads(data.decode("utf-8"))
    except (InputError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path}: {error}") from None


def read(path: Path, whole_up_to: int = _MAX_BYTES) -> tuple[bytes, os.stat_result]:
    """Return the bytes of a file and its state, of a longer file than `whole_up_to` only the first bytes.

    Raises
    ------
    ModelFileError
        If it cannot be read, or is no regular file.
    """
    try:
        return read_start(path, "model", _MAX_BYTES, HEAD_BYTES, whole_up_to)
    except InputError as error:
        raise ModelFileError(f"{path}: {error}") from None


def combination_in(head: bytes) -> Combination | None:
    """Return whose model a file is, from its first bytes; None if they do not begin as `dumps` does."""
    text = head.decode("utf-8", errors="replace")
    start = _HEAD.match(text)
    if start is None:
        return None
    try:
        data, _ = _DECODER.raw_decode(text, start.end())
        parts = [data.pop(name) for name in ("type", "kernel", "variant", "hardware")]
        for part in parts:
            require_text(part, "a name")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):  # InputError is a ValueError
        return None
    return Combination(*parts[1:]) if parts[0] == "Combination" and not data else None


def dumps(predictor: Predictor) -> str:
    """Return the text of a model file; raises `InputError` if a name in it could not be read back."""
    body = encode(predictor)
    require_texts(body, "a name or text in a model")
    return _FORMATS[predictor.quantity].dumps(body)


def loads(text: str) -> Predictor:
    """Return the predictor of a model file's text; raises `ModelFileError` if it cannot be trusted."""
    document = parse_document(text)
    predictor = decode(with_quantity(_stated_format(document).unwrap(document)), Predictor)
    assert isinstance(predictor, Predictor)
    require_sane(predictor)
    return predictor


def with_quantity(body: Any) -> Any:
    """Return what a file holds with its quantity and unit; one that says neither predicts time in seconds."""
    return {"quantity": TIME.name, "unit": TIME.unit, **body} if isinstance(body, dict) else body


def _stated_format(document: Any) -> Format:
    """Return the format by the quantity a file states; of none, or an unknown one, that of times."""
    body = document.get("predictor") if isinstance(document, dict) else None
    stated = body.get("quantity") if isinstance(body, dict) else None
    return _FORMATS.get(stated, MODEL) if isinstance(stated, str) else MODEL


def digest(body: Any) -> str:
    """Return the hash of what a file holds, whatever its layout."""
    return MODEL.digest(body)


_DECODER = json.JSONDecoder()
