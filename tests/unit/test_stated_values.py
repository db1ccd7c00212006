"""Values of a tuning parameter as a Python expression in a text: worked out within bounds, never run."""

import json

import pytest

from perfpred.errors import ExpressionError, InputError, ProblemsError
from perfpred.exchange import space_json
from perfpred.exchange.document import read_document
from perfpred.exchange.imported import ImportOptions, Names
from perfpred.exchange.importing import import_file, read_space
from perfpred.exchange.objects import Repeated, as_object, named_twice, pairs_of, text_in
from perfpred.exchange.values import MAX_LENGTH, MAX_VALUES, checked_value, expand

T1 = {
    "General": {"BenchmarkName": "gemm"},
    "ConfigurationSpace": {
        "TuningParameters": [
            {"Name": "x", "Values": "[2**i for i in range(3)]"},
            {"Name": "y", "Values": "['a', 'b']"},
        ],
        "Conditions": [{"Expression": "x > 1", "Parameters": ["x"]}],
    },
}


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2, 4]",
        "(1, 2.5, 'a')",
        "list(range(16, 65, 16))",
        "range(3)",
        "[1] + [2, 3]",
        "[2**i for i in range(4)]",
        "[x*y for x in (1, 2) for y in range(x) if x != y]",
        "[x if x > 1 else -x for x in range(4)]",
        "sorted([3, 1, 2])",
        "[min(3, 4), max([1, 9]), len([1, 1]), sum([1, 2]), abs(-3), int(2.7), float(2)]",
        "[7 // 2, 7 / 2, 7 % 4, 7 - 2, +3, -3, not 3]",
        "[1 < 2 < 3, 1 < 3 < 2, 2 in [1, 2], 2 not in [1, 2], 3 == 3, 3 != 3, 3 >= 4, 3 <= 4]",
        "[1 and 5, 0 and 5, 0 or 7, 3 or 7]",
        "list(i for i in [1, 2])",
        "  [1,\n 2]  ",
    ],
)
def test_what_is_allowed_is_worked_out_as_python_does(text):
    assert expand(text) == tuple(dict.fromkeys(eval(text.strip())))


@pytest.mark.parametrize(
    ("text", "reason", "character"),
    [
        ("3", "the values must be a list, such as [16, 32]", 1),
        ("[]", "there must be at least one value", 1),
        ("[[1]]", "a value must be a finite number or a text, but one is [1]", 1),
        ("['']", "a value must be a finite number or a text, but one is ''", 1),
        ("[1e999]", "a value must be a finite number or a text, but one is inf", 1),
        ("[1, x]", "'x' is not known here", 5),
        ("[1, open('x')]", "this is not allowed; of functions, range, list, sorted, min, max, len, sum", 5),
        ("[int(x=3)]", "this is not allowed; of functions, range", 2),
        ("[1 << 3]", "this is not allowed; lists, ranges, comprehensions, arithmetic", 2),
        ("[1 is 1]", "this is not allowed; lists", 2),
        ("[~1]", "this is not allowed; lists", 2),
        ("{1, 2}", "this is not allowed; lists", 1),
        ("[b'x']", "this is not allowed; lists", 2),
        ("['a' * 9]", "arithmetic needs numbers, and + two numbers or two lists", 2),
        ("[1] + 2", "arithmetic needs numbers", 1),
        ("[1 / 0]", "this cannot be worked out: division by zero", 2),
        ("[1 < 'a']", "this cannot be worked out: '<' not supported", 2),
        ("[10.0 ** 999]", "this cannot be worked out: ", 2),
        ("[2 ** 64]", "this number is too large or not real", 2),
        ("[(-1) ** 0.5]", "this number is too large or not real", 2),
        ("[2 ** 1000000]", "this power is too large", 2),
        ("range(10 ** 9)", "a list holds at most 10000 values", 1),
        ("[x for x in range(2 ** 62)]", "a list holds at most 10000 values", 13),
        ("[x for x in 3]", "a comprehension goes through a list or a range", 13),
        ("[x for x, y in [1]]", "a comprehension has one name for each of its loops", 8),
        ("[x for x in range(600) for y in range(600)]", "working out the values takes more than", 2),
        ("[1, 2", "'[' was never closed", 1),
        ("  [1,\n  $]", "invalid", 9),
    ],
)
def test_what_is_not_allowed_is_pointed_at(text, reason, character):
    with pytest.raises(ExpressionError) as caught:
        expand(text)
    assert str(caught.value).startswith(reason) and f"at character {character}:\n" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "must be the text of a list such as '\\[16, 32\\]', but is None"),
        ("[" + "1," * MAX_LENGTH + "]", "a list of values has at most 100000 characters, but got 200002"),
        ("[\0]", "null bytes|this is not a list of values that can be read"),
        ("[" * 60 + "1" + "]" * 60, "the values nest at most 50 levels deep"),
        ("-" * 99 + "1", "the values nest at most 50 levels deep"),
        ("[0 " + "for a in [1] " * 2000 + "]", "a comprehension has at most 50 loops"),
    ],
    ids=["none", "long", "null", "lists", "signs", "loops"],
)
def test_what_is_too_much_is_refused(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        expand(text)


def test_values_are_plain_and_each_is_there_once():
    assert expand("[True, 1, 2.0, 2, 'a ', 'a', '3']") == (1, 2.0, "a", 3)
    assert len(expand(f"range({MAX_VALUES})")) == MAX_VALUES
    for value in (None, float("nan"), [], "  "):
        with pytest.raises(InputError, match="a value must be a finite number or a text"):
            checked_value(value)


@pytest.fixture
def t1(tmp_path):
    """A T1 file."""
    path = tmp_path / "space.json"
    path.write_text(json.dumps(T1))
    return path


def test_a_space_of_our_own_is_read_back(t1, tmp_path):
    stated = import_file(t1)
    assert stated.name == "gemm" and dict(stated.space.parameters) == {"x": (1, 2, 4), "y": ("a", "b")}
    space_json.write_space(stated, tmp_path / "own.json", {"file": "space.json"})
    again = read_space(tmp_path / "own.json")
    assert again.name == "gemm" and again.space.parameters == stated.space.parameters
    assert [str(each) for each in again.space.conditions] == [str(each) for each in stated.space.conditions]
    assert import_file(t1, Names(kernel="mine")).name == "mine"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([], "the file does not hold a JSON object"),
        ({"parameters": {}}, "it has no object 'parameters' and list 'conditions'"),
        ({"parameters": [], "conditions": []}, "it has no object 'parameters' and list 'conditions'"),
        ({"parameters": {}, "conditions": []}, None),
    ],
    ids=["list", "conditions", "parameters", "ours"],
)
def test_a_space_of_our_own_says_so(content, reason):
    assert space_json.refusal(content) == reason


def test_a_space_holds_no_results(t1):
    with pytest.raises(InputError, match="which holds no results: leave out --variant, --param"):
        import_file(t1, Names(variant="a"), options=ImportOptions(constants={"m": "1"}))


def test_all_that_is_wrong_with_values_is_listed(t1):
    broken = {"TuningParameters": [{"Name": "x", "Values": "[1"}, {"Name": "y", "Values": 4}, 3]}
    t1.write_text(json.dumps({"ConfigurationSpace": broken}))
    with pytest.raises(ProblemsError) as caught:
        import_file(t1)
    assert len(caught.value.problems) == 3


def test_json_that_nests_too_deeply_is_no_traceback(t1):
    t1.write_text(json.dumps(T1).replace("[2**i for i in range(3)]", "[0 " + "for a in [1] " * 2000 + "]"))
    for read in (import_file, read_space):
        with pytest.raises(InputError):
            read(t1)


def test_objects_remember_keys_named_twice():
    found = as_object([("a", 1), ("b", 2), ("a", 3)])
    assert isinstance(found, Repeated) and found == {"a": 3, "b": 2}
    assert pairs_of(found) == [("a", 1), ("b", 2), ("a", 3)] and pairs_of({"a": 1}) == [("a", 1)]
    assert named_twice({"list": [[{"x": found}]]}) == "a" and named_twice({"a": [{"b": 1}, 2]}) == ""
    assert not isinstance(as_object([("a", 1)]), Repeated)
    assert text_in({"a": " x "}, "a") == "x" and text_in({"a": 3}, "a") == text_in({}, "a") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m,n,time_s\n1,2,3\n", "a CSV needs no import: perfpred inspect "),
        ("{", "not JSON, as all known formats are: "),
        ('{"a": 1, "a": 2}', "the file names 'a' twice, so that one of the two would be lost"),
        ('{"a": {"b": 1, "b": 2}}', "the file names 'b' twice"),
    ],
    ids=["csv", "cut", "twice", "within"],
)
def test_a_file_that_is_no_document_says_why(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_document(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)
    with pytest.raises(InputError, match="none: there is no such file"):
        read_document(tmp_path / "none")
