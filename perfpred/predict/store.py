"""Predictors as JSON files: readable by a person, and by a program with nothing but NumPy.

A file holds a format name and version, units, a hash of the rest, and the predictor. A changed digit, a
missing end or a format of the future is an error, never a quietly wrong number.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from perfpred.errors import InputError, ModelFileError
from perfpred.files import atomic_write, make_folder
from perfpred.predict.codec import decode, encode
from perfpred.predict.predictor import Predictor

FORMAT = "perfpred-model"
VERSION = 1
UNITS = {"time": "s", "noise": "fraction", "interval": "natural logarithm of a ratio"}


def save(predictor: Predictor, folder: Path) -> Path:
    """Write a predictor into `folder`, whole or not at all; returns the file's path."""
    key = predictor.combination
    name = "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", part) for part in (key.kernel, key.variant, key.hardware))
    path = folder / f"{name}.json"
    make_folder(folder)
    atomic_write(path, dumps(predictor))
    return path


def load(path: Path) -> Predictor:
    """Return the predictor a file holds, after checking everything in it.

    Raises
    ------
    ModelFileError
        If the file is not a model, was edited or truncated, or is of a newer version.
    """
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (InputError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path}: {error}") from None
    except OSError as error:
        raise ModelFileError(f"{path}: {error.strerror}") from None


def model_files(path: Path) -> list[Path]:
    """Return the model files of a folder, or the file itself; raises `InputError` if there are none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError(f"no models at {path}: there is no such folder")
    files = sorted(path.glob("*.json"))
    if not files:
        raise InputError(f"no models at {path}: the folder holds no .json file")
    return files


def dumps(predictor: Predictor) -> str:
    """Return the text of a model file."""
    body = encode(predictor)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "units": UNITS,
        "sha256": _digest(body),
        "predictor": body,
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def loads(text: str) -> Predictor:
    """Return the predictor of a model file's text; raises `ModelFileError` if it cannot be trusted."""
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ModelFileError(f"not a whole JSON document ({error}); was it truncated?") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f"not a model: 'format' must be '{FORMAT}'")
    version = document.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        hint = "; it was written by a newer perfpred: upgrade" if newer else ""
        raise ModelFileError(f"format version must be {VERSION}, but is {version!r}{hint}")
    body = document.get("predictor")
    if document.get("sha256") != _digest(body) or document.get("units") != UNITS:
        raise ModelFileError("its content does not match its hash: the file was edited; train it again")
    predictor = decode(body, Predictor)
    assert isinstance(predictor, Predictor)
    return predictor


def _digest(body: Any) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
