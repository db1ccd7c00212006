"""Workers that judge batches of inputs; what takes too long or too much memory is killed and counted."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from fuzzing.worker import ABORT, ERROR_LENGTH, GB, MEMORY, SLOW

SCRIPT = Path(__file__).parents[1] / "fuzz.py"
WALL_FACTOR = 12.0
"""Times the limit of processor time that an input may wait: other programs may have the processors."""
WARM_S = 300.0
POLL_S = 0.1


@dataclass(frozen=True)
class Batch:
    """Seeds of one kind."""

    kind: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Judged:
    """What became of one input."""

    kind: str
    seed: int
    file: str
    verdict: str
    error: str
    cpu_s: float
    peak_mib: int


class WorkerError(RuntimeError):
    """A worker ended where no input was judged: the fuzzer is broken, not what it judges."""


class Worker:
    """A process that judges one batch at a time, in a folder of its inputs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, str(SCRIPT), "--worker", str(folder)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(),
            start_new_session=True,
        )
        self._usage = psutil.Process(self._process.pid)
        self._partial = b""
        self._lines: deque[dict[str, Any]] = deque()
        self.batch: Batch | None = None
        self.is_dead = False
        self._left: deque[int] = deque()
        self._at: tuple[int, str] | None = None
        self._limit_s = 10.0
        self._started = (0.0, 0.0)

    def give(self, batch: Batch) -> None:
        """Start judging a batch."""
        self.batch, self._left, self._at = batch, deque(batch.seeds), None
        self._begin()
        assert self._process.stdin is not None
        request = json.dumps({"kind": batch.kind, "seeds": batch.seeds}) + "\n"
        with contextlib.suppress(BrokenPipeError):  # it is noticed where its output is read
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()

    @property
    def stream(self) -> int:
        """The descriptor of its output."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def read(self) -> list[Judged]:
        """Return what was judged since, from output that is there; `batch` is None once all of it is."""
        data = os.read(self.stream, 1 << 16)
        if not data:
            return self._ended(ABORT, self._death())
        *whole, self._partial = (self._partial + data).split(b"\n")
        return [each for line in whole if (each := self._line(json.loads(line))) is not None]

    def watch(self) -> list[Judged]:
        """Kill a process that takes too long or too much; returns the input that did."""
        if self.batch is None:
            return []
        cpu_s, bytes_used = self._used()
        waited_s, cpu_s = time.monotonic() - self._started[0], cpu_s - self._started[1]
        limit_s = WARM_S if self._at is None else self._limit_s
        if cpu_s > limit_s or waited_s > WALL_FACTOR * limit_s:
            return self._kill(
                SLOW, f"not judged after {cpu_s:.0f} s of processor time, {waited_s:.0f} s in all"
            )
        if bytes_used > 2 * GB:
            return self._kill(MEMORY, f"{bytes_used >> 20} MiB of memory")
        return []

    @property
    def is_large(self) -> bool:
        """Whether it has grown so that a new one is better."""
        return self._used()[1] > 0.7 * GB

    def rest(self) -> Batch | None:
        """Return what is left of the batch of a dead worker."""
        return Batch(self.batch.kind, tuple(self._left)) if self.batch and self._left else None

    def end(self) -> None:
        """Kill it and all it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def _begin(self) -> None:
        self._started = (time.monotonic(), self._used()[0])

    def _used(self) -> tuple[float, int]:
        try:
            with self._usage.oneshot():
                times, memory = self._usage.cpu_times(), self._usage.memory_info().rss
            return times.user + times.system + times.children_user + times.children_system, memory
        except psutil.Error:
            return 0.0, 0

    def _line(self, line: dict[str, Any]) -> Judged | None:
        if "at" in line:
            self._at = line["at"], line["file"]
            self._begin()
        elif "limit_s" in line:
            self._limit_s = line["limit_s"]
        elif "end" in line:
            self.batch = None
        elif "seed" in line:
            self._left.popleft()
            self._at = None
            self._begin()
            assert self.batch is not None
            return Judged(self.batch.kind, **line)
        return None

    def _kill(self, verdict: str, error: str) -> list[Judged]:
        os.killpg(self._process.pid, signal.SIGKILL)
        return self._ended(verdict, error)

    def _death(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        return f"exit code {code}\n" + self._errors.read()[-ERROR_LENGTH:].decode(errors="replace")

    def _ended(self, verdict: str, error: str) -> list[Judged]:
        self.is_dead = True
        if self._at is None:
            raise WorkerError(f"{self.batch}: {error}")
        assert self.batch is not None
        seed, file = self._at
        self._left.popleft()
        return [Judged(self.batch.kind, seed, file, verdict, error, self._limit_s, 0)]


def judge(
    next_batch: Callable[[], Batch | None],
    told: Callable[[Judged], None],
    folder: Path,
    jobs: int,
    deadline: float | None,
) -> None:
    """Judge batches until there are no more, or until a moment of the monotonic clock.

    Parameters
    ----------
    next_batch : callable
        Returns a batch, None if there is none.
    told : callable
        Is told what became of each input.
    folder : Path
        Where the inputs that fail stay.
    jobs : int
        Workers.
    deadline : float or None
        What is not judged then is not judged at all.
    """
    waiting: deque[Batch] = deque()
    workers: list[Worker] = []
    try:
        while deadline is None or time.monotonic() < deadline:
            _fill(workers, waiting, next_batch, folder, jobs)
            if not workers:
                return
            for worker in _ready(workers):
                for judged in worker.read():
                    told(judged)
            for worker in workers:
                if not worker.is_dead:
                    for judged in worker.watch():
                        told(judged)
            for worker in [each for each in workers if each.is_dead]:
                rest = worker.rest()
                if rest is not None:
                    waiting.append(rest)
                _drop(workers, worker)
    finally:
        for worker in workers:
            worker.end()


def _fill(
    workers: list[Worker],
    waiting: deque[Batch],
    next_batch: Callable[[], Batch | None],
    folder: Path,
    jobs: int,
) -> None:
    """Give every worker something to do; those with nothing to do end."""
    for worker in [each for each in workers if each.batch is None]:
        batch = waiting.popleft() if waiting else next_batch()
        if batch is None or worker.is_large:
            _drop(workers, worker)
        if batch is not None:
            if worker not in workers:
                worker = Worker(folder)  # noqa: PLW2901
                workers.append(worker)
            worker.give(batch)
    while len(workers) < jobs:
        batch = waiting.popleft() if waiting else next_batch()
        if batch is None:
            return
        workers.append(Worker(folder))
        workers[-1].give(batch)


def _drop(workers: list[Worker], worker: Worker) -> None:
    worker.end()
    workers.remove(worker)


def _ready(workers: list[Worker]) -> list[Worker]:
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.stream, selectors.EVENT_READ, worker)
        return [key.data for key, _ in selector.select(POLL_S)]


def _environment() -> dict[str, str]:
    """Return the environment of workers: one thread and one process each, and no sign of a terminal."""
    threads = {f"{each}_NUM_THREADS": "1" for each in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "HL")}
    kept = {key: value for key, value in os.environ.items() if key not in {"FORCE_COLOR", "COLUMNS"}}
    return {
        **kept,
        **threads,
        "LOKY_MAX_CPU_COUNT": "1",
        "PYTHONUTF8": "1",
        "PERFPRED_TRACEBACK": "1",
        "PYTHONHASHSEED": "0",
    }
