"""The parent's side of a measuring process: started, limited, paused, killed."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import IO, Any

from perfpred.errors import MeasurementError
from perfpred.hardware import Hardware
from perfpred.kernels import kernel
from perfpred.variants import variant

START_LIMIT_S = 120.0
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 31)}
"""glibc must neither map nor give back a result's pages in the timed region."""


@dataclass(frozen=True, order=True)
class Subject:
    """What one measuring process measures."""

    kernel: str
    variant: str
    hardware: Hardware

    def __str__(self) -> str:
        return f"{self.kernel} {self.variant} {self.hardware.id}"


@dataclass(frozen=True)
class Limits:
    """What a measuring process may use: seconds a row, bytes of address space, which processors."""

    row_s: float = 60.0
    memory_bytes: int = 16 << 30
    processors: tuple[int, ...] = (0,)


class MeasuringProcess:
    """A child process for one `Subject`, stopped (SIGSTOP) except while it is asked something.

    Idle threads of BLAS and OpenMP pools spin for milliseconds; stopping the process keeps them from
    disturbing the timing of another. A child that dies or overruns is replaced at the next request.
    """

    def __init__(self, subject: Subject, limits: Limits) -> None:
        self.subject, self.limits = subject, limits
        self._child: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None

    def ask(self, sizes: Mapping[str, int], *, check: bool) -> dict[str, Any]:
        """Return the reply for one row: ``status``, and ``time_s`` and ``monitor_s`` where it is ok."""
        self._resume()
        reply = self._exchange({"sizes": dict(sizes), "check": check}, self.limits.row_s)
        self._signal(signal.SIGSTOP)
        return reply

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for stream in (self._child.stdin, self._child.stdout, self._log):
                if stream is not None:
                    stream.close()
        self._child = self._log = None

    def _resume(self) -> None:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._start()
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._child is not None and self._child.poll() is None:
            os.kill(self._child.pid, number)

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with the child
        arguments = [str(self.limits.memory_bytes), *(str(cpu) for cpu in self.limits.processors)]
        environment = variant(self.subject.variant).environment(self.subject.hardware)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "perfpred.measure.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **MALLOC, **environment},
            start_new_session=True,  # Ctrl-C reaches the campaign alone, which closes its children
        )
        setup = {
            "kernel": self.subject.kernel,
            "variant": self.subject.variant,
            "hardware": asdict(self.subject.hardware),
        }
        reply = self._exchange(setup, START_LIMIT_S)
        if reply["status"] != "ready":
            raise MeasurementError(f"the process measuring {self.subject} did not start: {reply['message']}")

    def _exchange(self, message: Mapping[str, Any], limit_s: float) -> dict[str, Any]:
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        try:
            print(json.dumps(message), file=child.stdin, flush=True)
        except BrokenPipeError:
            return self._died()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            if not selector.select(limit_s):
                self.close()
                return {"status": "timeout", "message": f"no answer within {limit_s:g} s"}
        line = child.stdout.readline()
        return json.loads(line) if line.endswith("\n") else self._died()

    def _died(self) -> dict[str, Any]:
        assert self._child is not None and self._log is not None
        code = self._child.wait()
        self._log.seek(0)
        tail = self._log.read()[-400:].strip()
        self.close()
        return {"status": "runtime_error", "message": f"process ended with code {code}: {tail}"}


@contextmanager
def processes(subjects: tuple[Subject, ...], limits: Limits) -> Iterator[dict[Subject, MeasuringProcess]]:
    """Give a process a subject, each pinned to the last processors this one may use; all end at the end.

    The first processor is left to interrupts where there is a choice.
    """
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    children = {
        subject: MeasuringProcess(
            subject, replace(limits, processors=tuple(allowed[-subject.hardware.threads :]))
        )
        for subject in subjects
    }
    try:
        yield children
    finally:
        for child in children.values():
            child.close()


def prepare(subjects: tuple[Subject, ...]) -> None:
    """Build what each subject needs, so that a missing compiler is found before anything is measured."""
    for subject in subjects:
        known, found = kernel(subject.kernel), variant(subject.variant)
        found.require(known, subject.hardware)
        found.prepare(known, subject.hardware)
