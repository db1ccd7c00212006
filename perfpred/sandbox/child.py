"""A child process that answers one JSON line with one: started when needed, limited, paused, killed."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from perfpred.errors import MeasurementError
from perfpred.sandbox.ending import how_it_ended, kill_group

START_LIMIT_S = 120.0
_LOOK_S = 0.05
"""How often a child that another thread is asking something is killed until that thread lets go of it."""


@dataclass(frozen=True)
class Command:
    """How a child is started.

    Parameters
    ----------
    name : str
        What it is called in messages.
    arguments : sequence of str
        What follows the Python interpreter.
    setup : mapping
        The first line it is sent; it answers with status ``ready``.
    environment : mapping of str to str
        Added to this process's.
    """

    name: str
    arguments: Sequence[str]
    setup: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A child process; one that died or overran its time is replaced at the next request.

    It leads a process group, which ends with it: what it started does not outlive it.

    One thread may ask while another closes it: the reply is then a ``runtime_error``.
    """

    def __init__(self, command: Command) -> None:
        self._command = command
        self._in_use = threading.RLock()
        self._ended = False
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None

    def ask(self, message: Mapping[str, Any], limit_s: float) -> dict[str, Any]:
        """Return the reply, or a status that says why there is none: ``timeout`` or ``runtime_error``."""
        with self._in_use:
            if self._ended:
                return {"status": "runtime_error", "message": "the process was ended"}
            if self._process is None or self._process.poll() is not None:
                self._release()
                self._start()
            self.signal(signal.SIGCONT)
            return self._exchange(message, limit_s)

    @property
    def pid(self) -> int | None:
        """The process's id, None while there is none."""
        return None if self._process is None else self._process.pid

    def signal(self, number: int) -> None:
        """Send a signal if the child lives."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def close(self) -> None:
        """End the child, whatever it is doing; the next request starts another."""
        while not self._in_use.acquire(timeout=_LOOK_S):
            self._kill()  # which lets the thread that waits for its reply go on
        try:
            self._release()
        finally:
            self._in_use.release()

    def end(self) -> None:
        """End the child for good."""
        self._ended = True
        self.close()

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            kill_group(process.pid)

    def _release(self) -> None:
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout, self._log):
                if stream is not None:
                    stream.close()
        self._process = self._log = None

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(
            [sys.executable, *self._command.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **self._command.environment},
            start_new_session=True,  # Ctrl-C reaches the campaign alone, which closes its children
        )
        reply = self._exchange(self._command.setup, START_LIMIT_S)
        if reply["status"] != "ready":
            raise MeasurementError(f"{self._command.name} did not start: {reply['message']}")

    def _exchange(self, message: Mapping[str, Any], limit_s: float) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            print(json.dumps(message), file=process.stdin, flush=True)
        except BrokenPipeError:
            return self._died()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(limit_s):
                self._release()
                return {"status": "timeout", "message": f"no answer within {limit_s:g} s"}
        line = process.stdout.readline()
        return _reply(line) if line.endswith("\n") else self._died()

    def _died(self) -> dict[str, Any]:
        assert self._process is not None and self._log is not None
        code = self._process.wait()
        self._log.seek(0)
        message = how_it_ended(code, self._log.read()[-400:])
        self._release()
        return {"status": "runtime_error", "message": message}


def _reply(line: str) -> dict[str, Any]:
    """Return the reply that a line holds; what a library printed in its place is no reply."""
    try:
        reply = json.loads(line)
    except (ValueError, RecursionError):
        reply = None
    if isinstance(reply, dict) and "status" in reply:
        return reply
    return {"status": "runtime_error", "message": f"the process replied {line[:100]!r}"}
