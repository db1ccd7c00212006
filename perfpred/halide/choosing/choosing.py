"""From a budget of runs to a schedule that can be kept."""

from __future__ import annotations

from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.bench import unrun
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.session import Session
from perfpred.halide.choosing.tune import tune
from perfpred.halide.schedule import Schedule
from perfpred.progress import Progress


def chosen_for(
    session: Session, experience: Experience | None, budget: int, seed: int, progress: Progress
) -> tuple[Schedule, str]:
    """Return a schedule for the session's pipeline and size, and why it was chosen."""
    expected: float | None
    candidate: Candidate
    if budget == 0:
        candidate, expected, reason = unrun(session, experience)
    else:
        choice = tune(session, experience, budget, seed, progress)
        candidate, expected, reason = choice.best.candidate, choice.best.expected_s, choice.reason
    target = session.task.target
    schedule = Schedule.of(session.source.name, session.graph, candidate, target, [session.size], expected)
    return schedule, reason
