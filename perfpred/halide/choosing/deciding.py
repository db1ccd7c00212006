"""One schedule for a pipeline at a size: by prediction, or with some runs."""

from __future__ import annotations

import math
from dataclasses import replace

from perfpred.errors import InputError
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.ranking import Choice, Ranked, choose, rank
from perfpred.halide.choosing.session import Session
from perfpred.halide.choosing.tune import tune
from perfpred.progress import Progress


def decide(
    session: Session, experience: Experience | None, budget: int, seed: int, progress: Progress
) -> Choice:
    """Return the schedule to take after running at most `budget` of them."""
    if budget == 0:
        return unrun(session, experience)
    return tune(session, experience, budget, seed, progress)


def unrun(session: Session, experience: Experience | None) -> Choice:
    """Return the choice without a run: by what was profiled, else what an autoscheduler chooses.

    Raises
    ------
    InputError
        If there is nothing to choose from, or the schedule that was profiled does not fit the pipeline.
    """
    standing, notes = session.baselines()
    if experience is not None:
        session.failed.update(experience.failed)
    standing = [each for each in standing if each.id not in session.failed]
    own = {each.source: each for each in standing}
    if experience is None or not experience.sizes:
        if not standing:
            raise InputError(f"no autoscheduler schedules {session.source.name}: {'; '.join(notes)}")
        taken = Ranked(own.get("adams2019", standing[0]), math.nan, math.nan, False)
        return Choice(taken, taken, "nothing was measured of it at another size", ())
    choice = choose(rank(experience, session.size, session.graph, session.target))
    best = choice.best
    if choice.is_left and best.candidate.source in own:
        taken = replace(best, candidate=own[best.candidate.source])
        return replace(choice, best=taken, baseline=taken)
    session.require_applicable(best.candidate)
    return choice
