"""The languages of tuning spaces against Python's own semantics, and against garbage."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfpred.complexity import Condition
from perfpred.errors import ExpressionError
from perfpred.exchange.values import expand

NAMES = ("m", "n", "k")
PYTHON = {
    **{each.__name__: each for each in (range, list, sorted, min, max, len, sum, abs, int, float)},
    "__builtins__": {},
}
columns = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 64)))

sums = st.recursive(
    st.sampled_from(NAMES) | st.integers(0, 32).map(str),
    lambda trees: st.one_of(
        st.builds("({}{}{})".format, trees, st.sampled_from(["+", "-", "*", "//", "%", "/"]), trees),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), trees, trees),
    ),
    max_leaves=4,
)
comparisons = st.one_of(
    st.builds("{} {} {}".format, sums, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), sums),
    st.builds("{} < {} <= {}".format, sums, sums, sums),
    st.builds(
        "{} {} ({},)".format,
        sums,
        st.sampled_from(["in", "not in"]),
        st.lists(sums, min_size=1).map(", ".join),
    ),
)
conditions = st.recursive(
    comparisons | sums | st.sampled_from(["True", "False"]),
    lambda trees: st.one_of(
        st.builds("({}) {} ({})".format, trees, st.sampled_from(["and", "or"]), trees),
        st.builds("{} {} {}".format, comparisons, st.sampled_from(["and", "or"]), trees),
        st.builds("not ({})".format, trees),
    ),
    max_leaves=6,
)


@given(conditions, columns)
def test_conditions_agree_with_python_where_python_answers(text, point):
    try:
        expected = bool(eval(text, PYTHON, dict(point)))
    except ZeroDivisionError:
        assume(False)
    assert Condition(text)(point) == expected
    assert Condition(text).holds({name: [value] for name, value in point.items()}).tolist() == [expected]


@given(st.text() | st.text("mn01 andornot()[]<>=,.i"))
def test_garbage_conditions_never_raise_anything_else(text):
    try:
        Condition(text)
    except ExpressionError as error:
        assert error.args


numbers = st.integers(-9, 40).map(str)
terms = st.recursive(
    numbers | st.just("i"),
    lambda trees: st.one_of(
        st.builds("({}{}{})".format, trees, st.sampled_from(["+", "-", "*", "//", "%", "/"]), trees),
        st.builds("({} if {} else {})".format, trees, trees, trees),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), trees, trees),
        st.builds("2**abs({}%9)".format, trees),
    ),
    max_leaves=4,
)
ranges = st.builds("range({}, {}, {})".format, numbers, numbers, st.sampled_from(["1", "3", "-2"]))
tests = st.builds("{} {} {}".format, terms, st.sampled_from(["<", "!=", "%2 =="]), terms) | st.just(
    "i in (1, 3) or not i > 4"
)
lists = st.recursive(
    st.one_of(
        st.lists(numbers | st.sampled_from(["'a'", '"b c"', "1.5", "True", "2**10"])).map(
            lambda each: f"[{', '.join(each)}]"
        ),
        ranges.map("list({})".format),
        st.builds("[{} for i in {}]".format, terms, ranges),
        st.builds("[{} for i in {} if {}]".format, terms, ranges, tests),
        st.builds("[i*j for i in {} for j in {}]".format, ranges, ranges),
    ),
    lambda trees: st.one_of(st.builds("{} + {}".format, trees, trees), trees.map("({})".format)),
    max_leaves=3,
)


@given(lists)
def test_values_agree_with_python_where_python_answers(text):
    try:
        expected = eval(text, dict(PYTHON))
        assert all(isinstance(value, str) or abs(value) < 2**63 for value in expected)
    except (ZeroDivisionError, AssertionError):
        expected = []
    if not expected:
        with pytest.raises(ExpressionError):
            expand(text)
    else:
        assert list(expand(text)) == list(dict.fromkeys(expected))


@given(st.text() | st.text("[]range(i) for in 1*+,'\"if\n"))
def test_garbage_values_never_raise_anything_else(text):
    try:
        expand(text)
    except ExpressionError as error:
        assert error.args
