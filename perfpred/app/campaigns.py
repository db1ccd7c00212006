"""What the commands that measure share: signals, warnings, and the exit code of a campaign."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from perfpred.app.console import Bar, notice, progress_bar
from perfpred.errors import MeasurementError, PerfpredWarning

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _SignalledError(KeyboardInterrupt):
    """A signal that asks this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def shown_campaign(title: str) -> Iterator[Bar]:
    """Show the progress of a campaign and what it warns of; a signal ends it with a word on how to go on."""
    kept = "nothing timed is lost: repeat the command with --resume to continue"
    with signals_raised(), warnings_shown(), progress_bar(title, kept) as bar:
        yield bar


def require_any_ok(ok: int, rows: int, where: str) -> None:
    """Say how many rows failed.

    Raises
    ------
    MeasurementError
        If all did.
    """
    if ok == 0:
        raise MeasurementError(f"none of {rows} rows could be timed; {where} says why")
    if ok < rows:
        notice(f"{rows - ok} of {rows} rows failed; {where} says why")


@contextmanager
def signals_raised() -> Iterator[None]:
    """Raise the first of the signals as `KeyboardInterrupt`; a second one ends it at once."""
    before: dict[int, Any] = {}

    def raise_it(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        raise _SignalledError(number)

    if threading.current_thread() is threading.main_thread():
        for each in SIGNALS:
            if signal.getsignal(each) not in (signal.SIG_IGN, None):  # nohup ignores SIGHUP
                before[each] = signal.signal(each, raise_it)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Print warnings of ours as notices."""

    def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        if issubclass(category, PerfpredWarning):
            notice(f"warning: {message}")
        else:
            shown_before(message, category, *rest, **more)

    with warnings.catch_warnings():
        shown_before = warnings.showwarning
        warnings.simplefilter("always", PerfpredWarning)
        warnings.showwarning = show
        yield
