"""Intervals hold every value that the operation gives for operands within theirs, by trying them all."""

import itertools
import math

import pytest

from perfpred.halide.graph.intervals import EVERYTHING, fitted, is_finite, of_type
from perfpred.halide.graph.intrinsics import FUNCTIONS, INTRINSICS, PASSED, PLAIN, returned
from perfpred.halide.graph.provable import SYMBOL, Provable
from perfpred.halide.graph.ranges import ARITHMETIC, Ranges
from perfpred.halide.graph.terms import FUNC, IMAGE, Term, Type, fold

INT8, UINT8, INT32, FLOAT32 = Type(0, 8), Type(1, 8), Type(0, 32), Type(2, 32)
BOXES = [(0, 0), (3, 3), (-4, -4), (0, 5), (-5, 0), (-3, 4), (2, 6), (-7, -2)]
COUNTS = [(0, 0), (2, 2), (0, 3), (-2, 1), (-3, -1)]
POSITIVE = [(1, 1), (2, 5)]


def shifted(value, by):
    return value << by if by >= 0 else value >> -by


def rounded_shift(value, by):
    return math.floor(value * 2.0**by + 0.5)


def divided(value, by):
    """Halide rounds so that the remainder is never negative, and divides by 0 to 0."""
    return 0 if by == 0 else (value // by if by > 0 else -(value // -by))


def towards_zero(value, by):
    return 0 if by == 0 else math.trunc(value / by)


def clipped(value, low=-128, high=127):
    return min(max(value, low), high)


EXACT = {
    **{
        "strict_add": lambda a, b: a + b,
        "widening_sub": lambda a, b: a - b,
        "widen_right_mul": lambda a, b: a * b,
    },
    **{"strict_min": min, "strict_max": max},
    **{
        "bitwise_and": lambda a, b: a & b,
        "bitwise_or": lambda a, b: a | b,
        "bitwise_xor": lambda a, b: a ^ b,
    },
    "absd": lambda a, b: abs(a - b),
    "halving_add": lambda a, b: (a + b) >> 1,
    "sorted_avg": lambda a, b: (a + b) >> 1,
    "rounding_halving_add": lambda a, b: (a + b + 1) >> 1,
    "halving_sub": lambda a, b: (a - b) >> 1,
    "return_second": lambda a, b: b,
    "lerp": lambda a, b: a,
}
"""Of two operands anywhere."""
SHIFTING = {
    **dict.fromkeys(("shift_left", "widening_shift_left"), shifted),
    **dict.fromkeys(("shift_right", "widening_shift_right"), lambda a, b: shifted(a, -b)),
    "rounding_shift_left": rounded_shift,
    "rounding_shift_right": lambda a, b: rounded_shift(a, -b),
}
DIVIDING = {
    "div_round_to_zero": towards_zero,
    "mod_round_to_zero": lambda a, b: 0 if b == 0 else int(math.fmod(a, b)),
}
ONE = {
    "abs": abs,
    "bitwise_not": lambda a: ~a,
    "likely": lambda a: a,
    "saturating_cast": clipped,
    **{"floor_f32": math.floor, "ceil_f32": math.ceil, "trunc_f32": math.trunc, "round_f32": round},
    **{
        "sqrt_f32": lambda a: math.sqrt(max(a, 0)),
        "exp_f64": math.exp,
        "log_f16": lambda a: math.log(max(a, 1e-45)),
    },
    **{"sin_f32": math.sin, "cos_f32": math.cos, "tanh_f32": math.tanh, "atan_f32": math.atan},
    **{"is_nan_f32": lambda a: 0, "popcount": lambda a: bin(a & 0xFFFFFFFF).count("1")},
}


def values_in(box):
    return range(box[0], box[1] + 1)


def require_held(name, boxes, compute, kind=INT32):
    low, high = returned(name, boxes, kind)
    for point in itertools.product(*map(values_in, boxes)):
        assert low - 1e-9 <= compute(*point) <= high + 1e-9, (name, boxes, point, (low, high))


@pytest.mark.parametrize("name", EXACT)
def test_what_two_operands_give_is_held(name):
    for boxes in itertools.product(BOXES, BOXES):
        require_held(name, boxes, EXACT[name])


@pytest.mark.parametrize("name", SHIFTING)
def test_what_shifts_give_is_held_whichever_way_they_go(name):
    for boxes in itertools.product(BOXES, COUNTS):
        require_held(name, boxes, SHIFTING[name])


@pytest.mark.parametrize("name", DIVIDING)
def test_what_divisions_towards_zero_give_is_held_also_by_zero(name):
    for boxes in itertools.product(BOXES, BOXES):
        require_held(name, boxes, DIVIDING[name])


@pytest.mark.parametrize("name", ONE)
def test_what_one_operand_gives_is_held(name):
    for box in BOXES:
        require_held(name, [box], ONE[name], INT8 if name == "saturating_cast" else INT32)


@pytest.mark.parametrize(("name", "half"), [("mul_shift_right", 0.0), ("rounding_mul_shift_right", 0.5)])
def test_what_products_that_are_shifted_give_saturates(name, half):
    for boxes in itertools.product(
        [(-100, 100), (90, 100), (-3, 2)], [(-100, -90), (0, 100)], [(0, 3), (1, 1)]
    ):
        corners = itertools.product(*boxes)
        low, high = returned(name, boxes, INT8)
        assert -128 <= low <= high <= 127
        for a, b, by in corners:
            assert low <= clipped(math.floor(a * b * 2.0**-by + half)) <= high


def test_a_sum_that_saturates_stays_within_its_type():
    assert returned("saturating_add", [(100, 120), (20, 30)], INT8) == (120, 127)
    assert returned("saturating_sub", [(0, 3), (1, 5)], UINT8) == (0, 2)


@pytest.mark.parametrize("name", ["Add", "Sub", "Mul", "Div", "Mod", "Min", "Max"])
def test_what_arithmetic_gives_is_held(name):
    compute = {
        **{"Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b},
        **{"Div": divided, "Mod": lambda a, b: 0 if b == 0 else a % abs(b), "Min": min, "Max": max},
    }[name]
    for boxes in itertools.product(BOXES, BOXES):
        low, high = ARITHMETIC[name](boxes, INT32)
        for a, b in itertools.product(*map(values_in, boxes)):
            assert low <= compute(a, b) <= high, (name, boxes, a, b)


def test_division_of_floats_by_what_may_be_zero_is_anything():
    assert ARITHMETIC["Div"]([(1.0, 2.0), (-1.0, 1.0)], FLOAT32) == EVERYTHING
    assert ARITHMETIC["Div"]([(1.0, 2.0), (2.0, 4.0)], FLOAT32) == (0.25, 1.0)
    assert ARITHMETIC["Div"]([(1.0, 2.0), (2.0, math.inf)], FLOAT32) == (0.0, 1.0)


@pytest.mark.parametrize(
    "name", sorted({*PASSED, *PLAIN, *INTRINSICS, *(f"{each}_f32" for each in FUNCTIONS)})
)
def test_every_known_function_takes_operands_of_which_nothing_is_known(name):
    parts = [EVERYTHING, (1.0, 3.0), (2.0, 4.0)]
    binary = name in PLAIN or name in EXACT or name in SHIFTING or name in DIVIDING or "saturating" in name
    low, high = returned(name, parts[:2] if binary else parts, INT32)
    assert low <= high


def test_a_function_nobody_knows_returns_anything():
    assert returned("gpu_thread_barrier", [(0, 1)], INT32) == EVERYTHING


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-9, 99), (0, 0), (7, 7)], (0, 7)),
        ([(3, 5), (0, 0), (7, 7)], (3, 5)),
        ([(20, 30), (0, 0), (7, 7)], (0, 7)),  # the promise is broken: what was promised is taken
    ],
)
def test_a_clamp_that_is_promised(parts, expected):
    assert returned("promise_clamped", parts, INT32) == expected


def test_a_choice_is_any_of_what_it_is_between():
    assert returned("mux", [(0, 1), (3, 4), (-2, -1)], INT32) == (-2, 4)
    assert returned("bitwise_not", [(3, 5)], UINT8) == (250, 252)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (UINT8, (0, 255)),
        (INT8, (-128, 127)),
        (Type(1, 1), (0, 1)),
        (INT32, EVERYTHING),
        (Type(1, 32), (0, math.inf)),
        (FLOAT32, EVERYTHING),
        (None, EVERYTHING),
    ],
)
def test_what_a_type_can_hold(kind, expected):
    assert of_type(kind) == expected


def test_what_wraps_around_may_be_anything_of_its_type():
    assert fitted((0, 255), UINT8) == (0, 255)
    assert fitted((-1, 3), UINT8) == (0, 255)
    assert fitted((math.nan, 3), INT8) == (-128, 127)


X = Term("Variable", name="x", type=INT32)
STILL = Term("Variable", name="n", type=INT32)


def number(value, kind=INT32):
    return Term({0: "Int", 1: "UInt", 2: "Float"}[kind.code], value=value, type=kind)


def call(name, *operands, kind=INT32, value=6):
    return Term("Call", operands, name, value, kind)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (Term("Cast", (X,), type=UINT8), (0, 7)),
        (Term("Cast", (Term("Sub", (X, number(1))),), type=UINT8), (0, 255)),  # -1 wraps around
        (
            Term("Cast", (call("exp_f32", Term("Cast", (X,), type=FLOAT32), kind=FLOAT32),), type=INT32),
            (1, 1096),
        ),
        (Term("Cast", (STILL,), type=INT8), (-128, 127)),
        (Term("Cast", (STILL,), type=FLOAT32), EVERYTHING),
        (Term("Select", (Term("LT", (X, number(2))), number(3), number(9))), (3, 9)),
        (Term("Broadcast", (X,)), (0, 7)),
        (Term("LT", (X, number(2))), (0, 1)),
        (number(math.nan, FLOAT32), EVERYTHING),
        (call("image", X, value=IMAGE, kind=UINT8), (0, 255)),
        (call("func", X, value=FUNC, kind=UINT8), (0, 255)),
        (call("shift_left", number(1), X), (1, 128)),
    ],
    ids=lambda each: repr(each) if isinstance(each, tuple) else each.kind + each.name,
)
def test_ranges_of_terms(term, expected):
    assert Ranges({"x": (0, 7)}).interval(term) == expected


def test_a_func_returns_what_is_said_of_its_values():
    found = Ranges({"x": (0, 7)}, lambda term, parts: (parts[0][0] * 2, parts[0][1] * 2))
    assert found.interval(call("func", X, value=FUNC)) == (0, 14)


@pytest.mark.parametrize(
    ("term", "finite"),
    [
        (X, True),
        (STILL, True),
        (Term("Div", (X, STILL)), True),
        (Term("Div", (X, X)), True),
        (call("sin_f32", X, kind=FLOAT32), False),
        (call("bitwise_xor", X, number(3)), False),
        (call("bitwise_xor", number(5), number(3)), True),
        (call("bitwise_and", X, number(3)), True),
        (call("bitwise_and", X, number(-4)), False),
        (call("bitwise_or", X, number(3)), False),
        (call("bitwise_or", number(4), number(3)), True),
        (call("shift_left", X, number(2)), True),
        (call("shift_left", X, number(40)), False),
        (call("shift_right", X, number(-3)), True),
        (call("shift_right", X, STILL), False),
        (call("func", X, value=FUNC), False),
    ],
    ids=lambda each: repr(each),
)
def test_what_halide_finds_bounds_of(term, finite):
    assert is_finite(Provable({"x": True}).interval(term)) == finite


def test_what_stands_still_is_one_unknown_number():
    assert Provable({"x": True}).interval(Term("Add", (STILL, number(3)))) == SYMBOL
    assert Provable({"x": False}).interval(X) == EVERYTHING
    assert Provable({"x": True}).interval(number(3)) == (3, 3)


def test_a_mask_of_unsigned_numbers_that_may_be_negative_to_halide_has_no_bounds():
    kind = Type(1, 32)
    found = Provable({"x": True})
    assert found.interval(call("bitwise_and", X, number(7), kind=kind)) == of_type(kind)
    assert found.interval(call("bitwise_and", number(6), number(3), kind=kind)) == (2, 2)


def test_terms_that_occur_twice_are_combined_once():
    seen = []
    deep = X
    for _ in range(40):
        deep = Term("Add", (deep, deep))
    assert fold(deep, lambda term, below: seen.append(term) or 1 + max(below, default=0), {}) == 41
    assert len(seen) == 41
    assert repr(deep) == "Term('Add', name='', value=0, 2 operands)"
    assert deep != "Add"
