"""One call in place of loading a plugin, setting estimates and running an autoscheduler."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfpred.errors import InputError
from perfpred.halide.autoschedulers import PARAMETERS, defaults
from perfpred.halide.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.choosing.finding import find_algorithm
from perfpred.halide.choosing.ranking import choose, rank
from perfpred.halide.features.machine import Target
from perfpred.halide.schedule import Schedule
from perfpred.hardware import probe
from perfpred.variants.halide.library import target as halide_target

if TYPE_CHECKING:
    from perfpred.halide.built import Built
    from perfpred.halide.choosing.caller import Place

FALLBACK = "Adams2019"


@dataclass(frozen=True)
class Applied:
    """What was applied.

    Attributes
    ----------
    schedule : Schedule
        As a document, to keep and to replay.
    expected : float or None
        Seconds it should take, or took where schedules were run; None where an autoscheduler's schedule
        was applied unrun.
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
    seed: int = 0,
) -> Applied:
    """Schedule a pipeline for the sizes of its examples.

    Parameters
    ----------
    output : hl.Func or hl.Pipeline
        Unscheduled.
    inputs : sequence of (hl.ImageParam or hl.Param, example)
        Estimates come from the examples: arrays with Halide's dimension 0 last, or scalars.
    output_extents : sequence of int
        In Halide's order.
    models : path-like, optional
        A folder that ``perfpred halide train`` wrote to. Only measurements of this very algorithm on this
        machine count.
    budget : int
        How many schedules may be run, in other processes, with the examples as inputs; the autoschedulers'
        own are timed beside them. With 0 nothing is run: the choice is by the measurements in `models`, or
        else an autoscheduler's.
    threads : int
        0: all processors.
    seed : int
        Of the search.

    Raises
    ------
    InputError
        If the pipeline cannot be used, `budget` is negative, or a measured schedule does not fit.
    MeasurementError
        If `budget` is positive and nothing can be compiled or timed.
    """
    import halide as hl

    from perfpred.halide.apply import apply_to
    from perfpred.halide.autoscheduled import choice_of
    from perfpred.halide.built import checked
    from perfpred.halide.choosing.caller import Place

    if budget < 0:
        raise InputError(f"budget >= 0 must hold, but got {budget}")
    machine = probe()
    place = Place(machine, machine.best_isa(), threads or len(machine.affinity))
    name = halide_target(place.isa)
    built = checked(output, inputs, output_extents)
    graph = built.graph  # a pipeline without one is refused before anything is scheduled
    candidate, expected, reason = _chosen(built, place, models, budget, seed)
    apply_to(output, candidate, built, hl.Target(name))
    chosen = choice_of(candidate, built)
    schedule = Schedule.of("pipeline", graph, chosen, name, [_size(built)], expected)
    return Applied(schedule, expected, reason)


def _chosen(
    built: Built, place: Place, models: str | os.PathLike[str] | None, budget: int, seed: int
) -> tuple[Candidate, float | None, str]:
    """Return a candidate, the seconds it should take, and why it was chosen."""
    from perfpred.halide.trying import require_applicable

    hardware = place.machine.hardware(place.isa, place.threads).id
    found = None if models is None else find_algorithm(Path(models), built.identity, hardware)
    if budget:
        from perfpred.halide.choosing.caller import tuned

        choice = tuned(built, _size(built), place, found, budget, seed)
    elif found is None:
        return _asked(FALLBACK, place), None, f"nothing was measured of this algorithm on {hardware}"
    else:
        target = Target.of(place.machine, place.isa, place.threads)
        choice = choose(rank(found, _size(built), built.graph, target))
        if choice.is_left:
            name = next(each for each in PARAMETERS if each.lower() == choice.best.candidate.source)
            return _asked(name, place), choice.best.expected_s, choice.reason
        require_applicable(choice.best.candidate, built, halide_target(place.isa))
    return choice.best.candidate, choice.best.expected_s, choice.reason


def _asked(scheduler: str, place: Place) -> Candidate:
    """Return the candidate of leaving the choice to an autoscheduler."""
    parameters = json.dumps(defaults(scheduler, place.threads))
    return Candidate((Directive("", 0, AUTOSCHEDULE, (scheduler, parameters)),), scheduler.lower())


def _size(built: Built) -> tuple[int, int]:
    """Return width and height of the output, 1 where it has none."""
    width, height = (*built.output_extents, 1, 1)[:2]
    return width, height
