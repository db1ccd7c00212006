"""From a budget of runs to a schedule that can be kept."""

from __future__ import annotations

import math

from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.deciding import decide
from perfpred.halide.choose.ranking import Choice
from perfpred.halide.choose.session import Session
from perfpred.halide.schedule.document import Schedule
from perfpred.progress import Progress

KEPT = 4
"""Next best schedules that are kept beside the chosen one."""


def chosen_for(
    session: Session, database: ScheduleDatabase | None, budget: int, seed: int, progress: Progress
) -> tuple[Schedule, Choice]:
    """Return a schedule for the session's pipeline and size, and the choice it comes from.

    Parameters
    ----------
    session : Session
    database : ScheduleDatabase, optional
    budget, seed : int
        The most schedules to run, and the seed of every choice.
    progress : Progress
    """
    choice = decide(session, database, budget, seed, progress)
    best = choice.best
    others = [each for each in choice.ranking if each.candidate != best.candidate][:KEPT]
    schedule = Schedule.of(
        session.workload.name,
        session.graph,
        best.candidate,
        session.experiment.target,
        [session.workload.size],
        best.expected_s if math.isfinite(best.expected_s) else None,
        [(each.candidate, each.expected_s) for each in others],
    )
    return schedule, choice
