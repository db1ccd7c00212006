"""Trying a schedule that someone else made in a copy of this process, before it is applied here.

Halide ends the process that asks it for some impossible things, so what is read from a file is first applied,
and lowered to loops, where that does no harm.
"""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path
from typing import Any

import halide as hl

from perfpred.errors import InputError, one_line
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.schedule.apply import apply, target_of
from perfpred.halide.schedule.autoscheduled import choice_of
from perfpred.halide.schedule.candidate import Candidate
from perfpred.sandbox.forking import ForkLimits, run_forked

LIMIT_S = 60.0
MEMORY_BYTES = 4 << 30
"""Seconds and memory, beyond what this process has already, that a schedule may take to be lowered."""
_FILTERS = threading.Lock()
"""Filters of warnings belong to all threads: two that restore them at once would leave theirs behind."""


def require_applicable(
    candidate: Candidate, built: BuiltPipeline, target: str, seconds: float = LIMIT_S
) -> Candidate:
    """Raise unless a candidate can be applied to a pipeline, which is left as it is.

    Parameters
    ----------
    candidate : Candidate
        The schedule.
    built : BuiltPipeline
        The pipeline, built.
    target : str
        Halide's target.
    seconds : float
        How long lowering may take.

    Returns
    -------
    Candidate
        What to apply: in place of running an autoscheduler again, what it chose.

    Raises
    ------
    InputError
        If Halide refuses the schedule, ends the process, or takes longer than `seconds`.
    """
    limits = ForkLimits(seconds, _address_space() + MEMORY_BYTES)
    with (
        _FILTERS,
        warnings.catch_warnings(),
    ):  # the child only calls Halide, so it waits for none of the other threads
        warnings.simplefilter("ignore", DeprecationWarning)
        reply = run_forked(lambda: _tried(candidate, built, target_of(target)), limits)
    if reply["status"] != "ok":
        said = one_line(reply["message"])[:300]
        raise InputError(f"the schedule {candidate.id} cannot be applied to this pipeline: {said}")
    return Candidate.from_json(reply["chosen"]) if "chosen" in reply else candidate


def _tried(candidate: Candidate, built: BuiltPipeline, target: Any) -> dict[str, Any]:
    is_asking = bool(built.inputs) and candidate.runs_autoscheduler
    if is_asking:
        built.graph  # noqa: B018 - read before anything is scheduled
    lowered(candidate, built, target)
    return {"chosen": choice_of(candidate, built).to_json()} if is_asking else {}


def lowered(candidate: Candidate, built: BuiltPipeline, target: Any) -> dict[str, Any]:
    """Apply a candidate and have Halide make loops of it, which finds out what applying alone does not.

    Raises
    ------
    InputError
        If Halide refuses it.
    """
    apply(candidate, built, target)
    arguments = built.arguments or built.pipeline.infer_arguments()
    try:  # /dev/null: a process that is ended cannot tidy up
        built.pipeline.compile_to_lowered_stmt(os.devnull, arguments, hl.StmtOutputFormat.Text, target)
    except hl.HalideError as error:
        raise InputError(one_line(error)) from None
    return {}


def _address_space() -> int:
    """Return the bytes of this process's address space, which its copy has as well."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")
