"""A predictor as the text of a JSON file: readable by a person, and by a program with nothing but NumPy.

A file holds a format name and version, units, a hash of the rest, and the predictor. A changed digit, a
missing end or a format of the future is an error, never a quietly wrong number. Of which combination it is
stands in its first bytes, so that a folder of many can be indexed without reading all of each.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any, NoReturn

from perfpred.combination import Combination
from perfpred.errors import InputError, ModelFileError, shortened
from perfpred.predict.checks import require_text
from perfpred.predict.codec import decode, encode
from perfpred.predict.familiar import Familiar
from perfpred.predict.interval import GROWTH
from perfpred.predict.predictor import Predictor
from perfpred.predict.sanity import require_sane

FORMAT = "perfpred-model"
VERSION = 2
OLD_VERSIONS = (1,)
"""Still read: `upgraded` says what they lack."""
UNITS = {"time": "s", "noise": "fraction", "interval": "natural logarithm of a ratio"}
HEAD_BYTES = 4096
"""From the start of a file: `combination_in` needs no more, unless names are very long."""
_MAX_BYTES = 1 << 28
_HEAD = re.compile(
    r'\{\s*"format": "perfpred-model",\s*"version": [0-9]{1,9},\s*"units": \{[^{}]*\},\s*'
    r'"sha256": "[0-9a-f]{64}",\s*"predictor": \{\s*"type": "Predictor",\s*"combination": (?=\{)'
)
"""What `dumps` begins with; of another beginning, the whole file is read."""


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
        with open(path, "rb", buffering=0, opener=_opened) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ModelFileError(f"{path}: it is not a regular file")
            if found.st_size > _MAX_BYTES:
                raise ModelFileError(f"{path}: a model has at most {_MAX_BYTES} bytes, not {found.st_size}")
            return file.read(found.st_size if found.st_size <= whole_up_to else HEAD_BYTES), found
    except OSError as error:
        raise ModelFileError(f"{path}: {error.strerror}") from None


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
    _require_texts(body)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "units": UNITS,
        "sha256": digest(body),
        "predictor": body,
    }
    text = json.dumps(document, indent=1, allow_nan=False)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def loads(text: str) -> Predictor:
    """Return the predictor of a model file's text; raises `ModelFileError` if it cannot be trusted."""
    try:
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct)
        predictor = _checked(document)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # a JSONDecodeError, or an integer of 5,000 digits
        reason = shortened(ascii(str(error)))
        raise ModelFileError(f"not a whole JSON document ({reason}); was it truncated?") from None
    require_sane(predictor)
    return predictor


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe must not wait for its writer


def digest(body: Any) -> str:
    """Return the hash of what a file holds, whatever its layout."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _checked(document: Any) -> Predictor:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f"not a model: 'format' must be '{FORMAT}'")
    version = document.get("version")
    is_known = isinstance(version, int) and not isinstance(version, bool)
    if not is_known or version not in (VERSION, *OLD_VERSIONS):
        newer = isinstance(version, int) and version > VERSION
        hint = "; it was written by a newer perfpred: upgrade" if newer else ""
        given = shortened(ascii(version))
        raise ModelFileError(f"format version must be {VERSION}, but is {given}{hint}")
    body = document.get("predictor")
    if document.get("sha256") != digest(body) or document.get("units") != UNITS:
        raise ModelFileError("its content does not match its hash: the file was edited; train it again")
    predictor = decode(body if version == VERSION else upgraded(body), Predictor)
    assert isinstance(predictor, Predictor)
    return predictor


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


def _require_texts(body: Any) -> None:
    """Raise `InputError` for text that `loads` would refuse."""
    if isinstance(body, str):
        require_text(body, "a name or text in a model")
    elif isinstance(body, dict):
        for key, value in body.items():
            _require_texts(key)
            _require_texts(value)
    elif isinstance(body, list) and body and not isinstance(body[0], (int, float)):
        for value in body:
            _require_texts(value)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ModelFileError("a key stands twice in an object of it")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ModelFileError(f"a number in it is {name}; all must be finite")


_NUMBERS = re.compile(r"\[\n((?:\s*[-0-9.eE+]+,?\n)+)\s*\]")
"""A list of numbers, which stands on one line of a file."""
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
