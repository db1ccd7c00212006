"""From a plan to directives."""

from __future__ import annotations

from dataclasses import replace

from perfpred.halide.graph.model import Func, Graph
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.plan import ROOT, FuncPlan, LoopPlan, Plan, piece

SOURCE = "own"
GUARD = "GuardWithIf"


def lower(plan: Plan, graph: Graph, source: str = SOURCE) -> Candidate:
    """Return the candidate that a plan describes, which carries the plan."""
    directives: list[Directive] = []
    for func in reversed(graph.funcs):
        if func.key in plan.funcs:
            directives += _func(func.key, plan.funcs[func.key], _first_guarded(func, graph))
    return Candidate(tuple(directives), source, plan)


def _first_guarded(func: Func, graph: Graph) -> int:
    """Return the first stage whose last piece must not reach beyond what is needed.

    Of an output, pieces of the pure stage are shifted inwards, which those of updates cannot be.
    """
    if func.key in graph.outputs:
        return 1
    return 0 if func.key in graph.exposed else len(func.stages)


def _func(key: str, plan: FuncPlan, guarded: int) -> list[Directive]:
    found = [each for number, stage in enumerate(plan.stages) for each in _stage(key, number, stage)]
    found = [
        replace(each, args=(*each.args, GUARD)) if each.method == "split" and each.stage >= guarded else each
        for each in found
    ]
    if not plan.root:
        return [*found, Directive(key, 0, "compute_root")]
    found.append(Directive(key, 0, "compute_at", (plan.root, plan.compute)))
    if plan.store == ROOT:
        found.append(Directive(key, 0, "store_root"))
    elif plan.store:
        found.append(Directive(key, 0, "store_at", (plan.root, plan.store)))
    return found


def _stage(key: str, number: int, plan: LoopPlan) -> list[Directive]:
    """Return the splits of a stage, the order of its loops, and how they run."""

    def say(method: str, *args: str | int) -> None:
        found.append(Directive(key, number, method, args))

    found: list[Directive] = []
    tiles, blocks = dict(plan.tiles), dict(plan.blocks)
    for name, size in tiles.items():
        say("split", name, piece(name, "o"), piece(name, "i"), size)
    copies: list[str] = []
    for name in dict.fromkeys((*plan.inner, *plan.outer)):
        loop = piece(name, "i") if name in tiles else name
        if name == plan.vector:
            _vector(say, name, loop, plan, copies)
        elif name in blocks:
            say("split", loop, piece(name, "m"), piece(name, "b"), blocks[name])
            copies.append(piece(name, "b"))
    vector = [piece(plan.vector, "v")] if plan.vector else []
    order = [*vector, *copies, *plan.unrolled, *reversed(plan.loops())]
    if len(order) > 1:
        say("reorder", *order)
    for loop in vector:
        say("vectorize", loop)
    for loop in (*copies, *plan.unrolled):
        say("unroll", loop)
    if plan.parallel and plan.loops():
        say("parallel", plan.loops()[0])
    return found


def _vector(say: object, name: str, loop: str, plan: LoopPlan, copies: list[str]) -> None:
    """Cut vectors off a loop, through a block of several if there is one."""
    assert callable(say)
    block = dict(plan.blocks).get(name, plan.lanes)
    if block > plan.lanes:
        say("split", loop, piece(name, "m"), piece(name, "b"), block)
        say("split", piece(name, "b"), piece(name, "u"), piece(name, "v"), plan.lanes)
        copies.append(piece(name, "u"))
    else:
        say("split", loop, piece(name, "m"), piece(name, "v"), plan.lanes)
