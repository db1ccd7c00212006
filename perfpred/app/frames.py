"""Rows of tables as the fields of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict(orient="records")]
