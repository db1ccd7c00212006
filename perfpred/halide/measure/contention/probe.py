"""How fast all cores are at this moment: a small product of matrices on each thread, timed again and again.

On shared machines a core runs at full speed or, while a neighbour uses the other half of it, at about half;
either lasts for milliseconds or seconds, and a parallel loop is as slow as its slowest core. So schedules are
timed in calm moments: those before and after which the pulse was about as fast as it ever is.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from perfpred.measure.timing import Clock

PULSE_WIDTH, PULSE_HEIGHT = 64, 192
"""A product of so many columns and rows on each thread: some twenty microseconds in the first cache."""
CALM = 1.15
"""A pulse at most this much slower than the fastest tells of a calm moment."""
WAIT_S, PAUSE_S = 0.03, 0.0005
"""How long a calm moment is waited for before a timing, and between two pulses."""
TRIES = 2
"""Timings of which the calmest is taken, unless one of them is calm."""


class Pulse:
    """Says whether a moment is calm.

    Parameters
    ----------
    beat : callable
        Does the arithmetic once.
    clock : callable
        Returns monotonic seconds.
    sleep : callable
        Waits so many seconds.
    fastest_s : float
        The least time of the pulse that was seen before.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        clock: Clock,
        sleep: Callable[[float], None],
        fastest_s: float = math.inf,
    ) -> None:
        self._beat, self._clock, self._sleep = beat, clock, sleep
        self._best = fastest_s

    def time_s(self) -> float:
        """Return the least of three timings: the first also awakens the threads."""
        found = min(self._timed() for _ in range(3))
        self._best = min(self._best, found)
        return found

    def is_calm(self, time_s: float) -> bool:
        """Say whether a pulse was about as fast as the fastest so far."""
        return time_s <= CALM * self._best

    def wait(self) -> float:
        """Return the time of a pulse in a calm moment, or of the last one if none comes in time."""
        end = self._clock() + WAIT_S
        found = self.time_s()
        while not self.is_calm(found) and self._clock() < end:
            self._sleep(PAUSE_S)
            found = self.time_s()
        return found

    def in_calm(self, measure: Callable[[], float], long_s: float) -> tuple[float, float]:
        """Return what `measure` returns, in seconds, and the slower of the pulses before and after it.

        It is called again unless both are calm, up to `TRIES` times, and the calmest counts. Calls of
        `long_s` and more last through calm and other moments alike, and are made once.
        """
        found: list[tuple[float, float]] = []
        while len(found) < TRIES:
            before = self.wait()
            time_s = measure()
            found.append((max(before, self.time_s()), time_s))
            if self.is_calm(found[-1][0]) or time_s >= long_s:
                break
        pulse_s, time_s = min(found)
        return time_s, pulse_s

    def _timed(self) -> float:
        start = self._clock()
        self._beat()
        return self._clock() - start
