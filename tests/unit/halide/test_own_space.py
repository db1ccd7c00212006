"""Our own space of hand-made pipelines: what it draws and varies is legal, and how large it is said to be."""

import struct

import numpy as np
import pytest

from perfpred.errors import InputError
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.model import Graph, Input
from perfpred.halide.measure.iterative import JournalledStrategy
from perfpred.halide.schedule import weights
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.miscompiled import has_windows, require_right
from perfpred.halide.space.loop_nests import VARIED, LoopNestSpace, has_features, rescaled
from perfpred.halide.space.lower import lower
from perfpred.halide.space.mutate import mutate
from perfpred.halide.space.rules import problem
from perfpred.halide.space.sample import sample_plan, sample_style
from perfpred.halide.space.search_space import POOL, ScheduleSpace, pool_size
from perfpred.measure.journal import CampaignJournal
from perfpred.search import Trace

from .graphs import blur, func, summed

TARGET = Target(vector_bytes=32, threads=2)


def with_sum():
    total = func("total", updates=(summed("image", 64),))
    return Graph(
        "abc",
        (total, func("out", [("total", 0, 1, False)], order=1)),
        (Input("image", (64.0, 32.0), 4),),
        ("out",),
    )


GRAPHS = {"blur": blur((256, 128)), "sum": with_sum()}


@pytest.fixture(params=GRAPHS)
def graph(request):
    return GRAPHS[request.param]


def test_whatever_is_varied_is_a_plan_of_the_pipelines_funcs(graph):
    rng = np.random.default_rng(0)
    plan = None
    legal, changed = 0, 0
    for _ in range(300):
        style = sample_style(graph, 32, 2, rng)
        if plan is None:
            drawn = sample_plan(graph, style, rng)
            plan = drawn if problem(drawn, graph) is None else None
            continue
        other = mutate(plan, graph, style, rng)
        assert list(other.funcs) == [each.key for each in graph.funcs if each.key in other.funcs]
        changed += other != plan
        if problem(other, graph) is None:
            legal += 1
            assert lower(other, graph).plan == other
            plan = other
    assert changed > 100 and legal > 50


def test_what_is_drawn_and_its_neighbours_are_legal_and_distinct(graph):
    space, rng = LoopNestSpace(graph, TARGET), np.random.default_rng(1)
    drawn = space.sample(8, rng)
    assert len(set(drawn)) == len(drawn) == 8
    near = space.neighbours(drawn[0], rng)
    assert near and drawn[0] not in near and len(set(near)) == len(near)
    assert all(space.is_legal(each) for each in (*drawn, *near))
    assert space.encode(drawn).shape == (8, len(FEATURES))
    assert drawn == LoopNestSpace(graph, TARGET).sample(8, np.random.default_rng(1))


def test_a_candidate_whose_plan_is_anothers_is_not_legal():
    space = LoopNestSpace(GRAPHS["blur"], TARGET)
    one, other = space.sample(2, np.random.default_rng(0))
    assert not space.is_legal(Candidate(one.directives, plan=other.plan))
    assert not LoopNestSpace(GRAPHS["sum"], TARGET).is_legal(one)
    assert not space.is_legal(Candidate((Directive("", 0, "autoschedule", ("Mullapudi2016", "{}")),)))


SPLIT = Directive("blurred", 0, "split", ("x", "xo", "xi", 8, "GuardWithIf"))


def test_a_schedule_without_a_plan_has_its_factors_varied():
    candidate = Candidate((SPLIT, Directive("blurred", 0, "vectorize", ("xi",))), "adams2019")
    found = rescaled(candidate, 16, np.random.default_rng(0))
    assert {each.directives[0].args for each in found} == {
        ("x", "xo", "xi", 4, "GuardWithIf"),
        ("x", "xo", "xi", 16, "GuardWithIf"),
    }
    assert {each.source for each in found} == {VARIED}
    assert rescaled(Candidate(candidate.directives[1:]), 16, np.random.default_rng(0)) == []
    largest = Candidate((Directive("blurred", 0, "split", ("x", "xo", "xi", 1 << 20)),))
    assert [each.directives[0].args[3] for each in rescaled(largest, 4, np.random.default_rng(0))] == [
        1 << 19
    ]
    space = LoopNestSpace(GRAPHS["blur"], TARGET)
    assert set(space.neighbours(candidate, np.random.default_rng(0))) == set(found)


@pytest.mark.parametrize(
    ("directives", "known"),
    [
        ((SPLIT,), True),
        ((Directive("other", 0, "compute_root"),), False),
        ((Directive("", 0, "autoschedule", ("Mullapudi2016", "{}")),), False),
    ],
)
def test_features_are_of_schedules_whose_loops_are_known(directives, known):
    assert has_features(Candidate(directives), GRAPHS["blur"]) == known


class Few:
    """A space of a few schedules, which hands out as many as it is asked for."""

    graph = GRAPHS["blur"]

    def __init__(self, count):
        splits = (Directive("blurred", 0, "split", ("x", "xo", "xi", 2 + each)) for each in range(count))
        self.all = [Candidate((each,)) for each in splits]

    def sample(self, n, rng):
        return self.all[:n]

    def neighbours(self, candidate, rng):
        return self.all[-1:]

    def is_legal(self, candidate):
        return candidate in self.all

    def encode(self, candidates):
        return np.zeros((len(candidates), 1))


def test_a_search_hears_of_the_size_once_drawing_more_finds_nothing_new():
    rng, own = np.random.default_rng(0), Few(5)
    given = [Candidate((SPLIT,)), Candidate((Directive("other", 0, "compute_root"),))]
    space = ScheduleSpace(own, given)
    assert space.given == given[:1]  # the other does not fit
    assert space.sample(1, rng) == space.given and space.size is None
    assert len(space.sample(4, rng)) == 4 and space.size is None
    assert len(space.sample(50, rng)) == 6 and space.size is None
    assert len(space.sample(50, rng)) == 6 and space.size == 6
    assert set(space.sample(50, rng)) == {given[0], *own.all}
    assert len(space.sample(3, rng)) == 3
    assert space.neighbours(given[0], rng) == own.all[-1:]
    assert space.is_legal(given[0]) and space.is_legal(own.all[0]) and not space.is_legal(given[1])
    assert space.encode(given).shape == (2, 1)
    assert space.from_json(space.to_json(given[0])) == given[0]
    assert pool_size(0, 10_000) == POOL


def test_a_schedule_that_computes_wrong_values_says_why():
    wrong = (
        Directive("rows", 0, "split", ("y", "yo", "yi", 4)),
        Directive("rows", 0, "compute_at", ("blurred", "y")),
        Directive("rows", 0, "store_root"),
        Directive("rows", 0, "store_in", ("Register",)),
    )
    candidate = Candidate(wrong)
    assert has_windows(candidate) and not has_windows(Candidate(wrong[:2]))
    with pytest.raises(
        InputError, match=r"the schedule s[0-9a-f]{11} would compute wrong values: rows is stored"
    ):
        require_right(candidate, blur())
    require_right(Candidate(wrong[1:3]), blur())


class Proposes:
    """A strategy that proposes one schedule of a factor that counts up."""

    def __init__(self):
        self.called = 0

    def propose(self, space, trace, n, rng):
        self.called += 1
        return [Candidate((Directive("f", 0, "split", ("x", "xo", "xi", 2 + self.called)),))]


def test_what_was_proposed_is_proposed_again_when_a_campaign_is_resumed(tmp_path):
    path, plan, rng = tmp_path / "a.journal", {"kernel": "made"}, np.random.default_rng(0)
    first = Proposes()
    with CampaignJournal(path, plan, resume=False) as journal:
        strategy = JournalledStrategy(first, journal, 0)
        rounds = [strategy.propose(None, Trace(), 5, rng) for _ in range(2)]
    again = Proposes()
    with CampaignJournal(path, plan, resume=True) as journal:
        strategy = JournalledStrategy(again, journal, 0)
        assert [strategy.propose(None, Trace(), 5, rng) for _ in range(2)] == rounds
        assert again.called == 0
        strategy.propose(None, Trace(), 5, rng)
        assert (first.called, again.called) == (2, 1)


def made_weights():
    rng = np.random.default_rng(0)
    return [rng.random(shape, dtype=np.float32) for shape in ((2, 3), (4,), (1, 2, 2), (3, 1), (2,), (5,))]


@pytest.fixture
def plugin(monkeypatch, tmp_path):
    """A plugin in which weights lie among other bytes; returns what writes it."""
    path = tmp_path / "plugin.so"
    monkeypatch.setattr(weights, "plugin", lambda name: path)
    weights.base_weights.cache_clear()
    yield path.write_bytes
    weights.base_weights.cache_clear()


def test_weights_are_found_perturbed_and_written(plugin, tmp_path):
    made = made_weights()
    plugin(b"\x7fELF" + weights.format_weights(made) + b"the end")
    for found, expected in zip(weights.base_weights(), made, strict=True):
        np.testing.assert_array_equal(found, expected)
    path = tmp_path / "a.weights"
    weights.write_perturbed(path, 0.0, np.random.default_rng(0))
    assert path.read_bytes() == weights.format_weights(made)
    weights.write_perturbed(path, 0.1, np.random.default_rng(0))
    moved = weights.parse_weights(path.read_bytes())
    assert [each.shape for each in moved] == [each.shape for each in made]
    assert not np.array_equal(moved[0], made[0])
    parameters = weights.sampling_parameters(path, np.random.default_rng(0))
    assert parameters["weights_path"] == str(path) and 30 <= parameters["random_dropout"] <= 100


def test_a_plugin_without_weights_says_so(plugin):
    plugin(struct.pack("<4I", weights.MAGIC, 9, 9, 6))
    with pytest.raises(InputError, match="Adams2019's plugin holds no weights of the known format"):
        weights.base_weights()
