"""Where the shipped datasets are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path

from perfpred.errors import InputError

PACKAGE = Path(__file__).resolve().parent.parent


def datasets(kernel: str) -> list[Path]:
    """Return the shipped profile CSVs of a kernel; raises `InputError` where this installation has none."""
    for folder in (PACKAGE.parent / "datasets", PACKAGE / "shipped" / "datasets"):
        found = sorted(folder.glob(f"{kernel}-*.csv"))
        if found:
            return found
    raise InputError("this installation has no shipped datasets; run the demo from a checkout")
