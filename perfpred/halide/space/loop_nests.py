"""Our own space: schedules of any pipeline, drawn as an expert would and varied a decision at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.halide.cost.features import encode, features
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.model import Graph
from perfpred.halide.schedule.applicable import too_small
from perfpred.halide.schedule.candidate import Candidate, distinct
from perfpred.halide.schedule.constant_extents import without_doubtful
from perfpred.halide.schedule.loop_nest import nests
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.schedule.rules import MAX_NUMBER
from perfpred.halide.space.lower import lower
from perfpred.halide.space.mutate import mutate
from perfpred.halide.space.rules import problem
from perfpred.halide.space.sample import sample_plan, sample_style

NEIGHBOURS = 16
POOL = 5
"""Draws a wanted candidate, of which a rough estimate of their times decides which are kept."""
SHARPNESS, WILD, TOO_SLOW = 1.5, 0.45, 2.3
"""How strongly the estimate decides; the share that it does not, unless they seem ten times too slow."""
VARIED = "varied"
"""The source of a schedule that is another source's but for a factor."""
TRIES = 30
"""Draws a wanted candidate before the space is taken to be exhausted."""

MISSES = 500
"""Draws, beyond as many as were found, that find nothing new where a tiny pipeline has few schedules."""

BLOCK, NEW, FEW = 500, 0.25, 0.05
"""Legal draws in a row, and the share of them that must be new: beyond the wanted candidates, up to them."""


class LoopNestSpace:
    """The schedules of one pipeline on one machine.

    Parameters
    ----------
    graph : Graph
        The pipeline at the size that factors are drawn for.
    target : Target
        The machine they are for.
    """

    def __init__(self, graph: Graph, target: Target) -> None:
        self.graph, self.target = graph, target

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Return up to `n` distinct legal candidates."""
        pool = self._pool(n, POOL * n, rng)
        if len(pool) <= n:
            return pool
        estimates = np.array([features(each, self.graph, self.target)[-1] for each in pool])
        behind = estimates - estimates.min()
        wild = (behind < TOO_SLOW) / max(1, int((behind < TOO_SLOW).sum()))
        likely = np.exp(-SHARPNESS * behind)
        chances = (1 - WILD) * likely / likely.sum() + WILD * wild + 1e-12
        chosen = rng.choice(len(pool), n, replace=False, p=chances / chances.sum())
        return [pool[index] for index in chosen]

    def _pool(self, wanted: int, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Return up to `n` distinct legal candidates as they are drawn; all, about, where there are fewer.

        A small pipeline has few: beyond those `wanted`, it goes on only while many of the draws are new.
        """
        found: dict[Candidate, None] = {}
        known, misses, legal, before = 0, 0, 0, 0
        for _ in range(TRIES * n):
            misses, known = misses + 1 if len(found) == known else 0, len(found)
            if len(found) >= n or misses > MISSES + len(found):
                break
            style = sample_style(self.graph, self.target.vector_bytes, self.target.threads, rng)
            plan = sample_plan(self.graph, style, rng)
            if problem(plan, self.graph) is not None:
                continue
            found.setdefault(lower(plan, self.graph))
            legal += 1
            if legal % BLOCK == 0:
                if len(found) - before < (NEW if len(found) >= wanted else FEW) * BLOCK:
                    break
                before = len(found)
        return list(found)

    def neighbours(self, candidate: Candidate, rng: np.random.Generator) -> list[Candidate]:
        """Return up to `NEIGHBOURS` candidates that differ from this one in a decision.

        A candidate that this space did not draw, such as an autoscheduler's, has its factors varied; it loses
        the unrolling of loops whose extents Halide might no longer find to be constants.
        """
        if candidate.plan is None:
            legal = [each for each in rescaled(candidate, NEIGHBOURS, rng) if self.is_legal(each)]
            return distinct([without_doubtful(each, self.graph) for each in legal])
        found: dict[Candidate, None] = {}
        for _ in range(TRIES * NEIGHBOURS):
            if len(found) >= NEIGHBOURS:
                break
            style = sample_style(self.graph, self.target.vector_bytes, self.target.threads, rng)
            other = mutate(candidate.plan, self.graph, style, rng)
            if problem(other, self.graph) is None:
                made = lower(other, self.graph)
                if made != candidate and too_small(made, self.graph) is None:
                    found.setdefault(made)
        return list(found)

    def is_legal(self, candidate: Candidate) -> bool:
        """Whether a candidate can run on the pipeline at its size, as far as can be told without Halide."""
        try:
            plan = candidate.plan
            if plan is not None and (
                problem(plan, self.graph) is not None or lower(plan, self.graph) != candidate
            ):
                return False
        except (InputError, ValueError, KeyError, TypeError):
            return False
        return has_features(candidate, self.graph) and too_small(candidate, self.graph) is None

    def encode(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Return features, shape (len(candidates), number of features), at this size."""
        return encode(candidates, self.graph, self.target)


def has_features(candidate: Candidate, graph: Graph) -> bool:
    """Say whether a candidate's loops are known, and Halide is not known to compile it wrongly."""
    try:
        nests(candidate, graph)
    except (InputError, ValueError, KeyError, TypeError):
        return False
    return miscompiled(candidate, graph) is None


def rescaled(candidate: Candidate, n: int, rng: np.random.Generator) -> list[Candidate]:
    """Return candidates with one factor of a split twice or half as large."""
    splits = [i for i, each in enumerate(candidate.directives) if each.method == "split"]
    found: dict[Candidate, None] = {}
    for _ in range(4 * n if splits else 0):
        place = int(rng.choice(splits))
        split = candidate.directives[place]
        factor = min(max(1, int(int(split.args[3]) * float(rng.choice((0.5, 2))))), MAX_NUMBER)
        changed = replace(split, args=(*split.args[:3], factor, *split.args[4:]))
        directives = (*candidate.directives[:place], changed, *candidate.directives[place + 1 :])
        if directives != candidate.directives and len(found) < n:
            found.setdefault(replace(candidate, directives=directives, source=VARIED))
    return list(found)
