"""How processes end: with all that they started, and in words."""

from __future__ import annotations

import os
import signal


def kill_group(leader: int) -> bool:
    """Kill a process and all that it started, unless that began a group of its own.

    Parameters
    ----------
    leader : int
        A process that leads a group; it may have ended before those it started.

    Returns
    -------
    bool
        Whether there was such a group.
    """
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS forbids it where all have ended
        return False
    return True


def how_it_ended(code: int, last_words: str) -> str:
    """Return a sentence of an exit code, negative for a signal, and the end of what was printed.

    Examples
    --------
    >>> how_it_ended(-11, "")
    'process ended with code -11 (Segmentation fault)'
    >>> how_it_ended(3, "no licence ")
    'process ended with code 3: no licence'
    """
    try:
        meaning = f" ({signal.strsignal(-code)})" if code < 0 else ""
    except ValueError:  # it is none of the signals
        meaning = ""
    ended, tail = f"process ended with code {code}{meaning}", last_words.strip()
    return f"{ended}: {tail}" if tail else ended
