"""A pipeline as data: bounds, reads, operations, and a hash that survives renaming."""

import json
from dataclasses import replace

import numpy as np
import pytest

hl = pytest.importorskip("halide")
from perfpred.errors import InputError  # noqa: E402
from perfpred.halide.graph.index import Forms, Index  # noqa: E402
from perfpred.halide.graph.model import Graph  # noqa: E402
from perfpred.halide.graph.terms import Term  # noqa: E402
from perfpred.halide.pipeline.build import build, checked  # noqa: E402
from perfpred.halide.pipeline.ref import PipelineRef  # noqa: E402
from perfpred.halide.pipeline.suite import PIPELINES  # noqa: E402
from perfpred.halide.pipeline.suite.examples import floats  # noqa: E402
from perfpred.halide.schedule.reference import reference_schedule  # noqa: E402
from perfpred.halide.space.rules import problem  # noqa: E402
from perfpred.halide.space.sample import sample_plan, sample_style  # noqa: E402


def graph_of(name, size=(64, 48)):
    return build(PipelineRef.of(name), size).graph


def test_a_blur_reads_a_row_more_on_each_side():
    graph = graph_of("blur")
    assert graph.output == "blur_y"
    assert graph.by_key["blur_x"].extents == (64, 50)
    assert graph.by_key["repeat_edge"].extents == (66, 50)
    (access,) = graph.by_key["blur_y"].stages[0].accesses
    assert (access.source, access.count) == ("blur_x", 3)
    assert access.extents({"x": 16, "y": 8}, (64, 50)) == (16, 10)
    assert graph.operations == 4 * 64 * 48 + 4 * 64 * 50
    assert graph.bytes == 2 * 4 * 64 * 48


@pytest.mark.parametrize("name", PIPELINES)
def test_every_pipeline_is_data_and_its_hash_says_what_it_computes(name):
    graph = graph_of(name)
    assert Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph
    again = graph_of(name, (80, 72))  # Halide's names carry other counters by now
    assert again.algorithm == graph.algorithm
    assert [func.key for func in again.funcs] == [func.key for func in graph.funcs]


def test_a_change_of_the_algorithm_changes_the_hash():
    assert len({graph_of(name).algorithm for name in PIPELINES}) == len(PIPELINES)


def test_what_is_read_where_data_says_is_anything_in_reach():
    graph = graph_of("bilateral_grid")
    assert graph.by_key["blur_z"].extents[2:] == (12, 2)
    (access,) = [a for a in graph.by_key["interpolated"].stages[0].accesses if a.source == "blur_y"]
    assert access.extents({"x": 8, "y": 8, "c": 1}, (9.0, 7.0, 12.0, 2.0))[2] >= 12


def test_a_loop_says_whether_the_algorithm_fixes_its_extent():
    (x, c), image, count = (
        (hl.Var("x"), hl.Var("c")),
        hl.ImageParam(hl.Float(32), 1, "input"),
        hl.Param(hl.Int(32), "count"),
    )
    window = hl.RDom([(0, 3), (0, 2 * hl.min(count, 4)), (0, image.width()), (0, hl.min(hl.i32(4), 5))])
    func = hl.Func("output")
    func[x, c] = 0.0
    func[x, c] += image[window.x] + window.y + window.z + window.w
    func.bound(c, 0, 2)
    graph = checked(func, [(image, floats(8)), (count, 3)], [8, 2]).graph
    pure, update = graph.by_key["output"].stages
    assert [(loop.name, loop.constant) for loop in pure.loops] == [("x", False), ("c", True)]
    assert [loop.extent for loop in update.loops] == [3, 6, 8, 4, 8, 2]
    assert [loop.constant for loop in update.loops] == [True, False, False, True, False, True]
    assert Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph


def test_a_division_rounds_down():
    x = Term("Variable", name="x")
    found = Forms({}, frozenset(["x"])).linear(Term("Div", (x, Term("Int", value=8))))
    assert found == Index((("x", 0.125),), -0.875, 0)
    assert found.extent({"x": 8}) == 2


def one_pixel(output_extents=(4,), example=None, **_):
    x, image = hl.Var("x"), hl.ImageParam(hl.Float(32), 1, "input")
    func = hl.Func("output")
    func[x] = image[x]
    return func, [(image, floats(4) if example is None else example)], list(output_extents)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output_extents": (4, 4)}, "1 dimensions, but got extents"),
        ({"output_extents": (0,)}, "output extents must be at least 1"),
        ({"example": floats(4, 4)}, "must have 1 dimensions, has 2"),
        ({"example": floats(4).astype("int16")}, "must be float32, but is int16"),
        ({"example": 3.0}, "the example of input must be an array"),
    ],
)
def test_a_bad_pipeline_is_refused_with_a_reason(change, message):
    with pytest.raises(InputError, match=message):
        checked(*one_pixel(**change))


def looked_up(updated):
    x, image, table = hl.Var("x"), hl.ImageParam(hl.Int(32), 1, "input"), hl.Func("table")
    table[x] = x * x
    if updated:
        table[x] += 1
    output = hl.Func("output")
    output[x] = table[image[x]]
    return checked(output, [(image, floats(4).astype("int32"))], [4])


def test_a_func_that_is_read_anywhere_is_inlined():
    graph = looked_up(False).graph
    assert {func.key: func.unbounded for func in graph.funcs} == {
        "table": True,
        "input_im": False,
        "output": False,
    }
    assert graph.by_key["table"].extents == (4,)  # as many as are read
    assert Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph
    assert [each.func for each in reference_schedule(graph).directives] == ["output"]
    plans = [draw(graph, seed) for seed in range(20)]
    assert all("table" not in plan.funcs for plan in plans)
    stored = replace(plans[0], funcs={**plans[0].funcs, "table": plans[0].funcs["output"]})
    assert "must be inlined" in problem(stored, graph)


def test_a_func_that_halide_cannot_bound_is_refused():
    with pytest.raises(InputError, match=r"table.* without bounds in x, which Halide refuses: clamp the ind"):
        looked_up(True).graph  # noqa: B018


def draw(graph, seed):
    rng = np.random.default_rng(seed)
    return sample_plan(graph, sample_style(graph, 32, 2, rng), rng)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("blurr", "did you mean 'blur'"),
        ("nowhere.py:f", "there is no file nowhere.py"),
        ("nowhere.py:not a name", "FILE.py:FUNCTION"),
    ],
)
def test_a_place_that_is_none(place, message):
    with pytest.raises(InputError, match=message):
        PipelineRef.of(place)
