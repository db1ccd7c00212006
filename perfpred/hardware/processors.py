"""The processors that this process may use."""

from __future__ import annotations

import os


def allowed_processors() -> tuple[int, ...]:
    """Return the processors that this process may use, by number; all where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))
