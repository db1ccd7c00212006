"""Conditions: what is read, what is refused and where, and that the trees are those of complexities."""

import copy

import numpy as np
import pandas as pd
import pytest

from perfpred.complexity import Call, Compare, Complexity, Condition, Name, Number
from perfpred.errors import ExpressionError, UnknownNameError

POINT = {"x": 16, "y": 3, "z": 0}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("x > 8 and y > 2", 1),
        ("x > 8 and y > 3", 0),
        ("x > 80 or y > 2", 1),
        ("not x > 8", 0),
        ("not (x > 8 and y > 3)", 1),
        ("x in (1, 16)", 1),
        ("x in [1, y]", 0),
        ("x not in {1, 16}", 0),
        ("x in (16,)", 1),
        ("x in []", 0),
        ("1 < x in (16, 32) and True", 1),
        ("32 <= x*y <= 1024", 1),
        ("x", 1),
        ("z", 0),
        ("x % 4", 0),
        ("z == 0 or x % z == 0", 1),
        ("(x > 8) + (y > 8) == 1", 1),
        ("(x > 8 or y > 8) * 2 == 2", 1),
        ("min(x, y) == 3 and max(x, y, z) == 16", 1),
        ("y == False or z == False", 1),
    ],
)
def test_holds_as_in_python(text, holds):
    assert Condition(text)(POINT) == holds == bool(eval(text, dict(POINT)))


def test_reads_the_trees_of_complexities():
    assert Condition("x > 1").tree == Complexity("x > 1").tree
    both = (Compare((">",), (Name("x"), Number(1.0))), Compare(("<",), (Name("y"), Number(5.0))))
    assert Condition("x > 1 and y < 5").tree == Call("min", both)
    assert Condition("x > 1 or y < 5").tree == Call("max", both)


def test_is_evaluated_on_arrays_and_tables():
    condition = Condition("use == 0 or x % 32 != 0")
    table = pd.DataFrame({"use": [0, 1, 1], "x": [32, 32, 48]})
    assert condition(table).tolist() == [1.0, 0.0, 1.0]
    assert condition.holds(table).tolist() == [True, False, True]
    assert condition.holds({"use": 1, "x": np.array([32, 33])}).tolist() == [False, True]
    assert Condition("True").holds(table).tolist() == [True] * 3


def test_keeps_its_text_and_names():
    condition = Condition("x in (a, 2) and not b")
    assert (str(condition), condition.names) == ("x in (a, 2) and not b", ("x", "a", "b"))
    assert copy.deepcopy(condition) == condition
    assert condition != Complexity("x")


ALLOWED = (
    "this is not allowed; only numbers, column names, + - * / // % **, comparisons, and, or, not, in and "
    "functions are"
)


@pytest.mark.parametrize(
    ("text", "reason", "character"),
    [
        ("x and", "invalid syntax", 6),
        ("x & y", "unexpected character '&'", 3),
        ("x in y", "'in' needs a list of values, such as (16, 32)", 6),
        ("(x or y) + 1 > 2", "'and' and 'or' of numbers cannot be part of arithmetic; compare them first", 2),
        ("x if y else z", ALLOWED, 1),
        ("x is y", ALLOWED, 1),
        ("x > 1 and open(y)", "unknown function 'open'; known: ceil, floor, log2, max, min, sqrt", 11),
        ("a.b == 1", ALLOWED, 1),
    ],
)
def test_refuses_the_rest_with_a_caret(text, reason, character):
    with pytest.raises(ExpressionError) as error:
        Condition(text)
    expected = f"{reason}, at character {character}:\n  {text}\n  {' ' * (character - 1)}^"
    assert str(error.value) == expected


@pytest.mark.parametrize("text", ["", " ", "not " * 200 + "x", "not(1+" * 90 + "x" + " or y)" * 90, None, 3])
def test_refuses_what_is_no_expression_at_all(text):
    with pytest.raises(ExpressionError):
        Condition(text)


def test_names_a_missing_column():
    with pytest.raises(UnknownNameError, match="unknown column in 'x > 1': 'x'"):
        Condition("x > 1")({"y": 1})


def test_complexities_still_have_no_and():
    with pytest.raises(ExpressionError, match="'and' and 'or' are not allowed"):
        Complexity("x > 1 and y > 1")
