"""What may be drawn, chosen and applied: what Halide takes and compiles rightly, and what can run."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.errors import InputError
from perfpred.halide.cost.machine import Target
from perfpred.halide.pipeline.build import checked
from perfpred.halide.schedule.applicable import is_applicable, too_small
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule
from perfpred.halide.schedule.miscompiled import miscompiled
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.halide.space.rules import problem
from perfpred.variants.halide.library import target as halide_target

CASES = Path(__file__).parents[1] / "data" / "cases"
MACHINE = Target(vector_bytes=32, threads=2)
WRONG = {
    ("halide-13-wrong-schedule-passes-the-check", "nlmeans"): {"s2924dee59eb"},
    ("halide-13b-own-space-miscompiled", "relight"): {"s4c36679a741", "sa383b8b6c0e"},
}


def made(case, name, size=(64, 48)):
    """What a function of a case returns."""
    path = CASES / case / "pipe.py"
    spec = importlib.util.spec_from_file_location(case.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)(*size)


def schedules(case):
    document = json.loads((CASES / case / "p.schedules.json").read_text(encoding="utf-8"))
    return {key: Candidate.from_json(each) for key, each in document["schedules"].items()}


@pytest.mark.parametrize("case", WRONG)
def test_what_was_wrong_is_neither_drawn_nor_chosen_nor_applied(case):
    graph, known = checked(*made(*case)).graph, schedules(case[0])
    space = LoopNestSpace(graph, MACHINE)
    refused = {key for key, each in known.items() if miscompiled(each, graph) is not None}
    assert refused == WRONG[case]
    for key in WRONG[case]:
        assert not space.is_legal(known[key]) and not is_applicable(known[key], graph)
        schedule = Schedule.of(case[1], graph, known[key], halide_target("avx2"), [(64, 48)])
        for arguments in (made(*case), made(*case)[:1]):
            with pytest.raises(InputError, match=r"would compute wrong values: .* is stored outside loop"):
                schedule.apply(*arguments)


def test_a_sum_that_no_channel_moves_is_not_stored_outside_of_them():
    graph = checked(*made("halide-13b-own-space-miscompiled", "relight")).graph
    found = LoopNestSpace(graph, MACHINE).sample(60, np.random.default_rng(0))
    assert any(each.method.startswith("store_") for one in found for each in one.directives)
    assert all(miscompiled(each, graph) is None for each in found)


def test_loops_of_variable_extent_are_not_unrolled():
    graph = checked(*made("halide-14-own-space-unrolls-variable-extents", "denoise")).graph
    varying = {
        (func.key, number, loop.name)
        for func in graph.funcs
        for number, stage in enumerate(func.stages)
        for loop in stage.loops
        if not loop.constant
    }
    space = LoopNestSpace(graph, MACHINE)
    found = space.sample(40, np.random.default_rng(0))
    found += [near for each in found[:5] for near in space.neighbours(each, np.random.default_rng(1))]
    unrolled = {
        (each.func, each.stage, each.args[0])
        for one in found
        for each in one.directives
        if each.method in ("unroll", "vectorize")
    }
    assert unrolled and not unrolled & varying


def test_an_output_without_a_dimension_has_schedules():
    image, out = hl.ImageParam(hl.Float(32), 2, "image"), hl.Func("total")
    r = hl.RDom([(0, image.width()), (0, image.height())])
    out[()] = hl.f32(0)
    out[()] += image[r.x, r.y]
    graph = checked(out, [(image, np.ones((48, 64), np.float32))], []).graph
    space = LoopNestSpace(graph, MACHINE)
    found = space.sample(4, np.random.default_rng(0))
    assert found and all(map(space.is_legal, found))
    assert all(map(space.is_legal, space.neighbours(found[0], np.random.default_rng(0))))


def test_updates_without_a_reduction_have_schedules():
    x, y = hl.Var("x"), hl.Var("y")
    image, out = hl.ImageParam(hl.Float(32), 2, "image"), hl.Func("out")
    out[x, y] = image[x, y]
    out[x, y] = out[x, y] * hl.f32(2)
    out[x, 0] += hl.f32(7)
    graph = checked(out, [(image, np.ones((192, 256), np.float32))], [256, 192]).graph
    assert len(LoopNestSpace(graph, MACHINE).sample(20, np.random.default_rng(0))) == 20


@pytest.mark.parametrize("size", [(17, 3), (40, 6)])
def test_a_size_at_which_an_input_would_be_read_out_of_bounds_is_too_small(size):
    case = "halide-15-small-sizes"
    graph = checked(*made(case, "integral", size)).graph
    tiled = [Directive("sat", 0, "split", ("x", "x_o", "x_i", 64, "ShiftInwards")), *root("sat")]
    assert too_small(Candidate(tuple(tiled)), graph) == (
        f"tiles of 64 along x of sat do not fit into {size[0]}; "
        "it reads an input without a boundary condition"
    )
    guarded = [Directive("sat", 0, "split", ("x", "x_o", "x_i", 64, "GuardWithIf")), *root("sat")]
    assert too_small(Candidate(tuple(guarded)), graph) is None
    assert too_small(Candidate(tuple(tiled)), checked(*made(case, "integral", (64, 48))).graph) is None


def root(func):
    return [Directive(func, 0, "compute_root"), Directive("out", 0, "compute_root")]


def test_the_plan_of_a_wrong_schedule_says_why():
    case = ("halide-13b-own-space-miscompiled", "relight")
    graph = checked(*made(*case)).graph
    for key in WRONG[case]:
        reason = problem(schedules(case[0])[key].plan, graph)
        assert reason is not None and "Halide compiles that wrongly" in reason
