"""Laws of the space of loop nests: what is legal compiles, and a schedule is read back as it was written."""

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.names import func_keys, in_order
from perfpred.halide.graph.raw import parse
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.apply import apply
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.loop_nest import nests
from perfpred.halide.schedule.plan import Plan
from perfpred.halide.schedule.read_back import recorded
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.lower import lower
from perfpred.halide.space.mutate import mutate
from perfpred.halide.space.rules import problem
from perfpred.halide.space.sample import sample_plan, sample_style

MACHINE = Target(vector_bytes=32, threads=2)
HERE = hl.Target("x86-64-linux-avx-avx2-f16c-fma-sse41-no_asserts-no_bounds_query")
PIPELINES = ("blur", "unsharp", "max_filter", "iir_blur", "matmul", "conv_layer")
SIZES = ((96, 64), (130, 75))
ALWAYS = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
FEW, MORE = settings(max_examples=12, **ALWAYS), settings(max_examples=25, **ALWAYS)
GRAPHS = {}


def built_at(name, size):
    """A pipeline that nothing was applied to yet."""
    return build(PipelineRef.of(name), size)


def graph_of(name, size):
    if (name, size) not in GRAPHS:
        GRAPHS[name, size] = built_at(name, size).graph
    return GRAPHS[name, size]


@st.composite
def plans(draw):
    """A pipeline, its size, and a legal plan for it that was mutated a few times."""
    name, size = draw(st.sampled_from(PIPELINES)), draw(st.sampled_from(SIZES))
    graph, rng = graph_of(name, size), np.random.default_rng(draw(st.integers(0, 2**32)))
    style = sample_style(graph, MACHINE.vector_bytes, MACHINE.threads, rng)
    plan = sample_plan(graph, style, rng)
    for _ in range(draw(st.integers(0, 3))):
        near = mutate(plan, graph, style, rng)
        plan = near if problem(near, graph) is None else plan
    assume(LoopNestSpace(graph, MACHINE).is_legal(lower(plan, graph)))
    return name, size, plan


def scheduled(name, size, candidate):
    built = built_at(name, size)
    apply(candidate, built, HERE)
    return built


def read_back(built):
    return recorded(parse(hl.serialize_pipeline(built.pipeline)), "own", func_keys(in_order(built.raw)))


@FEW
@given(plans())
def test_whatever_is_legal_compiles(drawn):
    name, size, plan = drawn
    built = scheduled(name, size, lower(plan, graph_of(name, size)))
    built.pipeline.compile_to_module(built.arguments, name, HERE)


@MORE
@given(plans())
def test_a_plan_survives_its_text(drawn):
    name, size, plan = drawn
    candidate = lower(plan, graph_of(name, size))
    assert Plan.loads(plan.dumps()) == plan
    assert candidate.plan == plan
    assert lower(Plan.loads(plan.dumps()), graph_of(name, size)) == candidate
    assert Candidate.from_json(candidate.to_json()) == candidate


@MORE
@given(plans())
def test_what_was_lowered_is_read_back(drawn):
    name, size, plan = drawn
    candidate = lower(plan, graph_of(name, size))
    found = read_back(scheduled(name, size, candidate))
    graph = graph_of(name, size)
    assert nests(found, graph) == nests(candidate, graph)
    assert read_back(scheduled(name, size, found)) == found
