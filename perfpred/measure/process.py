"""The parent's side of a measuring process: started, limited, paused, killed."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from perfpred.hardware import Hardware, allowed_processors
from perfpred.kernels import kernel
from perfpred.sandbox.child import Child, Command
from perfpred.variants import variant
from perfpred.variants.cache import remove_leftovers
from perfpred.variants.native.build import cache_dir
from perfpred.variants.user_definitions import loaded_files

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


TIMINGS_A_PROCESS = 3
"""A row is timed so many times by one process, then by another."""


class MeasuringProcess:
    """A child process for one `Subject`, stopped (SIGSTOP) except while it is asked something.

    Idle threads of BLAS and OpenMP pools spin for milliseconds; stopping the process keeps them from
    disturbing the timing of another. A child that dies or overruns is replaced at the next request. So is
    one that has timed a row `TIMINGS_A_PROCESS` times: where a process's memory happens to lie makes some
    rows faster and others slower for as long as it lives, which must neither pass for a property of the
    row nor hide from the noise.
    """

    def __init__(self, subject: Subject, limits: Limits) -> None:
        self.subject, self.limits = subject, limits
        self._timings: Counter[tuple[int, ...]] = Counter()
        arguments = [str(limits.memory_bytes), *(str(cpu) for cpu in limits.processors)]
        setup = {
            "kernel": subject.kernel,
            "variant": subject.variant,
            "hardware": asdict(subject.hardware),
            "files": list(loaded_files()),
        }
        environment = variant(subject.variant).environment(subject.hardware)
        self._child = Child(
            Command(
                f"the process measuring {subject}",
                ["-m", "perfpred.measure.worker", *arguments],
                setup,
                {**MALLOC, **environment},
            )
        )

    def ask(self, sizes: Mapping[str, int], *, check: bool) -> dict[str, Any]:
        """Return the reply for one row: ``status``, and ``time_s`` and ``monitor_s`` where it is ok."""
        row = tuple(sizes.values())
        if self._timings[row] >= TIMINGS_A_PROCESS:
            self._child.close()
            self._timings.clear()
        self._timings[row] += 1
        reply = self._child.ask({"sizes": dict(sizes), "check": check}, self.limits.row_s)
        self._child.signal(signal.SIGSTOP)
        return reply

    def close(self) -> None:
        """End the child, whatever it is doing."""
        self._child.close()


@contextmanager
def processes(subjects: tuple[Subject, ...], limits: Limits) -> Iterator[dict[Subject, MeasuringProcess]]:
    """Give a process a subject, each pinned to the last processors this one may use; all end at the end.

    The first processor is left to interrupts where there is a choice.
    """
    allowed = allowed_processors()
    children = {
        subject: MeasuringProcess(subject, replace(limits, processors=allowed[-subject.hardware.threads :]))
        for subject in subjects
    }
    try:
        yield children
    finally:
        for child in children.values():
            child.close()


def prepare(subjects: tuple[Subject, ...]) -> None:
    """Build what each subject needs, so that a missing compiler is found before anything is measured."""
    remove_leftovers(cache_dir())
    for subject in subjects:
        known, found = kernel(subject.kernel), variant(subject.variant)
        found.require(known, subject.hardware)
        found.prepare(known, subject.hardware)
