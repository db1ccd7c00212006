"""The `ColumnMapping` in ``F.toml`` beside ``F.csv``."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from perfpred.documents.reading import read_bytes
from perfpred.errors import InputError, UnknownNameError
from perfpred.profile.columns.mapping import ColumnMapping

_KEYS = tuple(field.name for field in dataclasses.fields(ColumnMapping))


def mapping_path(path: Path) -> Path:
    """Return where the mapping of a CSV lies.

    Examples
    --------
    >>> print(mapping_path(Path("runs/bench.csv.gz")))
    runs/bench.toml
    """
    bare = path.with_suffix("") if path.suffix == ".gz" else path
    return bare.with_suffix(".toml")


def read_mapping(path: Path) -> ColumnMapping:
    """Return the mapping beside the CSV at `path`, an empty one if there is none.

    A file of tables that states nothing of columns belongs to something else, such as a campaign.

    Raises
    ------
    InputError
        If it is not TOML, or has a key that no mapping has.
    """
    beside = mapping_path(path)
    if beside == path or not beside.is_file():
        return ColumnMapping()
    try:
        document = tomllib.loads(read_bytes(beside, "TOML").decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{beside.name} is not TOML: {error}") from None
    entries = {str(key).replace("-", "_"): value for key, value in document.items()}
    if _is_of_something_else(entries):
        return ColumnMapping()
    for spelled in document:
        key = str(spelled).replace("-", "_")
        if key != spelled and key in document:
            raise InputError(f"{beside.name}: '{key}' is given twice, also as '{spelled}'")
        if key not in _KEYS:
            raise InputError(f"{beside.name}: {UnknownNameError('key', str(spelled), _spelled())}")
    try:
        return ColumnMapping(**entries)
    except InputError as error:
        raise InputError(f"{beside.name}: {error}") from None


def _is_of_something_else(entries: dict[str, Any]) -> bool:
    tables = {key for key, value in entries.items() if _is_table(value)}
    return bool(tables) and not any(key in _KEYS and key not in tables for key in entries)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value))


def _spelled() -> list[str]:
    return [key.replace("_", "-") for key in _KEYS]
