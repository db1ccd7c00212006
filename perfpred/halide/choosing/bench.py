"""What choosing is worth: chosen schedules and the autoschedulers' own, timed in rounds of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.campaign import size_text
from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.experience import Experience, number
from perfpred.halide.choosing.ranking import choose, rank
from perfpred.halide.choosing.session import Session
from perfpred.halide.choosing.tune import tune
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress

RIVALS = 5
GLANCE = Effort(min_rounds=5, max_rounds=8, row_budget_s=0.6, row_limit_s=20.0)
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
    has seen, beside the fastest of all that were profiled; `regret` is the time over that of the fastest.
    """
    standing, _ = session.baselines()
    elsewhere = None if experience is None else experience.without(session.size)
    if elsewhere is not None and not elsewhere.sizes:
        elsewhere = None
    chosen: dict[int, Candidate] = {}
    why: dict[int, str] = {}
    for budget in budgets:
        if budget == 0:
            chosen[budget], _, why[budget] = unrun(session, elsewhere)
        else:
            made = tune(session, elsewhere, budget, seed, progress)
            chosen[budget], why[budget] = made.best.candidate, made.reason
    rivals = _rivals(session, standing, elsewhere, seed, progress)
    scored = session.measure([*standing, *chosen.values(), *rivals], SCORING, seed + 5000, progress)
    base = min(
        (each for each in standing if scored[each].status == "ok"), key=lambda each: scored[each].time_s
    )
    fastest_s = min(timed.time_s for timed in scored.values() if timed.status == "ok")
    common = {
        "pipeline": session.source.name,
        "size": size_text(session.size),
        "hardware": session.task.hardware.id,
        "baseline": base.source,
        "baseline_s": scored[base].time_s,
        "fastest_s": fastest_s,
        "spearman": None if elsewhere is None else number(elsewhere.spearman),
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
            "regret": scored[candidate].time_s / fastest_s,
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


def unrun(session: Session, experience: Experience | None) -> tuple[Candidate, float | None, str]:
    """Return the choice without a run, what it should take, and why; else what an autoscheduler chooses."""
    standing, notes = session.baselines()
    own = {each.source: each for each in standing}
    if experience is None or not experience.sizes:
        if not standing:
            raise InputError(f"no autoscheduler schedules {session.source.name}: {'; '.join(notes)}")
        return own.get("adams2019", standing[0]), None, "nothing was measured of it at another size"
    choice = choose(rank(experience, session.size, session.graph, session.target))
    best = choice.best
    candidate = own.get(best.candidate.source, best.candidate) if best.is_baseline else best.candidate
    return candidate, best.expected_s, choice.reason
