"""What describes a profile as a whole, and the sidecar file that holds it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfpred.complexity import complexities
from perfpred.documents.json_text import json_decoder
from perfpred.documents.reading import read_json
from perfpred.errors import InputError


def sidecar_path(path: Path) -> Path:
    """Return where the metadata of a profile lies.

    Examples
    --------
    >>> print(sidecar_path(Path("runs/matmul.csv.gz")))
    runs/matmul.meta.json
    """
    bare = path.with_suffix("") if path.suffix == ".gz" else path
    return bare.with_name(f"{bare.stem}.meta.json")


def read_sidecar(path: Path) -> dict[str, Any]:
    """Read the metadata beside the profile at `path`; empty if there is none.

    Raises
    ------
    InputError
        If the sidecar is there but is not what it should be.
    """
    sidecar = sidecar_path(path)
    try:
        if not os.path.lexists(sidecar):
            return {}
        metadata = read_json(sidecar, "JSON", json_decoder(constants=True))  # as `json.dumps` writes NaN
    except InputError as error:
        raise InputError(f"{sidecar.name}: {error}") from None
    if not isinstance(metadata, dict):
        raise InputError(f"{sidecar.name} must hold a JSON object")
    try:
        check_complexity(metadata)
    except InputError as error:
        raise InputError(f"{sidecar.name}: {error}") from None
    return metadata


def by_kernel(stated: Mapping[str, Any]) -> bool:
    """Whether complexity expressions are stated kernel by kernel."""
    return any(isinstance(value, Mapping) for value in stated.values())


def check_complexity(metadata: Mapping[str, Any]) -> None:
    """Raise an `InputError` unless every complexity expression in the metadata can be read."""
    stated = metadata.get("complexity", {})
    if not isinstance(stated, Mapping):
        raise InputError(f"complexity must map names to expressions, but is {stated!r}")
    for expressions in stated.values() if by_kernel(stated) else [stated]:
        if not isinstance(expressions, Mapping):
            raise InputError(f"complexity must map each kernel to its expressions, but holds {expressions!r}")
        complexities(expressions)
