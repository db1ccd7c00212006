"""Calling a function in a copy of this process, with limits; whatever becomes of it, this process goes on."""

from __future__ import annotations

import faulthandler
import json
import os
import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from perfpred.errors import InputError, PerfpredError
from perfpred.sandbox.ending import how_it_ended, kill_group
from perfpred.sandbox.limits import MAX_LIMIT_S, limit_process

Reply = dict[str, Any]
FAILED = "runtime_error"
"""The status of a call that raised or ended its process, unless its caller calls it otherwise."""
TAIL_CHARS = 400
"""Of what a process printed before it died, the end is told."""


@dataclass(frozen=True)
class ForkLimits:
    """What a forked call may use."""

    seconds: float = 60.0
    memory_bytes: int = 8 << 30

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= MAX_LIMIT_S:
            raise InputError(f"a time limit must be in 0..{MAX_LIMIT_S:g} seconds, but got {self.seconds}")


def run_forked(function: Callable[[], Reply], limits: ForkLimits, failure: str = FAILED) -> Reply:
    """Return what `function` returns, called in a child process.

    Parameters
    ----------
    function : callable
        Returns a dictionary of JSON's types; its status is ``ok`` unless it says otherwise.
    limits : ForkLimits
        A call that takes longer has the status ``timeout``.
    failure : str
        The status of a call that raised or ended its process; the message says how.
    """
    receive, send = os.pipe()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        parent, child = os.getpid(), os.fork()
        if child == 0:
            os.close(receive)
            limit = partial(limit_process, limits.memory_bytes, parent=parent)
            _in_child(function, limit, failure, send, log.fileno())
        os.close(send)
        try:
            text = _received(receive, limits.seconds)
        finally:
            os.close(receive)
            code = _ended(child)
        if text is None:
            return {"status": "timeout", "message": f"not done within {limits.seconds:g} s"}
        if text:
            return {"status": "ok", **json.loads(text)}
        log.seek(0)
        return {"status": failure, "message": how_it_ended(code, log.read()[-TAIL_CHARS:])}


def _in_child(
    function: Callable[[], Reply], limit: Callable[[], None], failure: str, send: int, log: int
) -> None:
    """Call the function, send its reply, and end without any of Python's farewells."""
    try:
        os.setsid()
        limit()
        faulthandler.disable()
        os.dup2(log, 1)  # libraries print on stdout
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nobody is there to answer
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open to the end
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            reply = function()
        except MemoryError:
            reply = {"status": failure, "message": "out of memory"}
        except PerfpredError as error:
            reply = {"status": failure, "message": str(error)[:500]}
        except BaseException as error:  # whatever native code raises is the reply, and so is sys.exit
            reply = {"status": failure, "message": f"{type(error).__name__}: {error}"[:500]}
        with os.fdopen(send, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(reply))
        sys.stderr.flush()
    finally:
        os._exit(0)


def _received(receive: int, limit_s: float) -> str | None:
    """Return all that is sent until the other end closes, None if that takes too long."""
    deadline = time.monotonic() + limit_s
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(receive, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            part = os.read(receive, 1 << 16)
            if not part:
                return b"".join(parts).decode()
            parts.append(part)


def _ended(child: int) -> int:
    """End a child with all it started; returns its exit code, negative for a signal."""
    done, status = os.waitpid(child, os.WNOHANG)
    if not kill_group(child) and not done:  # it has not begun a group yet
        os.kill(child, signal.SIGKILL)
    if not done:  # a child that has replied, or died, is about to end; one that has not was ended here
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
