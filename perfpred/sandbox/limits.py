"""What a process that may fail is allowed to use, set by itself before it starts its work."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

MAX_LIMIT_S = 1e6
"""The longest time limit, some eleven days: a selector takes no more."""


def limit_process(memory_bytes: int, processors: Sequence[int] = (), parent: int | None = None) -> None:
    """Limit this process's address space, leave no core files, and pin it to some processors if given.

    A limit that is there already, as of ``ulimit -v``, is never raised. `parent` is as of `die_with_parent`.
    """
    import resource

    die_with_parent(parent)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    allowed = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processors and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, processors)


def die_with_parent(parent: int | None = None) -> None:
    """Ask Linux to kill this process when its parent dies: a stopped orphan would wait for ever.

    Parameters
    ----------
    parent : int, optional
        The process that started this one: if it has died before it was asked for, this process ends now.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
