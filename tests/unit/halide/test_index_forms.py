"""How an index moves with loops: of what kinds of expressions a form is found, and what it covers."""

import math

import pytest

from perfpred.halide.graph.index import Forms, Index, index_of, joined
from perfpred.halide.graph.model import Access, Func, Graph, Loop, Stage
from perfpred.halide.graph.terms import FUNC, Term, Type

INT32, FLOAT32, UINT8 = Type(0, 32), Type(2, 32), Type(1, 8)
X, Y, N = (Term("Variable", name=name, type=INT32) for name in "xyn")


def number(value):
    return Term("Int", value=value, type=INT32)


def real(value):
    return Term("Float", value=value, type=FLOAT32)


def call(name, *operands, kind=INT32):
    return Term("Call", operands, name, 6, kind)


def cast(kind, term):
    return Term("Cast", (term,), type=kind)


def times(term, by):
    return Term("Mul", (term, number(by)))


def plus(term, by):
    return Term("Add", (term, by if isinstance(by, Term) else number(by)))


def clamped(term, low, high):
    return Term("Max", (Term("Min", (term, number(high))), number(low)))


def form(term):
    box = {"x": (0, 63), "y": (0, 31), "n": (5, 5)}
    return Forms(box, frozenset("xy")).linear(term)


XS = (("x", 1.0),)
TERMS = {
    "a variable": (X, Index(XS, 0, 0)),
    "a shift to the right place": (plus(X, 3), Index(XS, 3, 3)),
    "what stands still": (plus(N, 3), Index((), 8, 8)),
    "an offset that stands still": (plus(X, N), Index(XS, 5, 5)),
    "two variables": (plus(X, times(Y, 2)), Index((("x", 1.0), ("y", 2.0)), 0, 0)),
    "a difference": (Term("Sub", (number(9), X)), Index((("x", -1.0),), 9, 9)),
    "what cancels": (Term("Sub", (X, X)), Index((), 0, 0)),
    "a number times it": (Term("Mul", (number(4), X)), Index((("x", 4.0),), 0, 0)),
    "a product of variables": (Term("Mul", (X, Y)), None),
    "nothing times it": (times(X, 0), Index((), 0, 0, turns=True)),
    "a division rounds down": (Term("Div", (plus(X, 1), number(2))), Index((("x", 0.5),), 0.0, 0.5)),
    "a division by a variable": (Term("Div", (number(9), X)), Index((), 0, 9, turns=True)),
    "a shift left": (call("shift_left", X, number(3)), Index((("x", 8.0),), 0, 0)),
    "a shift right": (call("shift_right", X, number(1)), Index((("x", 0.5),), -0.5, 0)),
    "a remainder": (Term("Mod", (X, number(8))), Index((), 0, 7, turns=True)),
    "a clamp": (clamped(plus(X, -1), 0, 63), Index(XS, -1, -1, clamped=True, turns=True)),
    "the smaller of two that move alike": (Term("Min", (X, plus(X, 4))), Index(XS, 0, 4)),
    "the smaller of two that move apart": (Term("Min", (X, Y)), None),
    "a choice": (Term("Select", (Term("LT", (X, number(3))), X, plus(X, 1))), Index(XS, 0, 1)),
    "mux": (call("mux", N, X, plus(X, 2)), Index(XS, 0, 2)),
    "a promise": (call("promise_clamped", X, number(0), number(9)), Index(XS, 0, 0, clamped=True)),
    "likely": (call("likely", X), Index(XS, 0, 0)),
    "widening": (call("widening_add", X, number(1)), Index(XS, 1, 1)),
    "abs": (call("abs", Term("Sub", (X, number(9)))), Index(XS, -9, -9, turns=True)),
    "absd": (call("absd", X, Y), Index((("x", 1.0), ("y", -1.0)), 0, 0, turns=True)),
    "popcount": (call("popcount", X), Index((), 0, 32, turns=True)),
    "a wide cast": (cast(INT32, plus(X, 1)), Index(XS, 1, 1)),
    "a cast that holds it": (cast(UINT8, X), Index(XS, 0, 0)),
    "a cast that wraps around": (cast(UINT8, times(X, 9)), Index((), 0, 255, turns=True)),
    "a cast to float": (cast(FLOAT32, X), Index(XS, 0, 0)),
    "floor of whole numbers": (
        cast(INT32, call("floor_f32", cast(FLOAT32, X), kind=FLOAT32)),
        Index(XS, 0, 0),
    ),
    "a product of what stands still": (times(N, 4), Index((), 20, 20)),
}


@pytest.mark.parametrize("name", TERMS)
def test_the_form_of_an_expression(name):
    term, expected = TERMS[name]
    assert form(term) == expected


def test_what_is_rounded_covers_what_rounding_may_do():
    half = Term("Mul", (cast(FLOAT32, X), real(0.5)))
    down = form(cast(INT32, call("floor_f32", half, kind=FLOAT32)))
    assert down.coefficients == (("x", 0.5),)
    assert (down.low, down.high) == pytest.approx((-1.0, 0.0), abs=1e-5)
    cut = form(cast(INT32, half))  # which is never negative, so it is rounded down
    assert (cut.low, cut.high) == pytest.approx((-1.0, 0.0), abs=1e-5)
    towards_zero = form(cast(INT32, Term("Sub", (half, real(9.0)))))
    assert (towards_zero.low, towards_zero.high) == pytest.approx((-10.0, -8.0), abs=1e-5)


@pytest.mark.parametrize(
    ("index", "extents", "expected"),
    [
        (Index(XS, 0, 0), {"x": 8}, 8),
        (Index((("x", -2.0),), 0, 1), {"x": 8}, 16),
        (Index((("x", 0.5),), -0.5, 0), {"x": 8}, 5),
        (Index((), 3, 3), {"x": 8}, 1),
        (Index(XS, 0, 0), {}, 1),
    ],
)
def test_how_many_values_an_index_takes(index, extents, expected):
    assert index.extent(extents) == expected


def test_two_that_move_alike_are_covered_by_one():
    free, kept = Index(XS, 0, 1), Index(XS, -2, 0, clamped=True)
    assert joined(free, kept) == Index(XS, -2, 1, partly=True)
    assert joined(kept, kept) == kept
    assert joined(free, Index(XS, 0, 0, turns=True)).turns
    assert joined(joined(free, kept), free).partly


def test_an_index_is_read_back():
    assert index_of(None) is None
    old = {"coefficients": [["x", 1]], "low": 0, "high": 1, "clamped": True}  # of an earlier version
    assert index_of(old) == Index(XS, 0, 1, clamped=True)
    assert index_of({**old, "turns": True, "partly": True}) == Index(XS, 0, 1, True, True, True)


def test_reads_are_limited_by_what_there_is():
    access = Access("f", (Index(XS, -1, 1), None), 3)
    assert access.extents({"x": 8}, (64.0, 32.0)) == (10, 32)
    assert access.extents({"x": 64}, (64.0, 32.0)) == (64, 32)


def test_a_pipeline_at_a_size():
    loops = (Loop("x", 8.0, True), Loop("r", 4.0, False))
    func = Func("f", ("x", "y"), 4, False, (8.0, 2.0), (Stage(loops, ("r",), 2.0, ()),), 0)
    graph = Graph("abc", (func,), (), ("f",))
    assert (graph.operations, graph.bytes, graph.extents("f"), graph.element_bytes("f")) == (
        64,
        64,
        (8, 2),
        4,
    )
    assert func.scans and not func.is_pure("y") and func.is_pure("x") and func.inlinable
    assert (graph.largest_output, graph.output, graph.exposed) == (func, "f", frozenset())
    assert Graph.from_json(graph.to_json()) == graph
    with pytest.raises(KeyError):
        graph.extents("g")


def test_a_func_of_the_values_of_another_is_anywhere():
    found = Forms({"x": (0, 63)}, frozenset("x")).linear(Term("Call", (X,), "table", FUNC, INT32))
    assert found is None
    small = Forms({"x": (0, 63)}, frozenset("x")).linear(Term("Call", (X,), "table", FUNC, UINT8))
    assert small == Index((), 0, 255, turns=True)
    assert math.isinf(Forms({}, frozenset()).interval(X)[1])
