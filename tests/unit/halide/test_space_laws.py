"""Whatever the space draws or varies can run at its size, and is what its plan says."""

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.halide.cost.machine import Target
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.applicable import is_applicable
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.constant_extents import doubtful
from perfpred.halide.schedule.loop_nest import nests
from perfpred.halide.schedule.plan import Plan
from perfpred.halide.space.loop_nests import LoopNestSpace, rescaled
from perfpred.halide.space.lower import lower
from perfpred.halide.space.rules import problem

PLACES = [
    (name, size)
    for name, sizes in {
        "blur": [(37, 29), (640, 480)],
        "conv_layer": [(32, 24)],
        "interpolate": [(64, 48)],
        "iir_blur": [(37, 29)],
        "max_filter": [(64, 48)],
    }.items()
    for size in sizes
]


@pytest.fixture(scope="module", params=PLACES, ids=lambda each: f"{each[0]}-{each[1][0]}")
def space(request):
    name, size = request.param
    return LoopNestSpace(build(PipelineRef.of(name), size).graph, Target(vector_bytes=64, threads=2))


@pytest.fixture(scope="module")
def found(space):
    drawn = space.sample(12, np.random.default_rng(0))
    near = [other for each in drawn[:4] for other in space.neighbours(each, np.random.default_rng(1))]
    return drawn, near


def test_what_is_drawn_and_varied_is_legal_and_can_run(space, found):
    drawn, near = found
    assert len(set(drawn)) == len(drawn) == 12 and near
    for each in (*drawn, *near):
        assert space.is_legal(each) and is_applicable(each, space.graph)
        assert doubtful(each, space.graph) == []
        assert set(nests(each, space.graph).funcs) >= set(space.graph.outputs)


def test_a_candidate_is_what_its_plan_says(space, found):
    for each in (*found[0], *found[1]):
        plan = each.plan
        assert problem(plan, space.graph) is None
        assert lower(plan, space.graph) == each and Plan.loads(plan.dumps()) == plan
        assert Candidate.from_json(each.to_json()) == each


def test_what_others_made_is_varied_within_the_law(space, found):
    for each in found[0][:4]:
        foreign = Candidate(each.directives, "adams2019")
        near = space.neighbours(foreign, np.random.default_rng(2))
        assert foreign not in near and len(set(near)) == len(near)
        assert all(space.is_legal(other) and doubtful(other, space.graph) == [] for other in near)
        splits = [other for other in each.directives if other.method == "split"]
        assert bool(rescaled(foreign, 4, np.random.default_rng(2))) is bool(splits)
