"""An interrupt in the midst of long work: one sentence says what is kept and how to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

NOTHING_KEPT = "nothing of this run is kept, and nothing else was changed; the same command starts it again"


class WorkInterrupted(Exception):  # noqa: N818  # it is a person's wish
    """Work that a person, or a signal, ended.

    It is no `KeyboardInterrupt`, of which the option parser keeps nothing but an exit code.

    Parameters
    ----------
    kept : str
        What is kept of the work, and how to go on.
    number : int
        The signal.
    """

    def __init__(self, kept: str, number: int = signal.SIGINT) -> None:
        super().__init__(kept)
        self.code = 128 + number


@contextmanager
def interruptible(kept: str = NOTHING_KEPT) -> Iterator[None]:
    """Raise `WorkInterrupted` where an interrupt ends the work inside."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise WorkInterrupted(kept, getattr(error, "number", signal.SIGINT)) from None
