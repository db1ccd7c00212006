"""A JSON file of a tuner, gzipped or not, complete or cut off."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.documents.json_text import NotJSONError, json_decoder, parse_json
from perfpred.documents.reading import read_text
from perfpred.errors import InputError
from perfpred.exchange import cut_cache
from perfpred.exchange.objects import Repeated, as_object, named_twice
from perfpred.exchange.results import Rejection

_ENTRIES = ("cache", "results", "benchmarks")
"""What formats name the list or object of their entries."""


@dataclass(frozen=True)
class Document:
    """The content of a file, and what of it could not be read.

    Attributes
    ----------
    path : Path
    content : object
        Of JSON's types; an object that names a key twice is a `Repeated`.
    rejected : list of Rejection
        Entries that are cut or broken.
    remark : str
        What is wrong with the file as a whole; empty if nothing is.
    """

    path: Path
    content: Any
    rejected: list[Rejection] = field(default_factory=list)
    remark: str = ""


def read_document(path: Path) -> Document:
    """Read a file as JSON; of a Kernel Tuner cache that is cut off, what is whole.

    Raises
    ------
    InputError
        If the file cannot be read or is neither JSON nor such a cache.
    """
    try:
        text = read_text(path, "JSON")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    decoder = json_decoder(constants=True, pairs=as_object)  # tuners write NaN for a time that is none
    try:
        document = Document(path, parse_json(text, decoder))
    except NotJSONError as error:
        repaired = cut_cache.read(text, decoder)
        if repaired is None:
            raise InputError(_unknown(path, text, error.problem)) from None
        document = Document(path, *repaired)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    _require_one_meaning(path, document.content)
    return document


def _unknown(path: Path, text: str, problem: str) -> str:
    reasons = [
        f"{path}: this is a file of no known format",
        f"  not JSON, as all known formats are: {problem}",
        "  not a Kernel Tuner cache that is cut off: it has no object 'cache' that starts",
    ]
    if text.strip() and text.lstrip()[0] not in "{[":
        reasons.append(
            f"  a CSV needs no import: perfpred inspect {shlex.quote(str(path))} shows how to train on it"
        )
    return "\n".join(reasons)


def _require_one_meaning(path: Path, content: Any) -> None:
    """Refuse a file that says something about all entries twice; an entry that does costs only itself."""
    if not isinstance(content, dict):
        return
    name = named_twice({key: value for key, value in content.items() if key not in _ENTRIES})
    if isinstance(content, Repeated):
        name = named_twice(Repeated([(key, None) for key, _ in content.pairs]))
    if name:
        raise InputError(f"{path}: the file names '{name}' twice, so that one of the two would be lost")
