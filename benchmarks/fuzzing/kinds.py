"""What a kind of file provides, so that one hunt serves all of them."""

from __future__ import annotations

import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

ACCEPTED, REFUSED = "accepted", "refused"


class WrongAnswerError(AssertionError):
    """A file was accepted, and what was made of it is wrong."""


def require_named(path: Path, error: Exception) -> None:
    """Raise `WrongAnswerError` unless the message of a refusal names its file."""
    if str(path) not in str(error):
        raise WrongAnswerError(f"the message does not name the file: {error}") from None


class Kind(Protocol):
    """A kind of file that the toolkit reads.

    Attributes
    ----------
    name : str
        As on the command line.
    suffix : str
        Of its files, with the dot.
    """

    name: str
    suffix: str

    def seeds(self) -> Sequence[bytes]:
        """Return files that are right, small ones, to begin from."""

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a damaged or hostile version of a file."""

    def judge(self, path: Path) -> str:
        """Read a file as a user would; return `ACCEPTED` or `REFUSED`, the latter for an `InputError`.

        Raises
        ------
        WrongAnswerError
            If it is accepted, and an answer is not finite, say.
        Exception
            Anything else that escapes: a traceback.
        """


@dataclass(frozen=True)
class Failure:
    """A file that was judged wrongly, or not in time."""

    file: Path
    seed: int
    error: str


@dataclass
class Outcome:
    """What became of many files; `slowest_s` is the processor time of the slowest."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest_s: float = 0.0


def hunt(kind: Kind, seeds: Iterator[int] | range, folder: Path, limit_s: float = 10.0) -> Outcome:
    """Judge one mutated file per seed; those that fail stay in `folder`.

    Only in the main thread of a process that may be interrupted: a file that takes longer than `limit_s` is
    given up by an alarm.
    """
    outcome = Outcome()
    originals = kind.seeds()
    for seed in seeds:
        rng = random.Random(f"{kind.name} {seed}")
        path = folder / f"{kind.name}-{seed}{kind.suffix}"
        path.write_bytes(kind.mutate(rng.choice(originals), rng))
        start = time.process_time()
        try:
            with _alarm(limit_s):
                verdict = kind.judge(path)
        except Exception:
            outcome.counts["failed"] += 1
            outcome.failures.append(Failure(path, seed, traceback.format_exc()))
        else:
            outcome.counts[verdict] += 1
            path.unlink()
        outcome.slowest_s = max(outcome.slowest_s, time.process_time() - start)
    return outcome


@contextmanager
def _alarm(limit_s: float) -> Iterator[None]:
    """Limit the processor time, which other programs do not change, and a wait to six times as long."""

    def ring(*_: Any) -> None:
        raise TimeoutError(f"not judged after {limit_s:g} s")

    before = {each: signal.signal(each, ring) for each in (signal.SIGALRM, signal.SIGPROF)}
    signal.setitimer(signal.ITIMER_REAL, 6 * limit_s)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for each, handler in before.items():
            signal.signal(each, handler)
