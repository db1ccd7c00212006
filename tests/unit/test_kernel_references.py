"""References compute what the kernels say, written out once more by hand; impossible sizes are refused."""

import math
from itertools import product

import numpy as np
import pytest

from perfpred import kernels
from perfpred.complexity import Complexity
from perfpred.errors import InputError
from perfpred.kernels import KERNELS, Kernel, kernel
from perfpred.kernels.base import Parameter
from perfpred.kernels.domain import SizeRule, at_least_one
from perfpred.kernels.features import candidates, extents_of, remainders

SMALL = {
    "matmul": {"m": 3, "n": 4, "k": 5},
    "matmul_int32": {"m": 3, "n": 4, "k": 5},
    "matvec": {"m": 3, "n": 5},
    "softmax": {"m": 3, "n": 5},
    "maxpool": {"h": 7, "w": 9, "r": 2},
    "conv2d": {"h": 7, "w": 6, "f": 3},
    "conv2d_nchw": {"c_in": 2, "c_out": 3, "h": 5, "w": 6},
}


def by_hand(name, sizes, operands):
    """Return one result at a time, in plain Python: the definition of the kernel."""
    a, *rest = (operand.astype(float).tolist() for operand in operands)
    b = rest[0] if rest else []
    if name.startswith("matmul"):
        return lambda i, j: sum(a[i][k] * b[k][j] for k in range(sizes["k"]))
    if name == "matvec":
        return lambda i: sum(a[i][k] * b[k] for k in range(sizes["n"]))
    if name == "softmax":
        return lambda i, j: math.exp(a[i][j]) / sum(map(math.exp, a[i]))
    if name == "maxpool":
        window = range(sizes["r"])
        return lambda i, j: max(a[i * 2 + y][j * 2 + x] for y, x in product(window, window))
    window = list(product(range(3), range(3)))
    if name == "conv2d":
        return lambda i, j: sum(b[y][x] * a[i + y][j + x] for y, x in window)
    channels = range(sizes["c_in"])
    return lambda o, i, j: sum(b[o][c][y][x] * a[c][i + y][j + x] for c in channels for y, x in window)


@pytest.fixture
def rng():
    """A generator."""
    return np.random.default_rng(3)


def operands_of(kernel, sizes, rng):
    """Return random operands of a kernel."""
    return tuple(kernel.random(shape, rng) for shape in kernel.operands(sizes))


def test_every_kernel_is_written_out_here():
    own = {each.name for each in vars(kernels).values() if isinstance(each, Kernel)}
    assert set(SMALL) == own <= set(KERNELS)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_reference_is_the_definition(name, rng):
    it, sizes = kernel(name), SMALL[name]
    operands = operands_of(it, sizes, rng)
    found, one = it.reference(sizes, *operands), by_hand(name, sizes, operands)
    assert found.shape == it.result(sizes) and found.dtype == np.float64
    expected = np.reshape([one(*index) for index in np.ndindex(*found.shape)], found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_result_agrees_up_to_rounding_and_no_further(name, rng):
    it, sizes = kernel(name), SMALL[name]
    operands = operands_of(it, sizes, rng)
    right = it.reference(sizes, *operands).astype(it.dtype)
    assert it.agrees(sizes, right, operands)
    changed = right.copy()
    changed.flat[-1] += 1
    for change in (1e-2 if it.dtype == "float32" else 1, it.never):
        wrong = right.copy()
        wrong.flat[-1] = change if change is it.never else wrong.flat[-1] + change
        assert not it.agrees(sizes, wrong, operands)
    assert not it.agrees(sizes, right[..., :-1], operands)
    assert it.difference(sizes, right, operands) is None
    assert "has shape" in it.difference(sizes, right[..., :-1], operands)
    assert "were not written" in it.difference(sizes, np.full_like(right, it.never), operands)
    assert f"1 of {right.size} values are wrong, the first at [" in it.difference(sizes, changed, operands)
    assert it.never != right.flat[0] and it.random((2, 3), rng).dtype == it.dtype


@pytest.mark.parametrize("name", sorted(SMALL))
def test_work_counts_what_the_reference_does(name):
    it, sizes = kernel(name), SMALL[name]
    results = math.prod(it.result(sizes))
    terms = sizes["r"] ** 2 if name == "maxpool" else 1 if name == "softmax" else it.reduction(sizes)
    assert Complexity(it.complexity["work"])(sizes) == results * terms
    values = [Complexity(text)(sizes) for text in {**it.complexity, **it.candidates}.values()]
    assert np.isfinite(values).all() and min(Complexity(text)(sizes) for text in it.complexity.values()) > 0
    assert it.family == name.removesuffix("_int32") and it.exact == (name == "matmul_int32")


@pytest.mark.parametrize(
    ("name", "sizes", "message"),
    [
        ("maxpool", {"h": 1, "w": 4, "r": 2}, "h must be >= r=2 for a window to fit, but got 1"),
        ("conv2d", {"h": 3, "w": 2, "f": 3}, "w must be >= f=3 for the filter to fit, but got 2"),
        ("conv2d_nchw", {"c_in": 1, "c_out": 1, "h": 2, "w": 3}, "h must be >= 3 for a 3x3 filter, but got"),
        ("matmul", {"m": 0, "n": 1, "k": 1}, "m must be >= 1, but got 0"),
    ],
)
def test_sizes_without_output_are_refused_by_rule_and_value(name, sizes, message):
    with pytest.raises(InputError) as caught:
        for rule in kernel(name).domain:
            rule.check(sizes)
    assert str(caught.value).startswith(message)


def test_the_first_row_that_breaks_a_rule_is_named():
    rule = SizeRule("h", "r")
    with pytest.raises(InputError, match=r"^h must be >= r=3, but got 2 in row 2$"):
        rule.check_rows({"h": [9, 2, 1], "r": [3, 3, 3]})
    with pytest.raises(InputError, match=r"^h must be >= r=3, but got 1$"):
        rule.check_rows({"h": 1, "r": 3})
    assert rule.holds({"h": np.array([2, 3]), "r": np.array([3, 3])}).tolist() == [False, True]
    assert rule.may_hold({"h": 3, "r": 3}) and not rule.may_hold({"h": 2, "r": 3})
    assert [each.parameter for each in at_least_one("a", "b")] == ["a", "b"]


@pytest.mark.parametrize("columns", [{"r": [1]}, {"h": ["x"], "r": [1]}, {"h": [[1], [2, 3]], "r": [1]}])
def test_what_is_no_number_is_left_to_others(columns):
    SizeRule("h", "r").check_rows(columns)
    SizeRule("h", 1).check({"h": "x"})


def test_parameters_are_drawn_by_their_step(rng):
    odd = Parameter("f", 3, 8, step=2)
    assert odd.n_values == 3
    assert {odd.draw(rng) for _ in range(50)} == {3, 5, 7}


def test_extents_are_columns_of_whole_numbers_that_grow():
    columns = {"n": [1.0, 64.0], "share": [1.5, 64.0], "small": [1.0, 4.0], "signed": [-8.0, 8.0]}
    assert extents_of({name: np.array(values) for name, values in columns.items()}) == ("n",)


def test_features_of_an_extent_say_what_is_left_over():
    point = {"n": 40}
    found = {name: Complexity(text)(point) for name, text in remainders("n").items()}
    assert found == {"n_power_of_two": 3, "n_mod_16": 0.5, "n_mod_4": 0}
    assert Complexity("1 - n/(ceil(n/16)*16)")(point) == pytest.approx(1 - 40 / 48)
    assert "1 - n/(ceil(n/16)*16)" in candidates(["n"]) and candidates([]) == {}
