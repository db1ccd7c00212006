"""Measuring in rounds: a first sample, then what the model proposes from short timings of those before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from perfpred.halide.cost.machine import Target
from perfpred.halide.measure.campaign import Compiled, Task, compile_all
from perfpred.halide.measure.estimating import estimates
from perfpred.halide.measure.journalled import Part, candidates_of
from perfpred.halide.measure.timed import time_all
from perfpred.halide.measure.workers import Workshop
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.space.loop_nests import OwnSpace
from perfpred.halide.space.search_space import ScheduleSpace
from perfpred.hardware import Machine
from perfpred.measure.campaign import Effort
from perfpred.measure.journal import CampaignJournal
from perfpred.progress import Progress
from perfpred.search import ModelSearch, Outcome, Trace
from perfpred.surrogates.gaussian import GaussianSurrogate

SHORT = Effort(min_rounds=3, max_rounds=5, row_budget_s=0.4, row_limit_s=20.0)
BATCH, LEAST = 10, 5
"""Schedules a round, at most and at least."""
ANCHORS = 4
"""Schedules timed again in every round, so that its times can be compared with those of the others."""


@dataclass
class Rounds:
    """A campaign's candidates, round by round; a journal that holds some of them is continued.

    Parameters
    ----------
    task : Task
    target : Target
        The machine as our own space sees it.
    workshop : Workshop
    machine : Machine
    journal : CampaignJournal
    seed : int
    progress : Progress
    """

    task: Task
    target: Target
    workshop: Workshop
    machine: Machine
    journal: CampaignJournal
    seed: int
    progress: Progress
    chosen: list[Candidate] = field(default_factory=list)
    compiled: dict[str, Compiled] = field(default_factory=dict)
    _levels: dict[tuple[str, int], float] = field(default_factory=dict)
    _anchors: list[Candidate] = field(default_factory=list)
    _seen: dict[str, Outcome] = field(default_factory=dict)

    def add(self, candidates: Sequence[Candidate]) -> None:
        """Compile candidates."""
        self.chosen += candidates
        log = Part(self.journal, "compiled")
        self.compiled = compile_all(self.task, self.chosen, self.workshop, log, self.progress)

    def refine(self, first: Sequence[Candidate], count: int) -> None:
        """Add `first`, then `count` more in rounds, each near what was fastest in those before."""
        own = OwnSpace(next(iter(self.task.described.values())).graph, self.target)
        strategy: ModelSearch[Candidate] = ModelSearch(GaussianSurrogate(), BATCH, LEAST)
        trace: Trace[Candidate] = Trace()
        space, latest, number = ScheduleSpace(own, first), list(first), 0
        self.add(first)
        while len(self.chosen) < len(first) + count:
            for candidate, outcome in self._looked_at(latest, number).items():
                if own.is_legal(candidate):
                    trace.add(candidate, outcome)
            number += 1
            latest = self._proposed(space, strategy, trace, number, len(first) + count - len(self.chosen))
            if not latest:
                break
            self.add(latest)

    def _proposed(
        self,
        space: ScheduleSpace,
        strategy: ModelSearch[Candidate],
        trace: Trace[Candidate],
        number: int,
        most: int,
    ) -> list[Candidate]:
        """Return the candidates of a round: those in the journal, or new ones, which are put there."""
        for entry in self.journal.entries():
            if entry.get("proposed") == number and (kept := candidates_of(entry["schedules"])) is not None:
                return kept
        rng = np.random.default_rng([self.seed, number])
        known = set(self.chosen)
        found = [each for each in strategy.propose(space, trace, most, rng) if each not in known]
        self.journal.append({"proposed": number, "schedules": [each.to_json() for each in found]})
        return found

    def _looked_at(self, candidates: Sequence[Candidate], number: int) -> dict[Candidate, Outcome]:
        """Time candidates shortly, at all sizes, beside the anchors; seconds are geometric means."""
        usable = [each for each in candidates if self.compiled[each.id].usable]
        together = [*self._anchors, *(each for each in usable if each not in self._anchors)]
        log = Part(self.journal, f"look{number}", "row")
        rows = time_all(self.task, together, self.machine, log, SHORT, self.seed + number, self.progress)
        sizes = {size: place for place, size in enumerate(self.task.described)}
        found: dict[str, dict[int, float]] = {}
        for (row, _), estimated in zip(rows, estimates(rows), strict=True):
            if estimated is not None:
                place = sizes[row.sizes["width"], row.sizes["height"]]
                found.setdefault(str(row.subject), {})[place] = math.log(estimated.time_s)
        if not self._anchors:
            self._choose_anchors(usable, found)
        slow = [found[key][place] - level for (key, place), level in self._levels.items() if key in found]
        shift = float(np.mean(slow)) if slow else 0.0
        self._seen.update({each.id: self._outcome(each, found, shift) for each in candidates})
        return {each: self._seen[each.id] for each in candidates}

    def _choose_anchors(self, usable: Sequence[Candidate], found: Mapping[str, Mapping[int, float]]) -> None:
        whole = [each for each in usable if len(found.get(each.id, {})) == len(self.task.described)]
        whole.sort(key=lambda each: float(np.mean(list(found[each.id].values()))))
        self._anchors = whole[:ANCHORS]
        self._levels = {
            (each.id, place): level for each in self._anchors for place, level in found[each.id].items()
        }

    def _outcome(
        self, candidate: Candidate, found: Mapping[str, Mapping[int, float]], shift: float
    ) -> Outcome:
        compiled = self.compiled[candidate.id]
        if compiled.status != "ok":
            return Outcome.failed(compiled.status)
        if compiled.twin_of in self._seen:
            return self._seen[compiled.twin_of]
        times = found.get(compiled.twin_of or candidate.id, {})
        if len(times) < len(self.task.described):
            return Outcome.failed("runtime_error")
        return Outcome(math.exp(float(np.mean(list(times.values()))) - shift))
