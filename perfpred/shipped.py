"""Where the shipped datasets and models are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

from perfpred.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
_HOMES = (_PACKAGE.parent, _PACKAGE / "_shipped")


def datasets(kernel: str) -> list[Path]:
    """Return the shipped profile CSVs of a kernel; raises `InputError` where this installation has none."""
    for home in _HOMES:
        found = sorted((home / "datasets").glob(f"{kernel}-*.csv"))
        if found:
            return found
    raise InputError("this installation has no shipped datasets; run the demo from a checkout")


def shipped_models() -> Path:
    """Return the folder of the shipped models; raises `InputError` where this installation has none."""
    for home in _HOMES:
        folder = home / "models"
        if any(folder.glob("*.json")):
            return folder
    raise InputError("this installation has no shipped models; name a folder with --models")
