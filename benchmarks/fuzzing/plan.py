"""Which inputs are judged when, and what became of them so far: a journal from which a run goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from fuzzing.crew import Batch, Judged
from fuzzing.worker import ABORT, MEMORY, NONSENSE, SLOW, TRACEBACK

FAILURES = (TRACEBACK, ABORT, NONSENSE, SLOW, MEMORY)
BATCH_S = 10.0
"""Processor time that a batch should take."""
FIRST_BATCH, LARGEST_BATCH = 5, 2000
JOURNAL = "journal.jsonl"


@dataclass
class Tally:
    """What became of the inputs of a kind."""

    counts: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    peak_mib: int = 0

    @property
    def inputs(self) -> int:
        """How many were judged."""
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        """How many were not judged as they must be."""
        return sum(self.counts[each] for each in FAILURES)

    def add(self, judged: Judged) -> None:
        """Count an input."""
        self.counts[judged.verdict if judged.error else judged.verdict.split()[0]] += 1
        self.cpu_s += judged.cpu_s
        self.slowest_s = max(self.slowest_s, judged.cpu_s)
        self.peak_mib = max(self.peak_mib, judged.peak_mib)


class Plan:
    """Hands out batches, of the kind on which least time was spent, and counts what became of the inputs.

    A folder with a journal is gone on with: inputs that it names are counted, not judged again.

    Parameters
    ----------
    kinds : sequence of str
    first : int
        The first seed of each kind.
    count : int or None
        Inputs of each kind; None for no end.
    folder : Path
        Where the journal lies, and the inputs that failed.
    """

    def __init__(self, kinds: Sequence[str], first: int, count: int | None, folder: Path) -> None:
        self.tallies = {kind: Tally() for kind in kinds}
        self.failures: list[Judged] = []
        self._seeds: dict[str, Iterator[int]] = {}
        self._path = folder / JOURNAL
        done: dict[str, set[int]] = {kind: set() for kind in kinds}
        for judged in self._kept():
            if judged.kind in done:
                done[judged.kind].add(judged.seed)
                self._count(judged)
        for kind in kinds:
            end = first + count if count is not None else 1 << 62
            self._seeds[kind] = _without(range(first, end), done[kind])
        self._under_way: Counter[str] = Counter()
        self._log = self._path.open("a", encoding="utf-8")

    def next_batch(self) -> Batch | None:
        """Return some inputs of the kind on which least time was spent, None if none are left."""
        for kind in sorted(self._seeds, key=self._spent_s):
            wanted = self._batch_size(kind)
            seeds = tuple(islice(self._seeds[kind], wanted))
            if seeds:
                self._under_way[kind] += len(seeds)
                return Batch(kind, seeds)
            del self._seeds[kind]
        return None

    def told(self, judged: Judged) -> None:
        """Count an input and write it to the journal."""
        self._under_way[judged.kind] -= 1
        self._count(judged)
        self._log.write(json.dumps(asdict(judged)) + "\n")
        self._log.flush()

    def close(self) -> None:
        """Close the journal."""
        self._log.close()

    def _kept(self) -> Iterator[Judged]:
        if not self._path.is_file():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                yield Judged(**json.loads(line))
            except ValueError:  # of a run that was ended in the middle of a line
                continue

    def _count(self, judged: Judged) -> None:
        self.tallies[judged.kind].add(judged)
        if judged.error:
            self.failures.append(judged)

    def _each_s(self, kind: str) -> float:
        tally = self.tallies[kind]
        return tally.cpu_s / tally.inputs if tally.inputs else BATCH_S / FIRST_BATCH

    def _spent_s(self, kind: str) -> float:
        return self.tallies[kind].cpu_s + self._under_way[kind] * self._each_s(kind)

    def _batch_size(self, kind: str) -> int:
        return min(max(int(BATCH_S / max(self._each_s(kind), 1e-6)), 1), LARGEST_BATCH)


def _without(seeds: range, done: set[int]) -> Iterator[int]:
    return (seed for seed in seeds if seed not in done)
