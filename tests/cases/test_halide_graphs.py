"""Graphs of pipelines that users have: long sums, shared subexpressions, index forms of every kind."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

hl = pytest.importorskip("halide")
from perfpred.errors import InputError  # noqa: E402
from perfpred.halide.cost.machine import Target  # noqa: E402
from perfpred.halide.graph.index import Forms  # noqa: E402
from perfpred.halide.graph.terms import Term, calls, fold, walk  # noqa: E402
from perfpred.halide.pipeline.build import checked  # noqa: E402
from perfpred.halide.space.loop_nests import LoopNestSpace  # noqa: E402

CASES = Path(__file__).parents[1] / "data" / "cases"


def load(name):
    """Return the module of a case, a new one each time."""
    spec = importlib.util.spec_from_file_location("pipe", CASES / f"halide-{name}" / "pipe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def graph_of(made):
    return checked(*made).graph


@pytest.mark.parametrize("taps", [300, 2000])
def test_a_sum_may_have_thousands_of_terms(taps, monkeypatch):
    case = load("03-long-expression")
    monkeypatch.setattr(case, "TAPS", taps)
    graph = graph_of(case.fir(4096, 1))
    (access, weights) = graph.by_key["out"].stages[0].accesses
    assert (access.count, weights.count) == (taps, taps)
    assert access.extents({"x": 8}, (5000.0,)) == (7.0 + taps,)
    assert graph.by_key["out"].stages[0].operations == 2 * taps


def test_what_an_expression_shares_is_looked_at_once():
    case, start = load("04-sorting-network-exponential"), time.process_time()
    graph = graph_of(case.median(64, 48, 25))
    assert graph.by_key["out"].stages[0].operations == 444
    assert graph.by_key["repeat_edge"].extents == (68, 52)
    assert graph_of(case.median(80, 72, 25)).algorithm == graph.algorithm
    assert time.process_time() - start < 20  # as a tree it would take years


def test_a_deep_term_is_compared_hashed_and_walked_without_recursion():
    def sum_of(count, last="x"):
        term = Term("Variable", name=last)
        for index in range(count):
            term = Term("Add", (term, Term("Int", value=index)))
        return term

    deep = sum_of(5_000)
    assert deep == sum_of(5_000) and hash(deep) == hash(sum_of(5_000))
    assert deep != sum_of(5_000, "y") and deep != 0
    assert sum(1 for _ in walk([deep, deep])) == 1 + 2 * 5_000
    assert fold(deep, lambda _, below: 1 + max(below, default=0), {}) == 5_001
    assert "Add" in repr(deep) and list(calls([deep])) == []


@pytest.mark.parametrize("name", ["half", "parity", "mirrored", "floored", "rounded", "muxed"])
def test_the_bounds_of_index_forms_are_found(name):
    graph = graph_of(getattr(load("01-index-forms-refused"), name)(64, 48))
    assert graph.by_key["t"].extents == (66 if name == "muxed" else 64, 48)
    assert not any(func.unbounded for func in graph.funcs)
    moved = [access.indices[0] for access in graph.by_key["out"].stages[0].accesses if access.source == "t"]
    assert dict(moved[0].coefficients).get("x", 0.0) == {"parity": 0.0, "mirrored": 1.0, "muxed": 1.0}.get(
        name, 0.5
    )


def test_funcs_inside_halides_own_wrappers_have_bounds():
    graph = graph_of(load("02-mirror-interior").edges(64, 48))
    assert graph.by_key["mirror_interior"].extents == (66, 48)
    assert graph.by_key["lambda"].extents == (64, 48)


def test_loops_over_a_parameter_are_not_constant():
    graph = graph_of(load("14-own-space-unrolls-variable-extents").denoise(64, 48))
    loops = {func.key: func.stages[-1].loops[0] for func in graph.funcs if not func.inlinable}
    assert {key: (loop.extent, loop.constant) for key, loop in loops.items()} == {
        "sum": (3, True),
        "sum.1": (3, False),
        "sum.2": (3, False),
        "sm": (3, False),
    }


def test_a_table_in_the_pipeline_is_an_input_of_its_graph():
    graph = graph_of(load("21-hl-buffer-constant").gamma(64, 48))
    assert graph.by_input["lut"].extents == (256,)
    assert graph.by_input["lut"].element_bytes == 1


def looked_up(index):
    """Return a pipeline that reads a Func of two dimensions at an index made of its own."""
    x, y, image = hl.Var("x"), hl.Var("y"), hl.ImageParam(hl.UInt(8), 2, "image")
    table, output = hl.Func("table"), hl.Func("output")
    table[x, y] = hl.i32(hl.BoundaryConditions.repeat_edge(image)[x, y]) * 3
    output[x, y] = table[index(x, y), y] + table[x, y]
    return output, [(image, np.ones((16, 64), np.uint8))], [64, 16]


FORMS = {
    "shifted left": lambda x, y: x << 1,
    "shifted by another": lambda x, y: x >> (y & 3),
    "even": lambda x, y: x & -2,
    "masked": lambda x, y: x & 15,
    "and": lambda x, y: x & y,
    "odd": lambda x, y: x | 1,
    "exclusive": lambda x, y: (x & 15) ^ (y & 7),
    "not": lambda x, y: -(~x),
    "apart": lambda x, y: hl.i32(hl.absd(x, 2 * y)),
    "square root": lambda x, y: hl.i32(hl.sqrt(hl.f32(x))),
    "exponential": lambda x, y: hl.i32(hl.exp(hl.f32(x) * hl.f32(0.05))),
    "logarithm": lambda x, y: hl.i32(hl.log(hl.f32(x) + 1)),
    "sine": lambda x, y: hl.i32(hl.sin(hl.f32(x)) * 10),
    "truncated": lambda x, y: hl.i32(hl.trunc(hl.f32(x) * hl.f32(0.4))),
    "resized": lambda x, y: hl.i32(hl.floor((hl.f32(x) + hl.f32(0.5)) * hl.f32(1.7) - hl.f32(0.5))),
    "leading zeros": lambda x, y: hl.i32(hl.count_leading_zeros(x)),
    "towards zero": lambda x, y: hl.div_round_to_zero(x - 5, 3),
    "remainder towards zero": lambda x, y: hl.mod_round_to_zero(x - 5, 3),
    "by one of either sign": lambda x, y: x / (y - 4),
    "remainder by another": lambda x, y: x % (y + 1),
    "fixed point": lambda x, y: hl.i32(hl.mul_shift_right(hl.i16(hl.clamp(x, 0, 99)), hl.i16(77), hl.u16(5))),
    "saturated": lambda x, y: hl.i32(hl.saturating_sub(hl.u8(hl.clamp(x, 0, 255)), hl.u8(9))),
    "wrapped around": lambda x, y: hl.i32(hl.u8(x * 7)),
    "averaged": lambda x, y: hl.rounding_halving_add(x, x + 3),
    "mirrored": lambda x, y: hl.select((x & 16) != 0, 15 - (x & 15), x & 15),
    "unsigned": lambda x, y: hl.i32(hl.u32(x) * 2),
    "fast power": lambda x, y: hl.i32(hl.fast_pow(hl.f32(x) + 1, hl.f32(0.5))),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_an_index_is_lies_in_its_bounds(form):
    built = checked(*looked_up(FORMS[form]))
    raw = built.raw.funcs[built.raw.outputs[0]]
    index = next(call for call in raw.stages[0].reads if call.name.startswith("table")).operands[0]
    x, y, func = hl.Var("x"), hl.Var("y"), hl.Func("values")
    func[x, y] = FORMS[form](x, y)
    values = np.array(func.realize([64, 16]))
    forms = Forms({"x": (0, 63), "y": (0, 15)}, frozenset(("x", "y")))
    low, high = forms.interval(index)
    assert low <= values.min() and values.max() <= high
    linear = forms.linear(index)
    if linear is not None:
        read = max(int(np.ptp(values[:4, start : start + 8])) + 1 for start in range(56))
        assert read <= linear.extent({"x": 8, "y": 4})


@pytest.mark.parametrize("form", FORMS)
def test_a_func_is_unbounded_where_halide_refuses_to_compute_it_whole(form):
    built = checked(*looked_up(FORMS[form]))
    unbounded = {func.key for func in built.graph.funcs if func.unbounded}
    for func, _ in built.funcs.values():
        func.compute_root()
    try:
        built.pipeline.compile_to_module(built.arguments, "root", hl.get_host_target())
        refused = ""
    except hl.HalideError as error:
        refused = str(error)
    assert unbounded == ({"table", "repeat_edge"} if "in an unbounded way" in refused else set()), refused


def test_a_reduction_that_is_read_through_an_unbounded_func_is_refused_as_halide_does():
    x, image, table, output = (
        hl.Var("x"),
        hl.ImageParam(hl.Int(32), 1, "image"),
        hl.Func("table"),
        hl.Func("o"),
    )
    table[x] = hl.sum(x + hl.RDom([(0, 4)]).x)
    output[x] = table[image[x]]
    with pytest.raises(InputError, match=r"sum.* has updates and is read or written without bounds"):
        graph_of((output, [(image, np.ones(8, np.int32))], [8]))


def test_pieces_of_an_outputs_updates_end_where_it_ends():
    x, y, image, output = hl.Var("x"), hl.Var("y"), hl.ImageParam(hl.UInt(8), 2, "image"), hl.Func("output")
    output[x, y] = hl.i32(0)
    output[x, y] += hl.i32(hl.BoundaryConditions.repeat_edge(image)[x + hl.RDom([(0, 3)]).x, y])
    graph = graph_of((output, [(image, np.ones((48, 64), np.uint8))], [64, 48]))
    drawn = LoopNestSpace(graph, Target(32, 2)).sample(5, np.random.default_rng(0))
    splits = [each for schedule in drawn for each in schedule.directives if each.method == "split"]
    mine = [each for each in splits if each.func == "output"]
    assert {each.stage for each in mine} == {0, 1}
    assert all((each.args[-1] == "GuardWithIf") == (each.stage == 1) for each in mine)


def test_a_parameter_that_is_no_input_is_named():
    x, count, output = hl.Var("x"), hl.Param(hl.Int(32), "count"), hl.Func("output")
    output[x] = hl.i32(0)
    output[x] += x * hl.RDom([(0, count)]).x
    with pytest.raises(InputError, match=r"extent of reduction .* not known: give count among the inputs"):
        graph_of((output, [], [8]))
