"""Spending runs: rounds picked by the model, baselines timed beside, the last word to a round of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfpred.errors import MeasurementError
from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.ranking import Choice, Ranked, rank
from perfpred.halide.choosing.session import Session, Timed
from perfpred.halide.features.compute import FEATURES
from perfpred.halide.space.own import OwnSpace
from perfpred.halide.space.searched import ScheduleSpace
from perfpred.learn.surrogate import GaussianSurrogate
from perfpred.learn.warm import Elsewhere, WarmSurrogate
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress
from perfpred.search import ModelSearch, Outcome, Surrogate, Trace, search

FROM_PROFILE = 0.2
"""Share of the runs, beyond a batch, that goes to the schedules that a profile says are fastest."""
LEAST = 4
"""Schedules a round, at the least: they are compiled side by side, and the baselines timed again beside."""
BATCH = 10
ROUND = Effort(min_rounds=4, max_rounds=6, row_budget_s=0.5, row_limit_s=20.0)
LAST_ROUND = Effort(min_rounds=15, max_rounds=30, row_budget_s=2.0, row_limit_s=20.0)
FINALISTS = 6


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
    is partly luck. What is chosen is never slower than a baseline there.
    """
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
    """Time the finalists beside the baselines, then the two fastest once more; the mean of both decides."""
    seed, progress = objective.seed + 1000, objective.progress
    first = session.measure([*standing, *finalists], LAST_ROUND, seed, progress)
    ranking = _ranking(first)
    if not ranking:
        raise MeasurementError(f"no schedule of {session.source.name} could be timed")
    baseline = next((each for each in ranking if each.is_baseline), None)
    few = [*ranking[:2], *([] if baseline is None else [baseline])]
    again = session.measure([each.candidate for each in few], LAST_ROUND, seed + 1, progress)
    both = _ranking({each.candidate: _mean(first[each.candidate], again[each.candidate]) for each in few})
    best = both[0] if both else ranking[0]
    baseline = next((each for each in both if each.is_baseline), baseline)
    beside = ""
    if baseline is not None:
        ratio = baseline.expected_s / best.expected_s
        beside = f"; {ratio:.2f}x as fast as {baseline.candidate.source}'s, timed in the same rounds"
    runs = objective.runs
    return Choice(best, baseline, f"the fastest of {runs} runs{beside}", _first(best, ranking))


def _mean(one: Timed, other: Timed) -> Timed:
    noise = abs(math.log(one.time_s / other.time_s)) if other.status == "ok" else math.nan
    return replace(other, time_s=math.sqrt(one.time_s * other.time_s), noise=noise)


def _ranking(timed: dict[Candidate, Timed]) -> list[Ranked]:
    """Return what has a time, the fastest first."""
    found = [Ranked(each, one.time_s, one.noise, True) for each, one in timed.items() if one.status == "ok"]
    return sorted(found, key=lambda each: each.expected_s)


def _first(best: Ranked, ranking: Sequence[Ranked]) -> tuple[Ranked, ...]:
    return (best, *(each for each in ranking if each.candidate != best.candidate))


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
    elsewhere = Elsewhere(x, relative[kept], np.ones(len(FEATURES), dtype=bool))
    # Features of schedules are no switches of code.
    return WarmSurrogate([elsewhere], by_kind=False)
