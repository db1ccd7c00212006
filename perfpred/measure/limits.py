"""What a process that may fail is allowed to use, set by itself before it starts its work."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence


def limit_process(memory_bytes: int, processors: Sequence[int] = ()) -> None:
    """Limit this process's address space, leave no core files, and pin it to some processors if given.

    A limit that is there already, as of ``ulimit -v``, is never raised.
    """
    import resource

    die_with_parent()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processors and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, processors)


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies: a stopped orphan would wait for ever."""
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
