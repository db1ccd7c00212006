"""How a speedup is shown in tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SPEEDUP_COLUMNS = {"speedup": "right", "interval": "right", "": "left"}


def shown_speedup(document: Mapping[str, Any]) -> list[str]:
    """Return the cells of a speedup: the ratio, its interval, and whether that is undecided."""
    if document["speedup"] is None:
        return ["-", "-", ""]
    interval = f"{document['speedup_low']:.2f} to {document['speedup_high']:.2f}"
    return [f"{document['speedup']:.2f}", interval, "" if document["decided"] else "undecided"]
