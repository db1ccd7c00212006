"""Spending runs: rounds picked by the model, baselines timed beside, the last word to rounds of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perfpred.errors import MeasurementError, one_line
from perfpred.halide.choose.database import Experience
from perfpred.halide.choose.judging import Judged, judge
from perfpred.halide.choose.paired import SAME
from perfpred.halide.choose.ranking import Choice, Ranked, rank
from perfpred.halide.choose.session import Session, Timed
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.space.loop_nests import OwnSpace
from perfpred.halide.space.search_space import ScheduleSpace
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress
from perfpred.search import ModelSearch, Outcome, Surrogate, Trace, search
from perfpred.surrogates.gaussian import GaussianSurrogate
from perfpred.surrogates.source_task import SourceTask
from perfpred.surrogates.transfer import TransferSurrogate

FROM_PROFILE = 0.2
"""Share of the runs, beyond a batch, that goes to the schedules that a profile says are fastest."""
LEAST = 4
"""Schedules a round, at the least: they are compiled side by side, and the baselines timed again beside."""
BATCH = 10
ROUND = Effort(min_rounds=4, max_rounds=6, row_budget_s=0.5, row_limit_s=20.0)
SCREENING = Effort(min_rounds=8, max_rounds=12, row_budget_s=1.0, row_limit_s=20.0)
FINALISTS = 6
RIVALS = 3
"""Of the finalists, those that meet the baselines in the rounds that decide."""


@dataclass
class Beside:
    """Times candidates in rounds that hold the baselines and the fastest so far as well.

    Times of different rounds are made comparable by those of what they have in common.
    """

    session: Session
    baselines: Sequence[Candidate]
    seed: int
    progress: Progress
    unit: str = "s"
    first: dict[Candidate, Timed] | None = None
    best: Candidate | None = None
    best_s: float = float("inf")
    runs: int = 0

    def evaluate(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Return the outcome of each candidate."""
        anchors = [*self.baselines, *([self.best] if self.best is not None else [])]
        self.seed += 1
        self.runs += len(candidates)
        found = self.session.measure([*anchors, *candidates], ROUND, self.seed, self.progress)
        factor = self._speed(found)
        outcomes = []
        for each in candidates:
            timed = found[each]
            if timed.status != "ok":
                outcomes.append(Outcome.failed(timed.status))
                continue
            time_s = timed.time_s / factor
            outcomes.append(Outcome(time_s))
            if time_s < self.best_s:
                self.best, self.best_s = each, time_s
        return outcomes

    def _speed(self, found: dict[Candidate, Timed]) -> float:
        """Return how slow the machine is in this round, 1 in the first."""
        known = [each for each in self.baselines if found[each].status == "ok"]
        if self.first is None:
            self.first = {each: found[each] for each in known}
        ratios = [found[each].time_s / self.first[each].time_s for each in known if each in self.first]
        return float(np.exp(np.mean(np.log(ratios)))) if ratios else 1.0


def tune(
    session: Session, experience: Experience | None, budget: int, seed: int, progress: Progress
) -> Choice:
    """Run at most `budget` schedules, the baselines beside, and return the fastest.

    The fastest few are timed once more with the baselines, in rounds that decide: being the best of many
    is partly luck. A baseline is left only for what is surely faster there.
    """
    session.require_runnable()
    if experience is not None:
        session.failed.update(experience.failed)
    standing = [each for each in session.baselines()[0] if each.id not in session.failed]
    objective = Beside(session, [each for each in standing if each.directives], seed, progress)
    own = OwnSpace(session.graph, session.target)
    rng = np.random.default_rng(seed)
    ranked = [] if experience is None else rank(experience, session.size, session.graph, session.target)
    likely = [each.candidate for each in ranked if each.candidate not in standing]
    trace: Trace[Candidate] = Trace()
    first = likely[: min(budget, max(BATCH, round(budget * FROM_PROFILE)))]
    for candidate, outcome in zip(first, objective.evaluate(first) if first else [], strict=True):
        trace.add(candidate, outcome)
    space = ScheduleSpace(own, [each for each in likely if own.is_legal(each)])
    strategy: ModelSearch[Candidate] = ModelSearch(_surrogate(experience, space), BATCH, LEAST)
    search(space, objective, strategy, budget=budget, rng=rng, trace=trace)
    tried = sorted((each for each in trace if each.outcome.ok), key=lambda each: each.outcome.time_s)
    return _decided(session, standing, [each.candidate for each in tried[:FINALISTS]], objective)


def _decided(
    session: Session, standing: Sequence[Candidate], finalists: Sequence[Candidate], objective: Beside
) -> Choice:
    """Time the finalists beside the baselines, then the fastest few in blocks of rounds, which decide.

    The fastest is taken if the interval of its speedup over the fastest baseline is above 1.
    """
    seed, progress = objective.seed + 1000, objective.progress
    first = session.measure([*standing, *finalists], SCREENING, seed, progress)
    ranking = _ranking(first)
    if not ranking:
        raise MeasurementError(f"no schedule of {session.source.name} could be timed: {first_reason(first)}")
    usable = [each.candidate for each in ranking]
    baselines = [each for each in standing if each in usable]
    rivals = [each for each in usable if each not in baselines][:RIVALS]
    judged = judge(session, baselines, rivals, seed + 1, progress)
    return _choice(judged, baselines, rivals, objective.runs, ranking)


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


def _surrogate(experience: Experience | None, space: ScheduleSpace) -> Surrogate:
    if experience is None or len(experience.candidates) < 30:
        return GaussianSurrogate()
    relative = experience.relative
    kept = [
        place
        for place, each in enumerate(experience.candidates)
        if each.directives and np.isfinite(relative[place]) and space.is_legal(each)
    ]
    x = space.encode([experience.candidates[place] for place in kept])
    source = SourceTask(x, relative[kept], np.ones(len(FEATURES), dtype=bool))
    # Features of schedules are no switches of code.
    return TransferSurrogate([source], by_strata=False)
