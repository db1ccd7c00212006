"""Candidates are data; the spaces draw legal ones; features tell them apart."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.errors import InputError
from perfpred.halide.cost.features import FEATURES, encode, features
from perfpred.halide.cost.machine import Target
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.schedule.applicable import too_small
from perfpred.halide.schedule.autoschedulers import PARAMETERS, plugin, require_known
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.plan import Plan
from perfpred.halide.schedule.weights import base_weights, format_weights, parse_weights
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.rules import problem
from perfpred.halide.space.sample import sample_plan
from perfpred.halide.space.template import FourKnobs

TARGET = Target(vector_bytes=32, threads=2)


def graph_of(name):
    return build(PipelineRef.of(name), (256, 192)).graph


@pytest.mark.parametrize("name", PIPELINES)
def test_the_own_space_of_any_pipeline(name):
    space = LoopNestSpace(graph_of(name), TARGET)
    found = space.sample(12, np.random.default_rng(0))
    assert len(set(found)) == 12
    assert found == space.sample(12, np.random.default_rng(0))
    assert all(map(space.is_legal, found))
    for each in found:
        again = Candidate.from_json(json.loads(json.dumps(each.to_json())))
        assert (again, again.id, again.plan) == (each, each.id, each.plan)
    values = space.encode(found)
    assert values.shape == (12, len(FEATURES))
    assert np.isfinite(values).all()
    near = space.neighbours(found[0], np.random.default_rng(1))
    assert near and found[0] not in near and all(map(space.is_legal, near))


def test_the_own_space_holds_sliding_windows_and_register_tiles():
    found = LoopNestSpace(graph_of("blur"), TARGET).sample(100, np.random.default_rng(0))
    assert any("store_at" in str(each) for each in found)
    found = LoopNestSpace(graph_of("matmul"), TARGET).sample(100, np.random.default_rng(0))
    assert any("product.update(0).unroll(y_b)" in str(each) for each in found)


@pytest.mark.parametrize("size", [(1, 1), (3, 3)])
def test_a_tiny_pipeline_is_not_drawn_from_until_it_has_no_more(size, monkeypatch):
    drawn = []

    def counted(*arguments):
        drawn.append(sample_plan(*arguments))
        return drawn[-1]

    monkeypatch.setattr("perfpred.halide.space.loop_nests.sample_plan", counted)
    space = LoopNestSpace(build(PipelineRef.of("matmul"), size).graph, TARGET)
    found = space.sample(150, np.random.default_rng(0))
    assert len(set(found)) == 150
    assert len(drawn) < 2000


def test_the_template_has_four_knobs():
    space = FourKnobs(graph_of("blur"))
    found = space.sample(10, np.random.default_rng(0))
    assert len(set(found)) == 10 and all(map(space.is_legal, found))
    assert len(space.candidates) == 4 * 4 * 6 * 2


def test_an_autoschedulers_candidate_has_neighbours_too():
    split = Directive("blur_y", 0, "split", ("y", "yo", "yi", 32, "ShiftInwards"))
    candidate = Candidate((split, Directive("blur_y", 0, "compute_root")), "adams2019")
    near = LoopNestSpace(graph_of("blur"), TARGET).neighbours(candidate, np.random.default_rng(0))
    assert {each.directives[0].args[3] for each in near} == {16, 64}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (["f", 0, "splitt", "x"], "method 'splitt' is not known"),
        (["f", 0, "split", "x", "xo", "xi"], "split takes 4 arguments, not 3"),
        (["f", 0, "split", "x", "xo", "xi", "8"], "'8' is no whole number"),
        (["f", 0, "vectorize", "x", 0], "0 is not in 1"),
        (["f", -1, "vectorize", "x"], r"stage -1 is no whole number in 0\.\.1000"),
        (
            ["f", 0, "split", "x", "xo", "xi", 4, "Sideways"],
            "unknown tail strategy 'Sideways'; known: RoundUp",
        ),
        (["f", 0, "store_in", "Disk"], "unknown memory type 'Disk'"),
        (["", 0, "autoschedule", "Adams2019", '{"beams": 3}'], "unknown parameter of Adams2019 'beams'"),
        ("f.vectorize(x)", "must be"),
    ],
)
def test_what_is_no_directive(document, message):
    with pytest.raises(InputError, match=message):
        Directive.from_json(document)


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        (Directive("blur_z", 0, "vectorize", ("x",)), "unknown Func 'blur_z'; did you mean"),
        (Directive("blur_y", 0, "vectorize", ("q",)), "unknown loop 'q'"),
        (Directive("blur_y", 1, "vectorize", ("x",)), "blur_y has no update 0"),
        (Directive("blur_x", 0, "compute_at", ("blur_y", "q")), "unknown loop of blur_y 'q'"),
    ],
)
def test_directives_that_do_not_fit_the_pipeline(directive, message):
    with pytest.raises(InputError, match=message):
        features(Candidate((directive,)), graph_of("blur"), TARGET)


def named(candidate, graph):
    return dict(zip(FEATURES, features(candidate, graph, TARGET), strict=True))


def test_features_see_recomputation_vectors_and_sliding():
    graph = graph_of("blur")
    tile = [
        Directive("blur_y", 0, "split", ("y", "yo", "yi", 8)),
        Directive("blur_y", 0, "vectorize", ("x", 8)),
    ]
    inline = named(Candidate(tuple(tile)), graph)
    row = Directive("blur_x", 0, "compute_at", ("blur_y", "yi"))
    again = named(Candidate((*tile, row)), graph)
    slid = named(Candidate((*tile, row, Directive("blur_x", 0, "store_at", ("blur_y", "yo")))), graph)
    root = named(Candidate((*tile, Directive("blur_x", 0, "compute_root"))), graph)
    assert inline["log_recompute"] > slid["log_recompute"] > root["log_recompute"]
    assert again["log_recompute"] > slid["log_recompute"]
    assert (slid["sliding"], again["sliding"]) == (1, 0)
    assert inline["log_scalar_ops"] == 0 < named(Candidate(()), graph)["log_scalar_ops"]
    assert root["log_root_bytes"] > slid["log_root_bytes"]


def test_a_size_can_be_too_small_for_a_schedule():
    candidate = Candidate((Directive("blur_y", 0, "split", ("y", "yo", "yi", 512)),))
    assert too_small(candidate, graph_of("blur")) == "tiles of 512 along y of blur_y do not fit into 192"
    assert too_small(Candidate(()), graph_of("blur")) is None


def test_encoding_nothing():
    assert encode([], graph_of("blur"), TARGET).shape == (0, len(FEATURES))


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_plugins_are_found(name):
    assert plugin(name).is_file()


def test_parameters_that_would_end_the_process_are_refused():
    with pytest.raises(
        InputError, match="unknown parameter of Adams2019 'beamsize'; did you mean 'beam_size'"
    ):
        require_known("Adams2019", {"beamsize": 3})
    with pytest.raises(InputError, match="there is no weights file nowhere"):
        require_known("Adams2019", {"weights_path": "nowhere"})
    with pytest.raises(InputError, match="unknown autoscheduler 'Adams'"):
        require_known("Adams", {})


def test_weights_are_read_from_the_plugin():
    weights = base_weights()
    assert [array.shape for array in weights] == [(7, 40, 8), (8,), (39, 24), (24,), (32, 32), (32,)]
    assert all(map(np.array_equal, parse_weights(format_weights(weights)), weights))


def test_long_reductions_are_cut_in_order():
    graph = graph_of("matmul")
    space = LoopNestSpace(graph, Target(64, 2))
    drawn = space.sample(150, np.random.default_rng(0))
    cut = [each for each in drawn if any("split(k.x, k_x_o, k_x_i" in str(one) for one in each.directives)]
    assert cut and all(space.is_legal(each) for each in cut)
    plan = cut[0].plan
    product = plan.funcs["product"]
    for changed in ({"outer": ("x", "y")}, {"unrolled": ("k.x",)}):  # no loop around it, or all at once
        stages = (product.stages[0], replace(product.stages[1], **changed))
        other = Plan({**plan.funcs, "product": replace(product, stages=stages)})
        assert problem(other, graph) is not None
