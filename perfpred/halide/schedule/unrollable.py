"""An autoscheduler's choice without the unrolling that Halide refuses, found out by having it make loops."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from perfpred.errors import InputError, one_line
from perfpred.halide.graph.model import Graph
from perfpred.halide.graph.names import loop_keys
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.constant_extents import UNROLL, doubtful
from perfpred.halide.schedule.dry_run import lowered

_REFUSED = re.compile(
    r"Can only unroll for loops over a constant extent\. Loop over (\S+)\.s(\d+)\.(\S+) has"
)


def unrollable(
    candidate: Candidate, graph: Graph, build: Callable[[], BuiltPipeline], target: Any
) -> Candidate:
    """Return a schedule without the unrolling that Halide refuses.

    Parameters
    ----------
    candidate : Candidate
        One that has directives, each of which can be applied.
    graph : Graph
        The pipeline at any size.
    build : callable
        Builds the pipeline afresh.
    target : hl.Target

    Returns
    -------
    Candidate
        The given one, unless an `unroll` had to go.
    """
    if not doubtful(candidate, graph):
        return candidate
    for _ in candidate.directives:
        built = build()
        try:
            lowered(candidate, built, target)
        except InputError as error:
            refused = _refused(str(error), candidate, built)
            if refused is None:
                return candidate  # it fails for another reason, which compiling it says
            kept = tuple(each for each in candidate.directives if each != refused)
            candidate = replace(candidate, directives=kept)
        else:
            return candidate
    return candidate


def _refused(message: str, candidate: Candidate, built: BuiltPipeline) -> Directive | None:
    """Return the directive that Halide's message is about, None if it is about another matter."""
    found = _REFUSED.search(one_line(message))
    keys = {func.name(): (key, func) for key, (func, _) in built.funcs.items()}
    if found is None or found[1] not in keys:
        return None
    key, func = keys[found[1]]
    stage = int(found[2])
    names = loop_keys([var.name() for var in func.args()], "d")
    if stage:
        names |= loop_keys([var.name() for var in func.rvars(stage - 1)], "r")
    # a loop that was cut from another is called by the names of both, one that begins earlier has an ending
    called = found[3].removesuffix(".$n")
    loop = names.get(called, called.rpartition(".")[2])
    refused = Directive(key, stage, UNROLL, (loop,))
    return refused if refused in candidate.directives else None
