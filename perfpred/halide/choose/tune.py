"""Spending runs: rounds picked by the model, baselines timed beside, the last word to rounds of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perfpred.errors import MeasurementError, one_line
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.judging import Judged, judge
from perfpred.halide.choose.paired import SAME
from perfpred.halide.choose.ranking import Choice, Ranked, rank
from perfpred.halide.choose.session import Session, Timed
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.search_space import ScheduleSpace, pool_size
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress
from perfpred.search import AnchoredObjective, ModelSearch, Outcome, Surrogate, search
from perfpred.surrogates.gaussian import GaussianSurrogate
from perfpred.surrogates.source_task import SourceTask
from perfpred.surrogates.transfer import TransferSurrogate

FROM_PROFILE = 0.2
"""Share of the runs, beyond a batch, that goes to the schedules that a profile says are fastest."""
MIN_BATCH = 4
"""Schedules per round, at least: they are compiled side by side, and the baselines timed again beside."""
BATCH = 10
ROUND = Effort(min_rounds=4, max_rounds=6, row_budget_s=0.5, row_limit_s=20.0)
SCREENING = Effort(min_rounds=8, max_rounds=12, row_budget_s=1.0, row_limit_s=20.0)
FINALISTS = 6
RIVALS = 3
"""Of the finalists, those that meet the baselines in the rounds that decide."""
DECIDING_SEED = 1_000_003
"""The rounds that decide shuffle otherwise than those before."""


@dataclass
class RoundTimings:
    """Times candidates at the size of a session; each batch is timed in the same interleaved rounds.

    Attributes
    ----------
    session : Session
        The pipeline at its size, and the processes that work on it.
    seed : int
        Of every random choice.
    progress : Progress
        Told how far it is.
    unit : str
        Of the values.
    """

    session: Session
    seed: int
    progress: Progress
    unit: str = "s"

    def evaluate(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Return the outcome of each candidate."""
        self.seed += 1
        found = self.session.measure(candidates, ROUND, self.seed, self.progress)
        return [_outcome(found[each]) for each in candidates]


def _outcome(timed: Timed) -> Outcome:
    if timed.status == "ok":
        return Outcome(timed.time_s)
    return Outcome.failed(timed.status, message=timed.message)


def tune(
    session: Session, database: ScheduleDatabase | None, budget: int, seed: int, progress: Progress
) -> Choice:
    """Run at most `budget` schedules, the baselines beside, and return the fastest.

    The fastest few are timed once more with the baselines, in rounds that decide: being the best of many
    is partly luck. A baseline is left only for what is surely faster there.

    Parameters
    ----------
    session : Session
    database : ScheduleDatabase, optional
    budget, seed : int
        The most schedules to run, and the seed of every choice.
    progress : Progress
    """
    session.require_runnable()
    if database is not None:
        session.failed.update(database.failed)
    standing = [each for each in session.baselines()[0] if each.id not in session.failed]
    baselines = [each for each in standing if each.directives]
    size = session.workload.size
    ranked = [] if database is None else rank(database, size, session.graph, session.target)
    likely = [each.candidate for each in ranked if each.candidate not in standing]
    space = ScheduleSpace(LoopNestSpace(session.graph, session.target), likely)
    pool = pool_size(len(space.given), budget)
    trace = search(
        space,
        AnchoredObjective(RoundTimings(session, seed, progress), baselines, with_best=True),
        ModelSearch(_surrogate(database, space), BATCH, MIN_BATCH, pool),
        budget=budget,
        rng=np.random.default_rng(seed),
        initial=space.given[: min(budget, max(BATCH, round(budget * FROM_PROFILE)))],
    )
    tried = sorted((each for each in trace if each.outcome.ok), key=lambda each: each.outcome.time_s)
    finalists = [each.candidate for each in tried[:FINALISTS]]
    return _decided(session, standing, finalists, len(trace), seed + DECIDING_SEED, progress)


def _decided(
    session: Session,
    standing: Sequence[Candidate],
    finalists: Sequence[Candidate],
    runs: int,
    seed: int,
    progress: Progress,
) -> Choice:
    """Time the finalists beside the baselines, then the fastest few in blocks of rounds, which decide.

    The fastest is taken if the interval of its speedup over the fastest baseline is above 1.
    """
    first = session.measure([*standing, *finalists], SCREENING, seed, progress)
    ranking = _ranking(first)
    if not ranking:
        raise MeasurementError(
            f"no schedule of {session.workload.name} could be timed: {first_reason(first)}"
        )
    usable = [each.candidate for each in ranking]
    baselines = [each for each in standing if each in usable]
    rivals = [each for each in usable if each not in baselines][:RIVALS]
    judged = judge(session, baselines, rivals, seed + 1, progress)
    return _choice(judged, baselines, rivals, runs, ranking)


def _choice(
    judged: Judged,
    baselines: Sequence[Candidate],
    rivals: Sequence[Candidate],
    runs: int,
    ranking: Sequence[Ranked],
) -> Choice:
    """Return the fastest rival if it is surely faster than the baselines, else the fastest baseline."""
    last = _ranking({each: judged.timed(each) for each in [*baselines, *rivals]})
    order = _first(last, ranking)
    of_rivals = [each for each in last if each.candidate in rivals]
    standing = next((each for each in last if each.candidate in baselines), None)
    if standing is None:
        if not last:
            raise MeasurementError(f"none of {len(ranking)} schedules could be timed again")
        reason = f"the fastest of {runs} runs; no autoscheduler's could be timed beside it"
        return Choice(last[0], None, reason, order)
    effort = f"timed in the same rounds: {judged.effort()}"
    name = f"{standing.candidate.source}'s"
    if not of_rivals:
        return Choice(standing, standing, f"no other schedule could be run; {effort}", order, SAME, True)
    found = {each: judged.speedup(each.candidate) for each in of_rivals}
    faster = next((each for each in of_rivals if found[each].is_faster), None)
    if faster is not None:
        reason = f"the fastest of {runs} runs; {found[faster]} as fast as {name}, {effort}"
        taken = found[faster]
        return Choice(faster, standing, reason, _first([faster], order), taken, True, taken)
    nearest, own = found[of_rivals[0]], judged.speedup(standing.candidate)
    decided = all(each.is_slower for each in found.values())
    told = f"the fastest of {runs} runs is {nearest} as fast as {name}, {effort}"
    if not decided:
        told = f"undecided: {told}{judged.unrest()}; the choice stays with the autoscheduler's"
    return Choice(standing, standing, told, _first([standing], order), own, decided, nearest)


def first_reason(timed: Mapping[Candidate, Timed]) -> str:
    """Return what was said of the first schedule that failed, else how it ended."""
    failed = next((each for each in timed.values() if each.status != "ok"), None)
    return "there is none" if failed is None else one_line(failed.message or failed.status)[:300]


def _ranking(timed: dict[Candidate, Timed]) -> list[Ranked]:
    """Return what has a time, the fastest first."""
    found = [Ranked(each, one.time_s, one.noise, True) for each, one in timed.items() if one.status == "ok"]
    return sorted(found, key=lambda each: each.expected_s)


def _first(best: Sequence[Ranked], ranking: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Return a ranking with some put first."""
    put = {each.candidate for each in best}
    return (*best, *(each for each in ranking if each.candidate not in put))


def _surrogate(database: ScheduleDatabase | None, space: ScheduleSpace) -> Surrogate:
    if database is None or len(database.candidates) < 30:
        return GaussianSurrogate()
    relative = database.relative
    kept = [
        index
        for index, each in enumerate(database.candidates)
        if each.directives and np.isfinite(relative[index]) and space.is_legal(each)
    ]
    x = space.encode([database.candidates[index] for index in kept])
    source = SourceTask(x, relative[kept], np.ones(len(FEATURES), dtype=bool))
    # Features of schedules are no switches of code.
    return TransferSurrogate([source], by_strata=False)
