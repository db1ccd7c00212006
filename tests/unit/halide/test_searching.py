"""Schedules as a space to search, and what Halide's two loops tell the search of rounds."""

import math

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.halide.choose.session import Timed
from perfpred.halide.choose.tune import RoundTimings
from perfpred.halide.cost.machine import Target
from perfpred.halide.measure.iterative import JournalledStrategy
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.search_space import ScheduleSpace, pool_size
from perfpred.measure.journal import CampaignJournal
from perfpred.search import STRATEGIES, AnchoredObjective, ModelSearch, Outcome, Predicted, Trace, search
from perfpred.search.strategies import strategy
from perfpred.surrogates.gaussian import GaussianSurrogate


def candidate(number):
    return Candidate((Directive("f", 0, "split", ("x", "xo", "xi", number + 1)),), "own")


def number_of(each):
    return each.directives[0].args[3] - 1


class Drawn:
    """A space of our own with so many schedules, which hands out at most so many at a time."""

    graph = None

    def __init__(self, count, at_a_time=math.inf):
        self.count, self.at_a_time, self.asked = count, at_a_time, []

    def sample(self, n, rng):
        self.asked.append(n)
        drawn = rng.permutation(self.count)[: int(min(n, self.at_a_time))]
        return [candidate(int(each)) for each in drawn]

    def neighbours(self, each, rng):
        return [candidate((number_of(each) + step) % self.count) for step in (-1, 1)]

    def is_legal(self, each):
        return number_of(each) < self.count

    def encode(self, candidates):
        return np.array([[float(number_of(each))] for each in candidates])


OBJECTIVE = Predicted(lambda chosen: np.array([1.0 + abs(number_of(each) - 30) for each in chosen]))
LIGHT = [name for name in STRATEGIES if not strategy(name).needs_surrogate]


def run(space, name, budget):
    chosen = strategy(name).factory(GaussianSurrogate())
    return search(space, OBJECTIVE, chosen, budget=budget, rng=np.random.default_rng(0))


@pytest.mark.parametrize("name", LIGHT)
def test_more_runs_than_a_pool_holds_are_all_spent(name):
    assert len(run(ScheduleSpace(Drawn(5_000), []), name, 1_000)) == 1_000


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_pipeline_with_few_schedules_is_searched_to_the_last(name):
    own = Drawn(40)
    space = ScheduleSpace(own, [])
    assert space.size is None
    assert sorted(map(number_of, run(space, name, 99).candidates)) == list(range(40))
    assert space.size == 40 and len(own.asked) <= 4


def test_what_a_search_ranks_follows_its_runs():
    own = Drawn(5_000)
    space = ScheduleSpace(own, [])
    chosen = ModelSearch(GaussianSurrogate(), pool=pool_size(0, 4))
    assert len(search(space, OBJECTIVE, chosen, budget=4, rng=np.random.default_rng(0))) == 4
    assert sum(own.asked) <= 80 + 32


def test_an_autoschedulers_run_is_not_among_what_a_model_ranks():
    graph = build(PipelineRef.of("blur"), (64, 48)).graph
    known = Candidate((Directive("blur_y", 0, "compute_root"),), "mullapudi2016")
    run_again = Candidate((Directive("", 0, AUTOSCHEDULE, ("Adams2019", "{}")),), "adams2019")
    space = ScheduleSpace(LoopNestSpace(graph, Target(32, 2)), [known, run_again, known])
    assert space.given == [known]
    drawn = space.sample(20, np.random.default_rng(0))
    assert drawn[0] == known and len(drawn) == len(set(drawn)) == 20
    assert all(space.is_legal(each) for each in drawn) and not space.is_legal(run_again)
    assert np.isfinite(space.encode(drawn)).all()


def slowness(moment):
    return 1.0 + 0.5 * (moment > 1)


class Machine:
    """A session on a machine that becomes slower by half after the first round."""

    def __init__(self):
        self.seeds = []

    def measure(self, candidates, effort, seed, progress):
        self.seeds.append(seed)
        slow = slowness(len(self.seeds))
        return {
            each: Timed((1.0 + number_of(each)) * slow, 0.0, "ok")
            if number_of(each) != 7
            else Timed(math.nan, math.nan, "wrong_result", message="all zeros")
            for each in candidates
        }


def test_rounds_of_a_slower_machine_are_told_as_at_first():
    machine = Machine()
    objective = AnchoredObjective(RoundTimings(machine, 5, None), [candidate(0), candidate(3)])
    first, second = objective.evaluate([candidate(1)]), objective.evaluate([candidate(4), candidate(7)])
    assert [each.value for each in (*first, second[0])] == pytest.approx([2.0, 5.0])
    assert (second[1].status, second[1].message) == ("wrong_result", "all zeros")
    assert machine.seeds == [6, 7]


class Next:
    """Proposes the next number, and a random one."""

    def propose(self, space, trace, n, rng):
        return [candidate(len(trace)), candidate(1_000 + int(rng.integers(1_000)))]


def test_what_was_proposed_before_is_proposed_again_unless_it_was_tried(tmp_path):
    def proposed(journal, rounds):
        chosen, trace, found = JournalledStrategy(Next(), journal, seed=3), Trace(), []
        for _ in range(rounds):
            found.append(list(chosen.propose(None, trace, 2, np.random.default_rng())))
            for each in found[-1]:
                trace.add(each, Outcome(1.0))
        return found

    path = tmp_path / "a.journal"
    with CampaignJournal(path, {"plan": 1}, resume=False) as journal:
        whole = proposed(journal, 3)
    lines = path.read_text().splitlines()
    assert sum('"proposed"' in line for line in lines) == 3
    path.write_text("\n".join(lines[:-1]) + "\n")  # killed before the third round
    with CampaignJournal(path, {"plan": 1}, resume=True) as journal:
        assert proposed(journal, 3) == whole
