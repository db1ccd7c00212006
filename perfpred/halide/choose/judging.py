"""The last word: finalists and baselines timed in blocks of rounds until it is decided, up to a limit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from perfpred.halide.choose import limits as defaults
from perfpred.halide.choose.limits import Limits
from perfpred.halide.choose.paired import (
    FEW_BLOCKS,
    SAME,
    UNKNOWN,
    Speedup,
    blocks_used,
    over_the_best,
    speedup,
    typical,
)
from perfpred.halide.choose.session import Timed
from perfpred.halide.schedule.candidate import Candidate
from perfpred.measure.campaign import Effort
from perfpred.predict.checks import Floats
from perfpred.progress import Progress

BLOCK = Effort(min_rounds=6, max_rounds=6, target_noise=1e-9, row_budget_s=0.6, row_limit_s=20.0)
"""Of one process: each candidate in each round, so that all of a block are timed in the same moments."""
SHORT_BLOCK = replace(BLOCK, min_rounds=2, max_rounds=2)
LONG_S = 0.3
"""A round that takes longer than this is repeated in more blocks rather than in one."""
MIN_BLOCKS = 3
"""Where time is up, fewer are enough to tell how far they differ."""
MOST = 0.75
"""The share of a block's candidates that must have been timed in quiet for it to count as quiet."""
CLOSE = 1.055
"""An interval whose ends differ by less than this factor is not made narrower."""


class Measures(Protocol):
    """What times candidates: a session, or a fake in a test."""

    def measure(
        self, candidates: Sequence[Candidate], effort: Effort, seed: int, progress: Progress
    ) -> dict[Candidate, Timed]:
        """Return what became of each candidate, all timed in the same interleaved rounds.

        Parameters
        ----------
        candidates : sequence of Candidate
        effort : Effort
            How long and how often is timed.
        seed : int
            Of every random choice.
        progress : Progress
            Told how far it is.
        """
        ...

    def wait_for_quiet(self, limit_s: float) -> float:
        """Wait at most so long for other programs to leave the processors alone; returns the seconds."""
        ...


@dataclass
class Judged:
    """What became of candidates in blocks of rounds.

    Attributes
    ----------
    baselines : list of Candidate
        Those with a time in all blocks.
    blocks : list of mapping of Candidate to Timed
    rounds : int
        How often each was timed, over all blocks.
    waited_s, spent_s : float
        Seconds waited for quiet, and in all.
    """

    baselines: list[Candidate]
    blocks: list[dict[Candidate, Timed]] = field(default_factory=list)
    rounds: int = 0
    waited_s: float = 0.0
    spent_s: float = 0.0

    def status(self, candidate: Candidate) -> str:
        """Return ok, or the first thing that went wrong with a candidate in any block."""
        return "ok" if (failed := self.failure(candidate)) is None else failed.status

    def failure(self, candidate: Candidate) -> Timed | None:
        """Return the first thing that went wrong with a candidate in any block, None if nothing did."""
        found = (block[candidate] for block in self.blocks)
        return next((each for each in found if each.status != "ok"), None)

    def timed(self, candidate: Candidate) -> Timed:
        """Return a candidate's typical time; its noise is the deviation between blocks."""
        failed = self.failure(candidate)
        if failed is not None:
            return failed
        slowdown, times_s = self._slowdown(), self._times(candidate)
        used = blocks_used(slowdown)
        noise = float(np.log(times_s[used]).std(ddof=1)) if used.sum() > 1 else math.nan
        return Timed(typical(times_s, slowdown), noise, "ok", float(np.median(slowdown[used])))

    def speedup(self, candidate: Candidate) -> Speedup:
        """Return how many times as fast a candidate is as the fastest baseline: 1 at most for a baseline."""
        usable = self._usable()
        if not usable or self.status(candidate) != "ok":
            return UNKNOWN
        return over_the_best([self._over(candidate, each) for each in usable])

    def usable_baselines(self) -> list[Candidate]:
        """Return the baselines with a time in all blocks, the fastest first."""
        return sorted(self._usable(), key=lambda each: self.timed(each).time_s)

    def effort(self) -> str:
        """Say what it took."""
        waited = f", {self.waited_s:.0f} s of them waiting for quiet" if self.waited_s >= 0.5 else ""
        return f"{self.rounds} rounds in {self.spent_s:.0f} s{waited}"

    def unrest(self) -> str:
        """Say that the machine was busy, if it was when what counts was timed; starts with a comma."""
        slowdown = self._slowdown()
        if not len(slowdown) or (slowdown[blocks_used(slowdown)] <= 1.0).all():
            return ""
        return f", other programs taking part of the machine (up to {np.median(slowdown):.1f}x slower)"

    def _usable(self) -> list[Candidate]:
        return [each for each in self.baselines if self.status(each) == "ok"]

    def _over(self, candidate: Candidate, baseline: Candidate) -> Speedup:
        if candidate == baseline:
            return SAME
        return speedup(self._times(candidate), self._times(baseline), self._slowdown())

    def _times(self, candidate: Candidate) -> Floats:
        return np.array([block[candidate].time_s for block in self.blocks])

    def _slowdown(self) -> Floats:
        """Return how much slower than in quiet most of each block was, shape (blocks,)."""
        return np.array([_slowdown_of(block) for block in self.blocks])


def _slowdown_of(block: Mapping[Candidate, Timed]) -> float:
    found = [each.slowdown for each in block.values() if each.status == "ok"]
    return float(np.quantile(found, MOST)) if found else 1.0


def judge(
    session: Measures,
    baselines: Sequence[Candidate],
    candidates: Sequence[Candidate],
    seed: int,
    progress: Progress,
    subjects: Sequence[Candidate] | None = None,
    limits: Limits | None = None,
) -> Judged:
    """Time candidates and baselines in blocks of rounds.

    It ends when the interval of each subject's speedup over the fastest baseline excludes 1 or is narrow,
    when it has been busy all the while and waiting has not helped, or at a limit. What fails in one block is
    not timed in another.

    Parameters
    ----------
    session : Measures
    baselines, candidates : sequence of Candidate
    seed : int
        Of the order within rounds.
    progress : Progress
    subjects : sequence of Candidate, optional
        Those of the candidates that are to be decided; all by default.
    limits : Limits, optional
        ``LIMITS`` by default.
    """
    limits = limits or defaults.LIMITS
    start, judged = limits.clock(), Judged(list(baselines))
    everything = list(dict.fromkeys([*baselines, *candidates]))
    while not _is_over(judged, limits, limits.clock() - start):
        judged.waited_s += session.wait_for_quiet(limits.wait_s - judged.waited_s)
        failed = {each: why for each in everything if (why := judged.failure(each)) is not None}
        going = [each for each in everything if each not in failed]
        effort = _effort(judged)
        found = session.measure(going, effort, seed + len(judged.blocks), progress)
        judged.blocks.append({**failed, **found})
        judged.rounds += effort.max_rounds
        judged.spent_s = limits.clock() - start
        if len(judged.blocks) >= FEW_BLOCKS and _is_settled(
            judged, candidates if subjects is None else subjects, limits
        ):
            break
    return judged


def _is_over(judged: Judged, limits: Limits, spent_s: float) -> bool:
    count = len(judged.blocks)
    return count >= limits.max_blocks or (count >= MIN_BLOCKS and spent_s >= limits.time_s)


def _effort(judged: Judged) -> Effort:
    """Return the rounds of the next block: few if those so far took long."""
    times_s = [each.time_s for block in judged.blocks[:1] for each in block.values() if each.status == "ok"]
    return SHORT_BLOCK if sum(times_s) > LONG_S else BLOCK


def _is_settled(judged: Judged, candidates: Sequence[Candidate], limits: Limits) -> bool:
    """Say whether more blocks would change nothing."""
    found = [judged.speedup(each) for each in candidates if judged.status(each) == "ok"]
    if all(each.decided or each.high < CLOSE * each.low for each in found):
        return True
    # Where it was never quiet, the interval stays as wide as the machine is busy, whatever is timed.
    never_quiet = all(_slowdown_of(block) > 1 for block in judged.blocks)
    return never_quiet and judged.waited_s >= limits.wait_s
