"""How long measuring goes on while a choice is undecided."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How long measuring goes on while it is not decided.

    Parameters
    ----------
    max_blocks : int
        Blocks of rounds, at the most.
    time_s : float
        No block begins after so many seconds.
    wait_s : float
        Waited at the most, in all, for other programs to leave the processors alone.
    clock : callable
        Returns monotonic seconds.
    """

    max_blocks: int = 12
    time_s: float = 30.0
    wait_s: float = 10.0
    clock: Callable[[], float] = time.perf_counter


LIMITS = Limits()
"""Of every choice that is not given its own."""
