"""What choosing is worth: chosen schedules and the autoschedulers' own, timed in rounds of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from perfpred.errors import MeasurementError
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.deciding import decide
from perfpred.halide.choose.judging import Judged, judge
from perfpred.halide.choose.session import Session
from perfpred.halide.choose.tune import first_reason
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.document import Schedule
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress

RIVALS = 5
GLANCE = Effort(min_rounds=3, max_rounds=5, row_budget_s=0.4, row_limit_s=20.0)


def bench(
    session: Session,
    database: ScheduleDatabase | None,
    budgets: Sequence[int],
    seed: int,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Return a document a budget, and one for each autoscheduler (budget None).

    What was profiled at the session's size itself is left out. Without runs and a profile, the choice is an
    autoscheduler's schedule. Every schedule is then timed in the same interleaved rounds, which no choice
    has seen, beside the fastest of all that were profiled; `regret` is the time over theirs, at least 1.

    Parameters
    ----------
    session : Session
        The pipeline at its size, and the processes that work on it.
    database : ScheduleDatabase, optional
        What was measured before.
    budgets : sequence of int
        How many schedules may be run, one choice per budget.
    seed : int
        Of every random choice.
    progress : Progress
        Told how far it is.
    """
    standing, _ = session.baselines()
    elsewhere = None if database is None else database.without(session.workload.size)
    if elsewhere is not None and not elsewhere.sizes:
        elsewhere = None
    chosen: dict[int, Candidate] = {}
    why: dict[int, str] = {}
    for budget in budgets:
        made = decide(session, elsewhere, budget, seed, progress)
        chosen[budget], why[budget] = made.best.candidate, made.reason
    rivals = _rivals(session, standing, elsewhere, seed, progress)
    scored = _scored(session, standing, list(chosen.values()), rivals, seed, progress)
    found = {each: scored.timed(each) for each in [*standing, *chosen.values(), *rivals]}
    base = scored.usable_baselines()[0]
    fastest_s = min(found[each].time_s for each in [*standing, *rivals] if found[each].status == "ok")
    common = {
        "pipeline": session.workload.name,
        "size": size_text(session.workload.size),
        "hardware": session.site.hardware.id,
        "baseline": base.source,
        "baseline_s": found[base].time_s,
        "fastest_s": fastest_s,
        "spearman": None if elsewhere is None else elsewhere.spearman,
        "effort": scored.effort() + scored.unrest(),
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
            "time_s": found[candidate].time_s,
            "noise": found[candidate].noise,
            **_speedup(scored, candidate, base),
            "regret": max(1.0, found[candidate].time_s / fastest_s),
        }
        for budget, strategy, candidate, reason in named
    ]


def _scored(
    session: Session,
    standing: Sequence[Candidate],
    chosen: Sequence[Candidate],
    rivals: Sequence[Candidate],
    seed: int,
    progress: Progress,
) -> Judged:
    """Return what became of all of them in the same blocks of rounds; how far `rivals` are decides nothing.

    Raises
    ------
    MeasurementError
        If no autoscheduler's schedule has a time.
    """
    asked = [each for each in chosen if each not in standing]
    scored = judge(session, standing, [*asked, *rivals], seed + 5000, progress, subjects=asked)
    if not scored.usable_baselines():
        failed = {each: block[each] for block in scored.blocks for each in standing if each in block}
        raise MeasurementError(
            f"no autoscheduler's schedule of {session.workload.name} could be timed: {first_reason(failed)}"
        )
    return scored


def _speedup(judged: Judged, candidate: Candidate, base: Candidate) -> dict[str, Any]:
    """Return a document of a candidate's speedup over the fastest baseline."""
    found = judged.speedup(candidate)
    return {**found.to_json(), "decided": candidate == base or found.decided}


def _rivals(
    session: Session,
    standing: Sequence[Candidate],
    database: ScheduleDatabase | None,
    seed: int,
    progress: Progress,
) -> list[Candidate]:
    """Return the fastest of all profiled schedules at this size: what a choice without runs may regret."""
    if database is None:
        return []
    known = [each for each in database.candidates if each.directives]
    found = session.measure([*standing, *known], GLANCE, seed + 4000, progress)
    timed = sorted(
        (each for each in found if found[each].status == "ok"), key=lambda each: found[each].time_s
    )
    return timed[:RIVALS]


def replayed(session: Session, stored: Schedule, seed: int, progress: Progress) -> list[dict[str, Any]]:
    """Return a document on a stored schedule, and one on each autoscheduler's, timed in the same rounds.

    The output of each has been compared with that of the pipeline without a schedule; `checks` says on what.

    Parameters
    ----------
    session : Session
        The pipeline at its size, and the processes that work on it.
    stored : Schedule
        The schedule.
    seed : int
        Of every random choice.
    progress : Progress
        Told how far it is.
    """
    checks = session.experiment.checks
    standing, _ = session.baselines()
    mine = replace(stored.candidate, source="replayed")
    others = [each for each in standing if each != mine]
    judged = judge(session, standing, [mine], seed, progress)
    timed = {each: judged.timed(each) for each in (mine, *others)}
    base = next(iter(judged.usable_baselines()), mine)
    return [
        {
            "pipeline": session.workload.name,
            "size": size_text(session.workload.size),
            "hardware": session.site.hardware.id,
            "source": each.source,
            "schedule": each.id,
            "status": timed[each].status,
            "time_s": timed[each].time_s,
            "noise": timed[each].noise,
            **_speedup(judged, each, base),
            "effort": judged.effort() + judged.unrest(),
            "expected_s": stored.expected_s if each is mine else None,
            "message": timed[each].message,
            "checks": checks.document(each.id),
            "compared": checks.text(each.id),
        }
        for each in (mine, *others)
    ]
