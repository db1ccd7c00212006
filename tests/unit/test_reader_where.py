import pytest

from perfpred.errors import ExpressionError, InputError
from perfpred.profile.columns.where import Filter

CELLS = {"dtype": ["fp16", "fp32", "fp16"], "n": ["64", " 128", ""], "a b": ["1", "2", "3"]}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('dtype == "fp16"', "101"),
        ("dtype != 'fp16'", "010"),
        ("n >= 64", "110"),
        ("n != 64", "011"),
        ('n == ""', "001"),
        ("not n == 64", "011"),
        ("not not n == 64", "100"),
        ("`a b` in (1, 3,)", "101"),
        ('dtype not in ["fp16"]', "010"),
        ('n % 128 == 0 or dtype == "fp32" and n > 1000', "010"),
        ('(n % 128 == 0 or dtype == "fp32") and n > 1000', "000"),
        ("1 < `a b` < 3", "010"),
        ("-n < -100", "010"),
        ("n * 2 + 1 == 129", "100"),
        ("n // 100 == 1 and n / 2 == 64", "010"),
        ("1 == 1", "111"),
        ("n == 1.28e2", "010"),
    ],
)
def test_rows_that_are_kept(text, kept):
    assert "".join(str(int(each)) for each in Filter(text)(CELLS, 3)) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n = 4", "equality is written ==, at character 3"),
        ("n == 64 && m == 3", "write 'and', at character 9"),
        ("n == 64 | m", "write 'or', at character 9"),
        ("n == 64K", "a number ends in no letter; texts stand in quotes, at character 6"),
        ("(((n == 1)", r"expected '\)', at character 11"),
        ('dtype == "fp16', "this text has no closing quote, at character 10"),
        ("n in 5", "'in' needs a list of values"),
        ('__import__("os").system("id")', "unexpected '.', at character 17"),
        ("n == 1 or", "expected a column, a number or a quoted text, at character 10"),
        ("lambda: 1", "unexpected ':'"),
        ("(" * 200 + "n == 1" + ")" * 200, "nests at most 50 levels deep"),
        ("n" * 1001, "has at most 1000 characters, but got 1001"),
        (" ", "must be a condition such as 'n >= 64'"),
    ],
)
def test_what_is_no_condition_is_refused(text, message):
    with pytest.raises(ExpressionError, match=message):
        Filter(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('n == "64"', "column 'n', which holds numbers cannot be compared with text '64'"),
        ("dtype == 16", "column 'dtype', which holds text cannot be compared with number 16"),
        ('dtype > "a"', "'>' needs numbers"),
        ("dtype + 1 == 2", r"'\+' needs numbers"),
        ("n", "must be true or false for each row"),
        ("n and dtype", "must be true or false for each row"),
        ("(n == 1) == 1", "compares numbers or texts; connect comparisons with 'and'"),
        ("dtpe == 1", "unknown column in --where: 'dtpe'; did you mean 'dtype'?"),
    ],
)
def test_what_cannot_be_compared_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        Filter(text)(CELLS, 3)


def test_long_chains_are_evaluated():
    assert Filter("+".join(["n"] * 400) + " == 25600")(CELLS, 3).tolist() == [True, False, False]
