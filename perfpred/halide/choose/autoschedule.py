"""One call in place of loading a plugin, setting estimates and running an autoscheduler."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfpred.errors import InputError
from perfpred.halide.choose.lookup import find_algorithm
from perfpred.halide.choose.ranking import Choice, Ranked, choose_at, rank, too_small_for_all
from perfpred.halide.cost.machine import Target
from perfpred.halide.schedule.autoschedulers import PARAMETERS, defaults
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.schedule.document import Schedule
from perfpred.hardware import Site, probe
from perfpred.variants.halide.library import target as halide_target

if TYPE_CHECKING:
    from perfpred.halide.pipeline.built import BuiltPipeline

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
    speedup, speedup_low, speedup_high : float or None
        How many times as fast it is as the fastest autoscheduler's, and the interval of that: measured, or
        expected where nothing was run. None where nothing is known.
    decided : bool
        Whether what was measured tells the fastest schedule from the autoscheduler's. If it does not, the
        choice stays with the autoscheduler's where schedules were run.
    """

    schedule: Schedule
    expected: float | None
    reason: str
    speedup: float | None = None
    speedup_low: float | None = None
    speedup_high: float | None = None
    decided: bool = False


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
        If the pipeline cannot be used, `budget`, `threads` or `seed` is no whole number of at least 0,
        or a measured schedule does not fit.
    MeasurementError
        If `budget` is positive and nothing can be compiled or timed.
    """
    import halide as hl

    from perfpred.halide.pipeline.build import checked
    from perfpred.halide.schedule.apply import apply_to
    from perfpred.halide.schedule.autoscheduled import choice_of

    for word, number in (("budget", budget), ("threads", threads), ("seed", seed)):
        _require_count(word, number)
    site = Site.of(probe(), threads=threads)
    name = halide_target(site.isa)
    built = checked(output, inputs, output_extents)
    graph = built.graph  # a pipeline without one is refused before anything is scheduled
    choice = _chosen(built, site, models, budget, seed)
    candidate, expected_s = choice.best.candidate, choice.best.expected_s
    apply_to(output, candidate, built, hl.Target(name))
    chosen = choice_of(candidate, built)
    expected = expected_s if math.isfinite(expected_s) else None
    schedule = Schedule.of("pipeline", graph, chosen, name, [_size(built)], expected)
    found = choice.speedup.to_json()
    low, high = found["speedup_low"], found["speedup_high"]
    return Applied(schedule, expected, choice.reason, found["speedup"], low, high, choice.decided)


def _require_count(word: str, number: Any) -> None:
    if not isinstance(number, Integral) or int(number) < 0:
        raise InputError(f"{word} must be a whole number of at least 0, but got {number!r:.40}")


def _chosen(
    built: BuiltPipeline, site: Site, models: str | os.PathLike[str] | None, budget: int, seed: int
) -> Choice:
    """Return the choice; where it is left to an autoscheduler, its candidate asks that autoscheduler."""
    from perfpred.halide.schedule.dry_run import require_applicable

    hardware = site.hardware.id
    found = None if models is None else find_algorithm(Path(models), built.identity, hardware)
    if budget:
        from perfpred.halide.choose.caller import tuned

        return tuned(built, _size(built), site, found, budget, seed)
    if found is None:
        return _left(FALLBACK, site, f"nothing was measured of this algorithm on {hardware}")
    target = Target.of(site)
    ranking = rank(found, _size(built), built.graph, target)
    if not ranking:
        return _left(FALLBACK, site, too_small_for_all(found, _size(built)))
    choice = choose_at(found, _size(built), ranking)
    if choice.is_left:
        name = next(each for each in PARAMETERS if each.lower() == choice.best.candidate.source)
        taken = replace(choice.best, candidate=_asked(name, site))
        return replace(choice, best=taken, baseline=taken)
    require_applicable(choice.best.candidate, built, halide_target(site.isa))
    return choice


def _left(scheduler: str, site: Site, reason: str) -> Choice:
    """Return the choice of leaving it to an autoscheduler of which nothing is known."""
    taken = Ranked(_asked(scheduler, site), math.nan, math.nan, False)
    return Choice(taken, taken, reason, ())


def _asked(scheduler: str, site: Site) -> Candidate:
    """Return the candidate of leaving the choice to an autoscheduler."""
    parameters = json.dumps(defaults(scheduler, site.threads))
    return Candidate((Directive("", 0, AUTOSCHEDULE, (scheduler, parameters)),), scheduler.lower())


def _size(built: BuiltPipeline) -> tuple[int, int]:
    """Return width and height of the output, 1 where it has none."""
    width, height = (*built.output_extents, 1, 1)[:2]
    return width, height
