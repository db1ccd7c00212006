"""Iterative profiling: a first sample, then what a model proposes from short timings of what came before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perfpred.halide.cost.machine import Target
from perfpred.halide.measure.compiling import Compiled, compile_all
from perfpred.halide.measure.estimating import estimates
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.journalled import candidates_of, view
from perfpred.halide.measure.timed import time_all
from perfpred.halide.measure.workers import HalideWorkers
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.search_space import ScheduleSpace, pool_size
from perfpred.measure.campaign import Effort
from perfpred.measure.journal import CampaignJournal
from perfpred.progress import Progress
from perfpred.search import AnchoredObjective, ModelSearch, Outcome, Search, Space, Strategy, Trace
from perfpred.surrogates.gaussian import GaussianSurrogate

SHORT = Effort(min_rounds=3, max_rounds=5, row_budget_s=0.4, row_limit_s=20.0)
BATCH, MIN_BATCH = 10, 5
"""Maximum and minimum number of schedules per round."""


@dataclass
class ShortTimings:
    """A campaign's candidates, compiled and timed shortly; a journal that holds some of them is continued.

    The value of a candidate is the geometric mean of its seconds over all sizes.

    Parameters
    ----------
    experiment : Experiment
    workers : HalideWorkers
    journal : CampaignJournal
    seed : int
    progress : Progress
    unit : str
        Of the values.
    chosen : list of Candidate
        What was chosen so far.
    compiled : dict of str to Compiled
        What was compiled so far.

    Attributes
    ----------
    chosen : list of Candidate
        All that were compiled, in order.
    compiled : dict of str to Compiled
        What became of each, by its id.
    """

    experiment: Experiment
    workers: HalideWorkers
    journal: CampaignJournal
    seed: int
    progress: Progress
    unit: str = "s"
    chosen: list[Candidate] = field(default_factory=list)
    compiled: dict[str, Compiled] = field(default_factory=dict)
    _round: int = field(default=0, init=False, repr=False)

    def compile(self, candidates: Sequence[Candidate]) -> None:
        """Compile candidates, which are then among those chosen."""
        self.chosen += [each for each in candidates if each not in self.chosen]
        log = view(self.journal, "compiled")
        self.compiled = compile_all(self.experiment, self.chosen, self.workers, log, self.progress)

    def evaluate(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Time compiled candidates in interleaved rounds, each code once."""
        by_id = {each.id: each for each in self.chosen}
        codes = [self.compiled[each.id].duplicate_of or each.id for each in candidates]
        usable = [by_id[code] for code in dict.fromkeys(codes) if self.compiled[code].usable]
        log = view(self.journal, f"look{self._round}", "row")
        seed = self.seed + self._round
        rows = time_all(self.experiment, usable, log, SHORT, seed, self.progress) if usable else []
        self._round += 1
        times: dict[str, list[float]] = {each.id: [] for each in usable}
        for (row, _), estimated in zip(rows, estimates(rows), strict=True):
            if estimated is not None:
                times[row.subject].append(math.log(estimated.time_s))
        return [self._outcome(code, times.get(code, [])) for code in codes]

    def _outcome(self, code: str, log_times: Sequence[float]) -> Outcome:
        compiled = self.compiled[code]
        if compiled.status != "ok":
            return Outcome.failed(compiled.status, message=compiled.message)
        if len(log_times) < len(self.experiment.described):
            return Outcome.failed("runtime_error")
        return Outcome(math.exp(float(np.mean(log_times))))


@dataclass
class JournalledStrategy:
    """Proposes what a journal says was proposed; what is new is put there before it is measured."""

    strategy: Strategy[Candidate]
    journal: CampaignJournal
    seed: int
    _round: int = field(default=0, init=False, repr=False)

    def propose(
        self, space: Space[Candidate], trace: Trace[Candidate], n: int, _rng: np.random.Generator
    ) -> Sequence[Candidate]:
        """Return up to `n` candidates, as in `Strategy`; each round has random numbers of its own."""
        self._round += 1
        if kept := [each for each in self._kept() if each not in trace]:
            return kept[:n]
        rng = np.random.default_rng([self.seed, self._round])
        found = self.strategy.propose(space, trace, n, rng)
        self.journal.append({"proposed": self._round, "schedules": [each.to_json() for each in found]})
        return found

    def _kept(self) -> list[Candidate]:
        """Return the round's candidates in the journal; none if it does not hold them whole."""
        for entry in self.journal.entries():
            if entry.get("proposed") == self._round and (kept := candidates_of(entry["schedules"])):
                return kept
        return []


def choose_in_rounds(timings: ShortTimings, target: Target, first: Sequence[Candidate], count: int) -> None:
    """Compile `first`, then `count` more in rounds, each near what was fastest in those before.

    What the last round proposes is compiled, but not timed shortly: the campaign times it at length.

    Parameters
    ----------
    timings : ShortTimings
        Times the candidates of a round.
    target : Target
        The machine as our own space sees it.
    first : sequence of Candidate
        Candidates of the first round.
    count : int
        How many are chosen in all.
    """
    timings.compile(first)
    own = LoopNestSpace(next(iter(timings.experiment.described.values())).graph, target)
    space = ScheduleSpace(own, first)
    model: ModelSearch[Candidate] = ModelSearch(
        GaussianSurrogate(), BATCH, MIN_BATCH, pool_size(len(space.given), count)
    )
    strategy = JournalledStrategy(model, timings.journal, timings.seed)
    objective = AnchoredObjective(timings)
    search = Search(space, strategy, np.random.default_rng(timings.seed), initial=space.given)
    latest = search.ask(len(space.given)) if count and space.given else []
    while count:
        for candidate, outcome in zip(latest, objective.evaluate(latest), strict=True):
            search.tell(candidate, outcome)
        latest = search.ask(count)
        if not latest:
            return
        timings.compile(latest)
        count -= len(latest)
