"""The paper's template for a blur, over any pipeline with one two-dimensional output: four knobs."""

from __future__ import annotations

import itertools

import numpy as np

from perfpred.halide.graph.model import Func, Graph
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.plan import FuncPlan, LoopPlan, Plan
from perfpred.halide.space.lower import lower
from perfpred.halide.space.rules import problem

SPLITS = (1, 2, 4, 8)
VECTORS = (4, 8, 16, 32)
TILES = ((64, 16), (64, 64), (128, 32), (256, 32), (256, 64), (512, 128))
PARALLEL = (True, False)
SOURCE = "template"


class FourKnobs:
    """The output tiled, its rows split, vectorized and parallel; stencils computed a tile at a time.

    The knobs are the split of the rows, the values a vector, the tile, and whether tiles are parallel.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        knobs = itertools.product(SPLITS, VECTORS, TILES, PARALLEL)
        plans = (self._plan(*each) for each in knobs)
        self.candidates = [lower(plan, graph, SOURCE) for plan in plans if problem(plan, graph) is None]

    def sample(self, n: int, rng: np.random.Generator) -> list[Candidate]:
        """Return up to `n` distinct candidates."""
        chosen = rng.permutation(len(self.candidates))[:n]
        return [self.candidates[index] for index in chosen]

    def is_legal(self, candidate: Candidate) -> bool:
        """Whether a candidate is one of these."""
        return candidate in self.candidates

    def _plan(self, split: int, lanes: int, tile: tuple[int, int], parallel: bool) -> Plan:
        output = self.graph.by_key[self.graph.output]
        names = [loop.name for loop in output.stages[0].loops]
        if len(names) < 2 or not output.inlinable or len(self.graph.outputs) > 1:
            return Plan()
        x, y, *rest = names
        loops = LoopPlan(
            inner=(x, y),
            outer=(x, y, *rest),
            tiles=((x, max(lanes, tile[0])), (y, max(split, tile[1]))),
            blocks=((y, split),) if split > 1 else (),
            vector=x,
            lanes=lanes,
            parallel=parallel,
        )
        plans = {output.key: FuncPlan((loops,))}
        for func in reversed(self.graph.funcs):
            if func is not output and not _pointwise(func):
                plans[func.key] = self._member(func, plans, lanes)
        return Plan({func.key: plans[func.key] for func in self.graph.funcs if func.key in plans})

    def _member(self, func: Func, plans: dict[str, FuncPlan], lanes: int) -> FuncPlan:
        output = self.graph.output
        stages = []
        for stage in func.stages:
            free = [loop.name for loop in stage.loops if loop.name not in stage.rvars]
            reduction = tuple(name for name in stage.rvars)
            vector = free[0] if free else ""
            stages.append(
                LoopPlan((*free[:1], *reduction, *free[1:]), vector=vector, lanes=lanes if vector else 1)
            )
        return FuncPlan(tuple(stages), output, plans[output].stages[0].loops()[-3])


def _pointwise(func: Func) -> bool:
    """Whether a Func does next to nothing, such as a wrapper or a boundary condition, or must be inlined."""
    return func.unbounded or (func.inlinable and func.stages[0].operations <= 2)
