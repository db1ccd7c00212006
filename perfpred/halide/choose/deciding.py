"""One schedule for a pipeline at a size: by prediction, or with some runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from perfpred.errors import InputError
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.ranking import Choice, Ranked, choose_at, rank, too_small_for_all
from perfpred.halide.choose.session import Session
from perfpred.halide.choose.tune import tune
from perfpred.halide.schedule.candidate import Candidate
from perfpred.progress import Progress


def decide(
    session: Session, database: ScheduleDatabase | None, budget: int, seed: int, progress: Progress
) -> Choice:
    """Return the schedule to take after running at most `budget` of them.

    Parameters
    ----------
    session : Session
        Whose pipeline and size it is for.
    database : ScheduleDatabase, optional
    budget : int
    seed : int
    progress : Progress
    """
    if budget == 0:
        return unrun(session, database)
    return tune(session, database, budget, seed, progress)


def unrun(session: Session, database: ScheduleDatabase | None) -> Choice:
    """Return the choice without a run: by what was profiled, else what an autoscheduler chooses.

    Raises
    ------
    InputError
        If there is nothing to choose from, or the schedule that was profiled does not fit the pipeline.
    """
    standing, notes = session.baselines()
    if database is not None:
        session.failed.update(database.failed)
    standing = [each for each in standing if each.id not in session.failed]
    own = {each.source: each for each in standing}
    if database is None or not database.sizes:
        return _left(session, standing, notes, "nothing was measured of it at another size")
    ranking = rank(database, session.workload.size, session.graph, session.target)
    if not ranking:
        return _left(session, standing, notes, too_small_for_all(database, session.workload.size))
    choice = choose_at(database, session.workload.size, ranking)
    best = choice.best
    if choice.is_left and best.candidate.source in own:
        taken = replace(best, candidate=own[best.candidate.source])
        return replace(choice, best=taken, baseline=taken)
    session.require_applicable(best.candidate)
    return choice


def _left(session: Session, standing: Sequence[Candidate], notes: Sequence[str], reason: str) -> Choice:
    """Return an autoscheduler's choice for the session's size."""
    if not standing:
        raise InputError(f"no autoscheduler schedules {session.workload.name}: {'; '.join(notes)}")
    named = next((each for each in standing if each.source == "adams2019"), standing[0])
    taken = Ranked(named, math.nan, math.nan, False)
    return Choice(taken, taken, reason, ())
