"""One call in place of loading a plugin, setting estimates and running an autoscheduler."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.choosing.experience import find_algorithm
from perfpred.halide.choosing.ranking import choose, rank
from perfpred.halide.features.machine import Target
from perfpred.halide.schedule import Schedule
from perfpred.hardware import probe
from perfpred.variants.halide.library import target as halide_target

FALLBACK = "Adams2019"


@dataclass(frozen=True)
class Applied:
    """What was applied.

    Attributes
    ----------
    schedule : Schedule
        As a document, to keep and to replay.
    expected : float or None
        Seconds it should take; None where an autoscheduler's schedule was applied.
    reason : str
        Why this one.
    """

    schedule: Schedule
    expected: float | None
    reason: str


def autoschedule(
    output: Any,
    inputs: Sequence[Any],
    output_extents: Sequence[int],
    *,
    models: str | os.PathLike[str] | None = None,
    budget: int = 0,
    threads: int = 0,
) -> Applied:
    """Schedule a pipeline for the sizes of its examples, without running anything.

    Parameters
    ----------
    output : hl.Func or hl.Pipeline
        Unscheduled.
    inputs : sequence of (hl.ImageParam or hl.Param, example)
        Estimates come from the examples: arrays with Halide's dimension 0 last, or scalars.
    output_extents : sequence of int
        In Halide's order.
    models : path-like, optional
        A folder that ``perfpred halide train`` wrote to. Without measurements of this very algorithm on
        this machine, the choice is an autoscheduler's.
    budget : int
        0. Runs need a pipeline that other processes can build: ``perfpred halide schedule FILE.py:FUNCTION``.
    threads : int
        0: all processors.

    Raises
    ------
    InputError
        If the pipeline cannot be used, or `budget` is not 0.
    """
    import halide as hl

    from perfpred.halide.apply import apply
    from perfpred.halide.autoschedulers import defaults
    from perfpred.halide.built import checked

    if budget != 0:
        raise InputError(
            f"budget must be 0 here, but got {budget}: runs need a pipeline that other processes can build, "
            f"so put it in a file and use perfpred halide schedule FILE.py:FUNCTION --budget {budget}"
        )
    machine = probe()
    isa, count = machine.best_isa(), threads or len(machine.affinity)
    hardware, name = machine.hardware(isa, count), halide_target(isa)
    built = checked(output, inputs, output_extents)
    size = (int(output_extents[0]), int(output_extents[1]) if len(output_extents) > 1 else 1)
    found = None if models is None else find_algorithm(Path(models), built.graph.algorithm, hardware.id)
    if found is None:
        parameters = _json(defaults(FALLBACK, count))
        candidate = Candidate((Directive("", 0, AUTOSCHEDULE, (FALLBACK, parameters)),), FALLBACK.lower())
        expected, reason = None, f"nothing was measured of this algorithm on {hardware.id}"
    else:
        choice = choose(rank(found, size, built.graph, Target.of(machine, isa, count)))
        candidate, expected, reason = choice.best.candidate, choice.best.expected_s, choice.reason
    apply(candidate, built, hl.Target(name))
    schedule = Schedule.of("pipeline", built.graph, candidate, name, [size], expected)
    return Applied(schedule, expected, reason)


def _json(parameters: dict[str, Any]) -> str:
    import json

    return json.dumps(parameters)
