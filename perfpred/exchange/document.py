"""A JSON file of a tuner, gzipped or not, complete or cut off."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.errors import InputError
from perfpred.exchange import cut_cache
from perfpred.exchange.results import Rejection
from perfpred.files import read_bytes


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


class Repeated(dict[str, Any]):
    """A JSON object that names a key twice: the last value counts, `pairs` has all."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def read_document(path: Path) -> Document:
    """Read a file as JSON; of a Kernel Tuner cache that is cut off, what is whole.

    Raises
    ------
    InputError
        If the file cannot be read or is neither JSON nor such a cache.
    """
    try:
        text = read_bytes(path, "JSON").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start + 1} is not UTF-8 text; is this a JSON file?") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    try:
        return Document(path, decoder.decode(text))
    except RecursionError:
        raise InputError(f"{path}: the JSON nests too deeply") from None
    except json.JSONDecodeError as error:
        repaired = cut_cache.read(text, decoder)
        if repaired is None:
            where = f"line {error.lineno}, column {error.colno}"
            raise InputError(
                f"{path}: this is a file of no known format\n"
                f"  not JSON, as T4 results, Kernel Tuner caches and T1 spaces are: {error.msg} at {where}\n"
                "  not a Kernel Tuner cache that is cut off: it has no object 'cache' that starts"
            ) from None
        return Document(path, *repaired)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Repeated(pairs)


def pairs_of(content: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the keys and values of a JSON object as written, repeated keys included."""
    return content.pairs if isinstance(content, Repeated) else list(content.items())
