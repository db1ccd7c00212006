"""What choosing is worth: chosen schedules and the autoschedulers' own, timed in rounds of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from perfpred.errors import MeasurementError
from perfpred.halide.campaign import size_text
from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.deciding import decide
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.session import Session
from perfpred.halide.schedule import Schedule
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress

RIVALS = 5
GLANCE = Effort(min_rounds=3, max_rounds=5, row_budget_s=0.4, row_limit_s=20.0)
SCORING = Effort(min_rounds=20, max_rounds=40, row_budget_s=3.0, row_limit_s=20.0)


def bench(
    session: Session,
    experience: Experience | None,
    budgets: Sequence[int],
    seed: int,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Return a document a budget, and one for each autoscheduler (budget None).

    What was profiled at the session's size itself is left out. Without runs and a profile, the choice is an
    autoscheduler's schedule. Every schedule is then timed in the same interleaved rounds, which no choice
    has seen, beside the fastest of all that were profiled; `regret` is the time over theirs, at least 1.
    """
    standing, _ = session.baselines()
    elsewhere = None if experience is None else experience.without(session.size)
    if elsewhere is not None and not elsewhere.sizes:
        elsewhere = None
    chosen: dict[int, Candidate] = {}
    why: dict[int, str] = {}
    for budget in budgets:
        made = decide(session, elsewhere, budget, seed, progress)
        chosen[budget], why[budget] = made.best.candidate, made.reason
    rivals = _rivals(session, standing, elsewhere, seed, progress)
    scored = session.measure([*standing, *chosen.values(), *rivals], SCORING, seed + 5000, progress)
    usable = [each for each in standing if scored[each].status == "ok"]
    if not usable:
        raise MeasurementError(f"no autoscheduler's schedule of {session.source.name} could be timed")
    base = min(usable, key=lambda each: scored[each].time_s)
    fastest_s = min(scored[each].time_s for each in [*standing, *rivals] if scored[each].status == "ok")
    common = {
        "pipeline": session.source.name,
        "size": size_text(session.size),
        "hardware": session.task.hardware.id,
        "baseline": base.source,
        "baseline_s": scored[base].time_s,
        "fastest_s": fastest_s,
        "spearman": None if elsewhere is None else elsewhere.spearman,
    }
    named: list[tuple[int | None, str, Candidate, str]]
    named = [(budget, "model", candidate, why[budget]) for budget, candidate in chosen.items()]
    named += [(None, each.source, each, "") for each in standing]
    return [
        {
            **common,
            "budget": budget,
            "strategy": strategy,
            "source": candidate.source,
            "reason": reason,
            "time_s": scored[candidate].time_s,
            "noise": scored[candidate].noise,
            "speedup": scored[base].time_s / scored[candidate].time_s,
            "regret": max(1.0, scored[candidate].time_s / fastest_s),
        }
        for budget, strategy, candidate, reason in named
    ]


def _rivals(
    session: Session,
    standing: Sequence[Candidate],
    experience: Experience | None,
    seed: int,
    progress: Progress,
) -> list[Candidate]:
    """Return the fastest of all profiled schedules at this size: what a choice without runs may regret."""
    if experience is None:
        return []
    known = [each for each in experience.candidates if each.directives]
    found = session.measure([*standing, *known], GLANCE, seed + 4000, progress)
    timed = sorted(
        (each for each in found if found[each].status == "ok"), key=lambda each: found[each].time_s
    )
    return timed[:RIVALS]


def replayed(session: Session, stored: Schedule, seed: int, progress: Progress) -> list[dict[str, Any]]:
    """Return a document on a stored schedule, and one on each autoscheduler's, timed in the same rounds.

    The output of each has been compared with that of the pipeline without a schedule.
    """
    standing, _ = session.baselines()
    mine = replace(stored.candidate, source="replayed")
    others = [each for each in standing if each != mine]
    timed = session.measure([mine, *others], SCORING, seed, progress)
    times = [timed[each].time_s for each in standing if timed[each].status == "ok"]
    base_s = min(times, default=math.nan)
    return [
        {
            "pipeline": session.source.name,
            "size": size_text(session.size),
            "hardware": session.task.hardware.id,
            "source": each.source,
            "schedule": each.id,
            "status": timed[each].status,
            "time_s": timed[each].time_s,
            "noise": timed[each].noise,
            "speedup": base_s / timed[each].time_s,
            "expected_s": stored.expected_s if each is mine else None,
        }
        for each in (mine, *others)
    ]
