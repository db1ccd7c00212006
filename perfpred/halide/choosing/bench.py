"""What choosing is worth: chosen schedules and the autoschedulers' own, timed in rounds of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.campaign import size_text
from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.ranking import choose, rank
from perfpred.halide.choosing.session import Session
from perfpred.halide.choosing.tune import tune
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress

SCORING = Effort(min_rounds=20, max_rounds=40, row_budget_s=3.0, row_limit_s=20.0)


def bench(
    session: Session,
    experience: Experience | None,
    budgets: Sequence[int],
    seed: int,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Return a document a budget, and one for each autoscheduler (budget None).

    Budget 0 chooses from what was profiled at other sizes than the session's; without any, an
    autoscheduler's schedule. Every schedule is then timed in the same interleaved rounds, which no choice
    has seen.
    """
    standing, _ = session.baselines()
    chosen: dict[int, Candidate] = {}
    why: dict[int, str] = {}
    for budget in budgets:
        if budget == 0:
            elsewhere = None if experience is None else experience.without(session.size)
            chosen[budget], _, why[budget] = unrun(session, elsewhere)
        else:
            made = tune(session, experience, budget, seed, progress)
            chosen[budget], why[budget] = made.best.candidate, made.reason
    scored = session.measure([*standing, *chosen.values()], SCORING, seed + 5000, progress)
    base = min(
        (each for each in standing if scored[each].status == "ok"), key=lambda each: scored[each].time_s
    )
    common = {
        "pipeline": session.source.name,
        "size": size_text(session.size),
        "hardware": session.task.hardware.id,
        "baseline": base.source,
        "baseline_s": scored[base].time_s,
    }
    documents = [
        {
            **common,
            "budget": budget,
            "strategy": "model",
            "source": candidate.source,
            "reason": why[budget],
            "time_s": scored[candidate].time_s,
            "noise": scored[candidate].noise,
            "speedup": scored[base].time_s / scored[candidate].time_s,
        }
        for budget, candidate in chosen.items()
    ]
    documents += [
        {
            **common,
            "budget": None,
            "strategy": each.source,
            "source": each.source,
            "reason": "",
            "time_s": scored[each].time_s,
            "noise": scored[each].noise,
            "speedup": scored[base].time_s / scored[each].time_s,
        }
        for each in standing
    ]
    return documents


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
