"""How much of some processors other programs take: what they did, less what this process and its own used."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

COUNTERS = Path("/proc/stat")
IDLE = (3, 4)
"""Columns of a processor's counters that count as idle: idle, and waiting for a disk."""
GUEST = 8
"""From here on, columns are counted in others already."""
FEW = 0.3
"""Processors that others may take while a moment passes for quiet."""
LOOK_S = 0.1
"""Seconds of one look at who is busy."""
Read = Callable[[], str]


def _counters() -> str:
    try:
        return COUNTERS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


@dataclass
class ProcessorLoad:
    """What others did since this was made.

    Parameters
    ----------
    processors : sequence of int
        Those that count.
    read : callable, optional
        Returns the system's counters as Linux writes them to ``/proc/stat``; text of another form, or
        none at all, says nothing of anybody.
    clock : callable
        Tells the time in seconds.
    """

    processors: Sequence[int]
    read: Read = _counters
    clock: Callable[[], float] = time.perf_counter

    def __post_init__(self) -> None:
        self._start_s, self._busy_s, self._own_s = self.clock(), self._busy(), _own_s()

    def others(self, child: int | None = None) -> float:
        """Return how many of the processors others used on average; 0 where the system does not tell.

        `child` is the id of a process of this one's that is still running.
        """
        elapsed, busy = self.clock() - self._start_s, self._busy()
        if self._busy_s is None or busy is None or elapsed <= 0:
            return 0.0
        own = _own_s() - self._own_s + (0.0 if child is None else _used_s(child))
        return max(0.0, busy - self._busy_s - own) / elapsed

    def _busy(self) -> float | None:
        return busy_s(self.read(), self.processors)


@dataclass
class Others:
    """What was last seen of other programs: how many processors they used, on average."""

    used: float = 0.0


def busy_s(counters: str, processors: Sequence[int]) -> float | None:
    """Return the seconds that processors have been busy, None if the text does not tell.

    Examples
    --------
    >>> busy_s("cpu0 100 0 50 700 3 0 0 50 0 0", [0]) == 200 / os.sysconf("SC_CLK_TCK")
    True
    >>> busy_s("", [0])
    """
    wanted, ticks = {f"cpu{each}" for each in processors}, 0
    for line in counters.splitlines():
        name, *columns = line.split() or [""]
        if name in wanted:
            if len(columns) <= max(IDLE) or not all(each.isdecimal() for each in columns):
                return None
            wanted.remove(name)
            ticks += sum(int(each) for place, each in enumerate(columns[:GUEST]) if place not in IDLE)
    return None if wanted else ticks / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(
    processors: Sequence[int],
    limit_s: float,
    read: Read | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Wait until others leave the processors alone, at most so long; returns the seconds waited.

    Parameters
    ----------
    processors : sequence of int
        That must be idle.
    limit_s : float
        How long to wait at most.
    read : Read, optional
        Reads the load.
    sleep : callable
        Waits.
    clock : callable
        Tells the time in seconds.
    """
    start = clock()
    if limit_s <= 0:
        return 0.0
    while True:
        load = ProcessorLoad(processors, read or _counters, clock)
        sleep(LOOK_S)
        quiet, waited = load.others() <= FEW, clock() - start
        if quiet or waited >= limit_s:
            return 0.0 if quiet and waited < 1.5 * LOOK_S else waited  # one look is no waiting


def _own_s() -> float:
    """Return the processor seconds of this thread, and of children of this process that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + children.ru_utime + children.ru_stime


def _used_s(process: int) -> float:
    """Return the processor seconds of a running process, 0 if it is gone."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return 0.0
