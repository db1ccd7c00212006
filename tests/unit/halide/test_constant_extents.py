"""Loops that Halide cannot unroll lose the directive, in what autoschedulers chose and where factors vary."""

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.errors import InputError
from perfpred.halide.cost.machine import Target
from perfpred.halide.pipeline.build import checked
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.constant_extents import doubtful, without_doubtful
from perfpred.halide.schedule.dry_run import lowered
from perfpred.halide.schedule.unrollable import unrollable
from perfpred.halide.space.loop_nests import LoopNestSpace

IMAGE = np.random.default_rng(0).random((32, 64), dtype=np.float32)
TARGET = hl.Target("x86-64-linux-no_runtime")
OUTPUT = (
    Directive("out", 0, "split", ("x", "x_o", "x_i", 8)),
    Directive("out", 0, "compute_root"),
)


def stencil():
    """A sum of two columns, of which the places that are read go with its reader's."""
    return two(lambda a, x, y: a[x, y] + a[x + 1, y])


def scaled():
    """What is read lies at two scales, so it is the more the further out."""
    return two(lambda a, x, y: a[2 * x, y] + a[x, y])


def by_parameter():
    """A reduction whose extent is a parameter, by a Func that has it as a dimension."""
    x, y, d = hl.Var("x"), hl.Var("y"), hl.Var("d")
    image, size = hl.ImageParam(hl.Float(32), 2, "image"), hl.Param(hl.Int(32), "size")
    edged = hl.BoundaryConditions.repeat_edge(image)
    a, out, r = hl.Func("a"), hl.Func("out"), hl.RDom([(0, size)], "r")
    a[d, x, y] = edged[x + d, y]
    out[x, y] = hl.f32(0)
    out[x, y] += a[r, x, y]
    return out, [(image, IMAGE), (size, 3)], [32, 16]


def two(reads):
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "image")
    edged = hl.BoundaryConditions.repeat_edge(image)
    a, out = hl.Func("a"), hl.Func("out")
    a[x, y] = edged[x, y] * hl.f32(2)
    out[x, y] = reads(a, x, y)
    return out, [(image, IMAGE)], [32, 16]


def within(loop, stage=0, name="x"):
    """The producer computed at a loop of the output, with one of its own loops unrolled."""
    own = (Directive("a", 0, "unroll", (name,)), Directive("a", 0, "compute_at", ("out", loop)))
    if stage:  # of an output with an update
        split = Directive("out", 1, "split", ("x", "x_o", "x_i", 8))
        return Candidate((split, *OUTPUT, *own))
    return Candidate((*OUTPUT, *own))


def lowers(candidate, make):
    try:
        lowered(candidate, checked(*make()), TARGET)
    except InputError as error:
        assert "constant extent" in str(error)
        return False
    return True


@pytest.mark.parametrize(
    ("make", "candidate", "is_refused"),
    [
        (stencil, within("x_o"), False),
        (scaled, within("x_o"), True),
        (by_parameter, within("x_i", 1, "d"), True),
    ],
)
def test_unrolling_that_halide_refuses_is_dropped(make, candidate, is_refused):
    graph = checked(*make()).graph
    unroll = next(each for each in candidate.directives if each.method == "unroll")
    assert lowers(candidate, make) is not is_refused
    assert doubtful(candidate, graph) == [unroll] * is_refused
    kept = unrollable(candidate, graph, lambda: checked(*make()), TARGET)
    assert (unroll in kept.directives) is not is_refused and lowers(kept, make)
    assert without_doubtful(candidate, graph) == kept


WHOLE, SPLIT = Directive("out", 0, "compute_root"), Directive("out", 0, "split", ("x", "x_o", "x_i", 8))
ACROSS = Directive("out", 0, "reorder", ("x_i", "y", "x_o"))


def at(loop, name, *before):
    """The producer computed at a loop of the output, one of its own loops unrolled."""
    own = Directive("a", 0, "compute_at", ("out", loop)), Directive("a", 0, "unroll", (name,))
    return Candidate((*before, WHOLE, *own))


@pytest.mark.parametrize(
    ("candidate", "is_refused"),
    [
        (Candidate((WHOLE, Directive("out", 0, "unroll", ("y",)))), True),
        (Candidate((Directive("out", 0, "unroll", ("y",)),)), True),  # an output is computed whole anyway
        (Candidate((WHOLE, Directive("a", 0, "compute_root"), Directive("a", 0, "unroll", ("y",)))), True),
        (at("y", "x"), True),
        (at("y", "y"), False),
        (at("x", "x"), False),
        (at("x_o", "y", SPLIT), False),
        (at("y", "x", SPLIT), True),
        (at("y", "x", SPLIT, ACROSS), False),
    ],
)
def test_a_dimension_is_constant_where_no_other_loop_runs_along_it_within(candidate, is_refused):
    assert lowers(candidate, stencil) is not is_refused
    assert bool(doubtful(candidate, checked(*stencil()).graph)) is is_refused


def test_a_loop_in_which_a_window_slides_begins_earlier():
    x, y = hl.Var("x"), hl.Var("y")

    def make():
        image, radius = hl.ImageParam(hl.Float(32), 2, "image"), hl.Param(hl.Int(32), "radius")
        edged, r = hl.BoundaryConditions.repeat_edge(image), hl.RDom([(-radius, 2 * radius + 1)], "r")
        a, b, out = hl.Func("a"), hl.Func("b"), hl.Func("out")
        a[x, y] = edged[x, y] * hl.f32(2)
        b[x, y] = hl.f32(0)
        b[x, y] += a[x, y + r]
        out[x, y] = b[x, y]
        return out, [(image, IMAGE), (radius, 2)], [32, 16]

    candidate = Candidate(
        (
            Directive("out", 0, "split", ("y", "y_o", "y_i", 8)),
            Directive("out", 0, "unroll", ("y_i",)),
            Directive("out", 0, "compute_root"),
            Directive("b", 0, "compute_at", ("out", "y_i")),
            Directive("a", 0, "compute_at", ("out", "y_i")),
            Directive("a", 0, "store_at", ("out", "y_o")),
        )
    )
    graph = checked(*make()).graph
    assert not lowers(candidate, make) and len(doubtful(candidate, graph)) == 1
    assert lowers(unrollable(candidate, graph, lambda: checked(*make()), TARGET), make)


def test_what_fails_for_another_reason_stays():
    candidate = Candidate((*within("x_o").directives, Directive("a", 0, "store_at", ("out", "x_i"))))
    graph = checked(*scaled()).graph
    assert unrollable(candidate, graph, lambda: checked(*scaled()), TARGET) == candidate


def test_a_varied_schedule_unrolls_what_is_surely_constant():
    near = {}
    for make in (stencil, scaled):
        space = LoopNestSpace(checked(*make()).graph, Target(vector_bytes=32, threads=2))
        near[make] = space.neighbours(within("x_o"), np.random.default_rng(0))
        assert near[make] and all(lowers(each, make) for each in near[make])
    unrolled = {make: [len(each.directives) for each in found] for make, found in near.items()}
    assert set(unrolled[stencil]) == {4} and set(unrolled[scaled]) == {3}
