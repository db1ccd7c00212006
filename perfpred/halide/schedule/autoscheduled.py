"""What an autoscheduler chose, as directives: a schedule to keep, to emit, and to have again without it."""

from __future__ import annotations

import halide as hl

from perfpred.errors import InputError
from perfpred.halide.graph.names import func_keys, in_order
from perfpred.halide.graph.raw import parse
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.loop_nest import nests
from perfpred.halide.schedule.read_back import recorded


def choice_of(candidate: Candidate, built: BuiltPipeline) -> Candidate:
    """Return a candidate that was applied, with the directives an autoscheduler chose in place of itself.

    Parameters
    ----------
    candidate : Candidate
        The schedule.
    built : BuiltPipeline
        The scheduled pipeline, whose graph was read before it was scheduled.

    Returns
    -------
    Candidate
        The given one if it runs no autoscheduler, or if directives cannot say what that chose.
    """
    if not candidate.runs_autoscheduler:
        return candidate
    try:
        scheduled = parse(hl.serialize_pipeline(built.pipeline))
        found = recorded(scheduled, candidate.source, func_keys(in_order(built.raw)))
        nests(found, built.graph)
    except InputError:
        return candidate
    return found
