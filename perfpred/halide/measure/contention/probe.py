"""How fast all cores are at this moment: a small product of matrices on each thread, timed again and again.

On shared machines a core runs at full speed or, while a neighbour uses the other half of it, at about half;
either lasts for milliseconds or seconds, and a parallel loop is as slow as its slowest core. So schedules are
timed in quiet moments: those before and after which the probe was about as fast as it ever is.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from perfpred.measure.timing import Clock

PROBE_WIDTH, PROBE_HEIGHT = 64, 192
"""A product of so many columns and rows on each thread: some twenty microseconds in the first cache."""
QUIET = 1.15
"""A probe at most this much slower than the fastest tells of a quiet moment."""
WAIT_S, PAUSE_S = 0.03, 0.0005
"""How long a quiet moment is waited for before a timing, and between two probes."""
TRIES = 2
"""Timings of which the quietest is taken, unless one of them is quiet."""


class ContentionProbe:
    """Says whether a moment is quiet.

    Parameters
    ----------
    run : callable
        Does the arithmetic once.
    clock : callable
        Returns monotonic seconds.
    sleep : callable
        Waits so many seconds.
    fastest_s : float
        The least time of the probe that was seen before.
    """

    def __init__(
        self,
        run: Callable[[], None],
        clock: Clock,
        sleep: Callable[[float], None],
        fastest_s: float = math.inf,
    ) -> None:
        self._run, self._clock, self._sleep = run, clock, sleep
        self._best = fastest_s

    def time_s(self) -> float:
        """Return the least of three timings: the first also awakens the threads."""
        found = min(self._timed() for _ in range(3))
        self._best = min(self._best, found)
        return found

    def is_quiet(self, time_s: float) -> bool:
        """Say whether a probe was about as fast as the fastest so far."""
        return time_s <= QUIET * self._best

    def wait(self) -> float:
        """Return the time of a probe in a quiet moment, or of the last one if none comes in time."""
        end = self._clock() + WAIT_S
        found = self.time_s()
        while not self.is_quiet(found) and self._clock() < end:
            self._sleep(PAUSE_S)
            found = self.time_s()
        return found

    def when_quiet(self, measure: Callable[[], float], long_s: float) -> tuple[float, float]:
        """Return what `measure` returns, in seconds, and the slower of the probes before and after it.

        It is called again unless both are quiet, up to `TRIES` times, and the quietest counts. Calls of
        `long_s` and more last through quiet and other moments alike, and are made once.
        """
        found: list[tuple[float, float]] = []
        while len(found) < TRIES:
            before = self.wait()
            time_s = measure()
            found.append((max(before, self.time_s()), time_s))
            if self.is_quiet(found[-1][0]) or time_s >= long_s:
                break
        probe_s, time_s = min(found)
        return time_s, probe_s

    def _timed(self) -> float:
        start = self._clock()
        self._run()
        return self._clock() - start
