"""Our own space: schedules of any pipeline, drawn as an expert would and varied a decision at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfpred.halide.candidate import Candidate, distinct
from perfpred.halide.graph.model import Graph
from perfpred.halide.space.draw import draw_plan, draw_style
from perfpred.halide.space.lower import lower
from perfpred.halide.space.plan import Plan
from perfpred.halide.space.rules import problem

TRIES = 30
"""Draws a wanted candidate before the space is taken to be exhausted."""


class OwnSpace:
    """The schedules of one pipeline on one machine.

    Parameters
    ----------
    graph : Graph
        The pipeline at the size that factors are drawn for.
    vector_bytes : int
        Bytes of the widest vector.
    threads : int
        Threads schedules are for.
    """

    def __init__(self, graph: Graph, vector_bytes: int = 32, threads: int = 1) -> None:
        self.graph, self.vector_bytes, self.threads = graph, vector_bytes, threads

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Return up to `n` distinct legal candidates."""
        found: dict[Candidate, None] = {}
        for _ in range(TRIES * n):
            if len(found) >= n:
                break
            style = draw_style(self.graph, self.vector_bytes, self.threads, rng)
            plan = draw_plan(self.graph, style, rng)
            if problem(plan, self.graph) is None:
                found.setdefault(lower(plan, self.graph))
        return list(found)

    def is_legal(self, candidate: Candidate) -> bool:
        """Whether a candidate of this space is a schedule that Halide takes."""
        if not candidate.origin:
            return False
        plan = Plan.loads(candidate.origin)
        return problem(plan, self.graph) is None and lower(plan, self.graph) == candidate

    def _lowered(self, plans: Sequence[Plan]) -> list[Candidate]:
        return distinct(lower(plan, self.graph) for plan in plans if problem(plan, self.graph) is None)
