"""Spending runs: rounds picked by the model, baselines timed beside, the last word to a round of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.ranking import Choice, Ranked, rank
from perfpred.halide.choosing.session import Session, Timed
from perfpred.halide.features.compute import FEATURES
from perfpred.halide.gather import BASELINES
from perfpred.halide.space.own import OwnSpace
from perfpred.halide.space.searched import ScheduleSpace
from perfpred.learn.surrogate import GaussianSurrogate
from perfpred.learn.warm import Elsewhere, WarmSurrogate
from perfpred.measure.campaign import Effort
from perfpred.progress import Progress
from perfpred.search import ModelSearch, Outcome, Surrogate, Trace, search

FROM_PROFILE = 0.5
"""Share of the runs that goes to the schedules that a profile says are fastest."""
BATCH = 10
ROUND = Effort(min_rounds=5, max_rounds=8, row_budget_s=0.6, row_limit_s=20.0)
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
    first: dict[Candidate, Timed] | None = None
    best: Candidate | None = None
    best_s: float = float("inf")

    def evaluate(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Return the outcome of each candidate."""
        anchors = [*self.baselines, *([self.best] if self.best is not None else [])]
        self.seed += 1
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
    standing, _ = session.baselines()
    objective = Beside(session, [each for each in standing if each.directives], seed, progress)
    own = OwnSpace(session.graph, session.target)
    rng = np.random.default_rng(seed)
    ranked = [] if experience is None else rank(experience, session.size, session.graph, session.target)
    likely = [each.candidate for each in ranked if each.candidate not in standing]
    trace: Trace[Candidate] = Trace()
    first = likely[: max(1, round(budget * FROM_PROFILE))] if likely else []
    if budget <= BATCH:
        first = likely[:budget]
    for candidate, outcome in zip(first, objective.evaluate(first) if first else [], strict=True):
        trace.add(candidate, outcome)
    space = ScheduleSpace(own, [each for each in likely if own.is_legal(each)])
    strategy: ModelSearch[Candidate] = ModelSearch(_surrogate(experience, space), BATCH)
    search(space, objective, strategy, budget=budget, rng=rng, trace=trace)
    tried = sorted((each for each in trace if each.outcome.ok), key=lambda each: each.outcome.time_s)
    finalists = [each.candidate for each in tried[:FINALISTS]]
    decided = session.measure([*standing, *finalists], LAST_ROUND, seed + 1000, progress)
    return _decision(decided, len(trace))


def _surrogate(experience: Experience | None, space: ScheduleSpace) -> Surrogate:
    if experience is None or len(experience.candidates) < 30:
        return GaussianSurrogate()
    kept = [(each, row) for each, row in zip(experience.candidates, experience.log_time, strict=True)]
    kept = [(each, row) for each, row in kept if each.directives and np.isfinite(row).any()]
    x = space.encode([each for each, _ in kept])
    place = Elsewhere(x, np.array([np.nanmean(row) for _, row in kept]), np.ones(len(FEATURES), dtype=bool))
    return WarmSurrogate([place])


def _decision(decided: dict[Candidate, Timed], runs: int) -> Choice:
    ranking = tuple(
        sorted(
            (
                Ranked(each, timed.time_s, timed.noise, True)
                for each, timed in decided.items()
                if timed.status == "ok"
            ),
            key=lambda each: each.expected_s,
        )
    )
    baselines = [each for each in ranking if each.candidate.source in BASELINES]
    baseline = baselines[0] if baselines else None
    best = ranking[0]
    if baseline is not None and best.expected_s > baseline.expected_s * (1 - 0.5 * best.deviation):
        best = baseline  # no faster than its own noise
    beside = (
        ""
        if baseline is None
        else f"; {baseline.expected_s / best.expected_s:.2f}x as fast as "
        + (f"{baseline.candidate.source}'s, timed in the same rounds")
    )
    return Choice(replace(best), baseline, f"the fastest of {runs} runs{beside}", ranking)
