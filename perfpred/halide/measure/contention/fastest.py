"""The fastest probe of the last day, kept in the cache: on a busy machine, what quiet would be like."""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfpred.documents.atomic import atomic_write
from perfpred.errors import PerfpredError

KEPT = 20
DAY_S = 86_400.0
"""Older probes are forgotten: a machine's clock may have been set to another speed since."""
MAX_S = 1.0


@dataclass
class FastestProbe:
    """The least time of the probe that was ever seen: what quiet is compared with."""

    time_s: float = math.inf

    def saw(self, time_s: float) -> None:
        """Take in another time."""
        self.time_s = min(self.time_s, time_s)


def recalled(path: Path) -> float:
    """Return the least probe of the last day in seconds, infinity if none was kept."""
    return min((time_s for _, time_s in _kept(path)), default=math.inf)


def remember(path: Path, time_s: float) -> None:
    """Keep a probe; where the cache cannot be written to, nothing is kept."""
    if not 0 < time_s <= MAX_S:
        return
    kept = [*_kept(path), (time.time(), time_s)][-KEPT:]
    with suppress(PerfpredError):
        atomic_write(path, json.dumps(kept) + "\n", follow_links=False)


def _kept(path: Path) -> list[tuple[float, float]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    now = time.time()
    return [
        (each[0], each[1])
        for each in (found if isinstance(found, list) else [])
        if _is_probe(each) and 0 <= now - each[0] < DAY_S
    ]


def _is_probe(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(entry) == 2
        and all(isinstance(each, float | int) and not isinstance(each, bool) for each in entry)
        and 0 < entry[1] <= MAX_S
    )
