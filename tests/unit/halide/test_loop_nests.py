"""The loops that directives make, what each covers, and which directives do not fit."""

import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.halide.cost.work import all_work, needed
from perfpred.halide.graph.inlining import inlined_clamps, inlined_operations
from perfpred.halide.graph.model import Graph, Input
from perfpred.halide.schedule.applicable import is_applicable, too_small
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.constant_extents import doubtful, without_doubtful
from perfpred.halide.schedule.loop_nest import INNERMOST, ROOT, StageNest, nests

from .graphs import blur, func, summed


def nest(*directives):
    made = StageNest(("x", "y"), ["x", "y"])
    for method, *args in directives:
        made.apply(Directive("f", 0, method, tuple(args)))
    return made


def schedule(*directives, source="own"):
    made = [Directive(key, 0, method, tuple(args)) for key, method, *args in directives]
    return Candidate(tuple(made), source)


@pytest.mark.parametrize(
    ("directives", "order", "kinds"),
    [
        ([], ["x", "y"], {}),
        ([("reorder", "y", "x")], ["y", "x"], {}),
        ([("split", "x", "xo", "xi", 8)], ["xi", "xo", "y"], {}),
        ([("split", "x", "xo", "xi", 8), ("reorder", "y", "xo")], ["xi", "y", "xo"], {}),
        ([("fuse", "x", "y", "t"), ("parallel", "t")], ["t"], {"t": "parallel"}),
        ([("rename", "y", "rows")], ["x", "rows"], {}),
        ([("vectorize", "x", 8)], ['x"', "x'", "y"], {'x"': "vectorize"}),
        ([("unroll", "y", 2)], ["x", 'y"', "y'"], {'y"': "unroll"}),
        ([("parallel", "y", 4)], ["x", 'y"', "y'"], {"y'": "parallel"}),
        (
            [("vectorize", "x", 8), ("unroll", "x", 2)],
            ['x"', "x'\"", "x''", "y"],
            {'x"': "vectorize", "x'\"": "unroll"},
        ),
        ([("serial", "x"), ("atomic",)], ["x", "y"], {}),
    ],
)
def test_directives_make_loops(directives, order, kinds):
    made = nest(*directives)
    assert made.order == order
    assert made.kinds == kinds


@pytest.mark.parametrize(
    ("directives", "message"),
    [
        ([("split", "z", "o", "i", 8)], "unknown loop 'z'"),
        ([("split", "x", "xo", "xi", 8), ("vectorize", "x")], "unknown loop 'x'"),
        ([("reorder", "x", "x")], "the loops x, x must be distinct to be reordered"),
        ([("fuse", "x", "x", "t")], "loop x cannot be fused with itself"),
        ([("parallel", "z")], "unknown loop 'z'"),
    ],
)
def test_directives_of_loops_that_are_not_there_are_refused(directives, message):
    with pytest.raises(InputError, match=message):
        nest(*directives)


@pytest.mark.parametrize(
    ("directives", "extents"),
    [
        ([("split", "x", "xo", "xi", 8)], {"xo": 13, "xi": 8}),
        ([("rename", "y", "rows")], {"rows": 20}),
        ([("fuse", "x", "y", "t")], {"t": 2000}),
        ([("split", "x", "xo", "xi", 8), ("fuse", "xo", "y", "t")], {"t": 260, "xi": 8}),
    ],
)
def test_how_often_loops_run(directives, extents):
    found = nest(*directives).extents({"x": 100, "y": 20})
    assert {name: found[name] for name in extents} == extents


@pytest.mark.parametrize(
    ("directives", "inside", "covered"),
    [
        ([], [], {"x": 1, "y": 1}),
        ([], ["x"], {"x": 100, "y": 1}),
        ([("split", "x", "xo", "xi", 8)], ["xi"], {"x": 8, "y": 1}),
        ([("split", "x", "xo", "xi", 8)], ["xi", "xo"], {"x": 100, "y": 1}),
        ([("split", "x", "xo", "xi", 8)], ["xo"], {"x": 100, "y": 1}),
        ([("rename", "y", "rows")], ["rows"], {"x": 1, "y": 20}),
        ([("fuse", "x", "y", "t")], ["t"], {"x": 100, "y": 20}),
        ([("fuse", "x", "y", "t"), ("split", "t", "to", "ti", 50)], ["ti"], {"x": 50, "y": 1}),
        ([("fuse", "x", "y", "t"), ("split", "t", "to", "ti", 200)], ["ti"], {"x": 100, "y": 2}),
    ],
)
def test_what_inner_loops_cover_together(directives, inside, covered):
    made = nest(*directives)
    assert made.covered(inside, made.extents({"x": 100, "y": 20})) == covered


TILED = [
    ("blurred", "split", "y", "yo", "yi", 8),
    ("blurred", "parallel", "yo"),
    ("rows", "compute_at", "blurred", "yo"),
    ("rows", "vectorize", "x", 8),
]


def test_where_funcs_are_computed_and_stored():
    found = nests(schedule(*TILED, ("rows", "store_in", "Stack")), blur()).funcs
    assert list(found) == ["rows", "blurred"]
    assert (found["rows"].compute, found["rows"].store, found["rows"].stacked) == (
        ("blurred", "yo"),
        None,
        True,
    )
    assert found["blurred"].compute == ROOT


def test_the_last_said_of_a_place_holds_and_inlined_funcs_have_no_loops():
    again = schedule(("rows", "compute_root"), ("rows", "vectorize", "x"), ("rows", "compute_inline"))
    assert list(nests(again, blur()).funcs) == ["blurred"]
    back = schedule(
        ("rows", "compute_inline"), ("rows", "store_root"), ("rows", "compute_at", "blurred", "x")
    )
    assert nests(back, blur()).funcs["rows"].store == ROOT


def test_a_place_is_the_outer_piece_of_a_loop_that_was_vectorized():
    found = nests(schedule(("blurred", "vectorize", "x", 8), ("rows", "compute_at", "blurred", "x")), blur())
    assert found.funcs["rows"].compute == ("blurred", "x'")


@pytest.mark.parametrize(
    ("directives", "message"),
    [
        ([("sharpened", "compute_root")], "unknown Func 'sharpened'"),
        ([("rows", "compute_at", "blurred", "z")], "unknown loop of blurred 'z'"),
        (
            [("blurred", "compute_at", "rows", "x")],
            "blurred is computed in the loops of rows, which has none",
        ),
        ([("", "autoschedule", "Mullapudi2016", "{}")], "an autoscheduler's run has no directives"),
    ],
)
def test_places_that_are_none_are_refused(directives, message):
    with pytest.raises(InputError, match=message):
        nests(schedule(*directives), blur())
    assert issubclass(UnknownNameError, InputError)


def test_an_update_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"rows\.update\(0\)\.parallel\(y\): rows has no update 0"):
        nests(Candidate((Directive("rows", 1, "parallel", ("y",)),)), blur())


def with_sum():
    """A Func that sums an image, and an output that reads the sum."""
    total = func("total", updates=(summed("image"),))
    return Graph(
        "abc",
        (total, func("out", [("total", 0, 0, False)], order=1)),
        (Input("image", (64.0, 32.0), 4),),
        ("out",),
    )


def test_a_func_with_updates_is_computed_in_its_readers_innermost_loop_at_the_least():
    found = nests(schedule(), with_sum())
    assert found.funcs["total"].compute == INNERMOST
    work = all_work(found, with_sum())
    assert (work["total"].times, work["total"].extents, work["total"].root) == (64 * 32, (1, 1), "out")


def test_work_at_a_tile_overlaps_and_a_window_does_not():
    graph = blur()
    tiled = all_work(nests(schedule(*TILED), graph), graph)
    assert tiled["rows"].times == 4
    assert tiled["rows"].extents == (64, 10)
    assert not tiled["rows"].sliding
    slid = all_work(nests(schedule(*TILED, ("rows", "store_root")), graph), graph)
    assert slid["rows"].sliding
    assert slid["rows"].extents == (64, 34 / 4)  # the rows once, in four pieces
    assert (slid["rows"].stored, slid["rows"].allocations) == ((64, 10), 1)
    inner = schedule(
        *TILED[:2], ("rows", "store_at", "blurred", "yo"), ("rows", "compute_at", "blurred", "yi")
    )
    within = all_work(nests(inner, graph), graph)["rows"]
    assert (within.times, within.allocations, within.extents) == (32, 4, (64, 10 / 8))


def test_work_of_what_is_computed_whole_is_its_size():
    graph = blur()
    work = all_work(nests(schedule(("rows", "compute_root")), graph), graph)
    assert (work["rows"].times, work["rows"].extents, work["rows"].root) == (1, (64, 34), "rows")
    assert needed("blurred", "", nests(schedule(), graph), graph, work["blurred"]) == {
        "blurred": (64, 32),
        "rows": (64, 34),
        "image": (64, 32),
    }


def test_what_inlining_adds():
    graph = blur()
    assert inlined_operations((), graph) == {"rows": 3, "blurred": 3 + 3 * 3}
    assert inlined_operations(("rows",), graph)["blurred"] == 3
    assert inlined_clamps((), graph) == {"rows": 1, "blurred": 3}
    assert inlined_clamps(("rows",), graph)["blurred"] == 0


@pytest.mark.parametrize(
    ("directives", "reason"),
    [
        ([("blurred", "split", "x", "xo", "xi", 64)], None),
        ([("blurred", "split", "x", "xo", "xi", 65)], "tiles of 65 along x of blurred do not fit into 64"),
        ([("blurred", "split", "x", "xo", "xi", 65, "GuardWithIf")], None),
        (
            [("blurred", "split", "x", "xo", "xi", 65, "ShiftInwards")],
            "tiles of 65 along x of blurred do not fit",
        ),
        (
            [("blurred", "split", "x", "xo", "xi", 16), ("blurred", "split", "xo", "xoo", "xoi", 8)],
            "tiles of 8 along xo of blurred do not fit into 4",
        ),
        ([("rows", "split", "x", "xo", "xi", 65), ("rows", "compute_root")], None),  # its reads are clamped
        ([("", "autoschedule", "Mullapudi2016", "{}")], None),
    ],
)
def test_a_size_may_be_too_small_for_tiles(directives, reason):
    found = too_small(schedule(*directives), blur())
    assert (found or "").startswith(reason or "") and (found is None) == (reason is None)
    assert is_applicable(schedule(*directives), blur()) == (reason is None)


def test_a_producer_that_reads_an_image_without_a_boundary_must_fit_too():
    graph = Graph(
        "abc",
        (func("rows", [("image", 0, 0, False)]), func("out", [("rows", 0, 0, True)], order=1)),
        (Input("image", (64.0, 32.0), 4),),
        ("out",),
    )
    found = too_small(schedule(("rows", "split", "x", "xo", "xi", 65), ("rows", "compute_root")), graph)
    assert found == (
        "tiles of 65 along x of rows do not fit into 64; it reads an input without a boundary condition"
    )


def test_tiles_of_a_reduction_are_cut_off_by_halide_itself():
    graph = Graph(
        "abc", (func("out", updates=(summed("image"),)),), (Input("image", (64.0, 32.0), 4),), ("out",)
    )
    split = [Directive("out", 1, "split", each) for each in (("r", "ro", "ri", 16), ("ri", "rio", "rii", 32))]
    assert too_small(Candidate(tuple(split)), graph) is None
    assert "do not fit" in too_small(
        Candidate((Directive("out", 1, "split", ("x", "xo", "xi", 128)),)), graph
    )


@pytest.mark.parametrize(
    ("directives", "dropped"),
    [
        ([("blurred", "split", "x", "xo", "xi", 8), ("blurred", "unroll", "xi")], 0),
        ([("blurred", "split", "x", "xo", "xi", 8), ("blurred", "unroll", "xo")], 1),
        ([("blurred", "unroll", "x")], 1),
        ([("blurred", "unroll", "x", 4)], 0),
        ([("rows", "unroll", "x")], 0),  # it is inlined
        ([("rows", "compute_root"), ("rows", "unroll", "x")], 1),
        ([*TILED[:3], ("rows", "unroll", "x")], 1),
        ([("rows", "compute_at", "blurred", "x"), ("rows", "unroll", "x"), ("rows", "unroll", "y")], 0),
        ([*TILED[:3], ("rows", "unroll", "y")], 0),  # as many rows as a tile of its reader has, and two
        ([*TILED[:3], ("rows", "store_root"), ("rows", "unroll", "y")], 0),
        ([("blurred", "rename", "x", "c"), ("blurred", "unroll", "c")], 1),
        ([("blurred", "fuse", "x", "y", "t"), ("blurred", "unroll", "t")], 1),
    ],
)
def test_unrolling_of_loops_that_may_not_be_constant(directives, dropped):
    candidate, graph = schedule(*directives), blur()
    assert len(doubtful(candidate, graph)) == dropped
    kept = without_doubtful(candidate, graph)
    assert len(kept.directives) == len(directives) - dropped
    assert (kept is candidate) == (not dropped)
