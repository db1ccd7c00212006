"""How a speedup is shown in tables."""

from __future__ import annotations

from perfpred.schemas.halide import BenchDocument, ReplayDocument, SpeedupDocument

SPEEDUP_COLUMNS = {"speedup": "right", "interval": "right", "": "left"}


def shown_speedup(found: SpeedupDocument | BenchDocument | ReplayDocument) -> list[str]:
    """Return the cells of a speedup: the ratio, its interval, and whether that is undecided."""
    if found.speedup is None:
        return ["-", "-", ""]
    interval = f"{found.speedup_low:.2f} to {found.speedup_high:.2f}"
    return [f"{found.speedup:.2f}", interval, "" if found.decided else "undecided"]
