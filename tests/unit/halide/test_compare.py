"""What is the same result, and what data are drawn to find out whether two are."""

import numpy as np
import pytest

from perfpred.halide.measure.checking.compare import Right, Tolerance, off, shown
from perfpred.halide.measure.checking.inputs import moved, random_like
from perfpred.halide.measure.checking.perturbed import Spread, Strays, moved_by

SINGLE, EXACT = Tolerance(2.0**-23), Tolerance(0.0)
HALF = Tolerance(2.0**-10)


def noise(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def test_integers_of_integers_are_equal():
    right = Right(np.arange(20000, dtype=np.uint16), EXACT)
    assert off(right.array.copy(), right) is None
    found = right.array.copy()
    found[5] += 1
    mask = off(found, right)
    assert mask.sum() == 1 and "0.005% of the integers differ" in shown(found, right, mask)


def test_a_few_rounded_integers_are_off_by_one():
    right = Right((np.arange(20000) % 250).astype(np.uint8), SINGLE)
    found = right.array.copy()
    found[7:9] += 1
    assert off(found, right) is None
    found[::40] += 1
    assert off(found, right).sum() > 400
    found = right.array.copy()
    found[7] += 2
    assert off(found, right).sum() == 1


def test_floats_differ_by_rounding_alone():
    right = Right(noise(40, 50), SINGLE)
    assert off(right.array * np.float32(1 + 1e-6), right) is None
    found = right.array.copy()
    found[3, 4] += 1e-4
    mask = off(found, right)
    assert mask.sum() == 1 and "0.0001" in shown(found, right, mask)


def test_a_huge_value_does_not_hide_the_others():
    values = noise(40, 50)
    values[0, 0] = 1e6
    values[5] = 1e7
    found = values.copy()
    found[1:3] += 0.01
    assert off(found, Right(values, SINGLE)).sum() == 100


def test_half_precision_has_a_tolerance_of_its_own():
    right = Right(noise(40, 50).astype(np.float16), HALF)
    assert off((right.array * np.float16(1.002)).astype(np.float16), right) is None
    assert off((right.array * np.float16(1.02)).astype(np.float16), right).any()


def test_what_is_not_finite_is_so_in_both():
    values = noise(10)
    values[2:4] = np.nan, np.inf
    right = Right(values, SINGLE)
    assert off(values.copy(), right) is None
    found = values.copy()
    found[5] = np.nan
    assert off(found, right).tolist() == [place == 5 for place in range(10)]
    found = values.copy()
    found[2:4] = 1, -np.inf
    assert off(found, right).tolist() == [place in (2, 3) for place in range(10)]
    assert "not finite" in shown(found, right, off(found, right))


def quotient(x):
    with np.errstate(divide="ignore"):
        return np.float32(1e-3) / (x - np.float32(0.5))


def test_what_rounding_does_to_the_reference_it_may_do_to_others():
    x = noise(60, 70)
    x[5, 5:15] = np.float32(0.5) + np.arange(1, 11, dtype=np.float32) * np.float32(2.0**-22)
    right = Right(quotient(x), SINGLE)
    spread = Spread.of(right)
    for run in range(8):
        spread.saw(quotient(moved(x, 2.0 ** (run - 23), [run])))
    found = quotient(np.nextafter(x, np.float32(1)))
    mask = off(found, right)
    assert mask[5, 5:15].any() and spread.unexplained(found, mask) is None
    found[20:24] = found[24:28]
    assert spread.unexplained(found, off(found, right)).sum() > 200
    assert spread.loose < 0.02


def test_steps_that_rounding_decides_are_seen_or_strays():
    x = noise(100, 100)
    right = Right(np.floor(x * 8), SINGLE)
    found = right.array.copy()
    found[3, 3] += 1
    strays = Strays()
    assert strays.allow(0, 1, off(found, right))
    assert strays.allow(0, 1, off(found, right))
    assert not strays.allow(0, 2, off(found, right))  # at one place on different data
    found[:10, 3] += 1
    assert not Strays().allow(0, 1, off(found, right))
    tiny = Right(np.zeros((2, 3), np.float32), SINGLE)
    assert not Strays().allow(0, 1, off(np.float32([[0, 0, 1], [0, 0, 0]]), tiny))


@pytest.mark.parametrize("kind", ["uint8", "int16", "float32", "float64", "float16", "bool", "int32"])
def test_a_constant_example_has_the_natural_range_of_its_type(kind):
    drawn = random_like(np.zeros((40, 50), kind), [1])
    assert drawn.dtype == kind and drawn.shape == (40, 50) and len(np.unique(drawn)) > 1
    wanted = {"uint8": (0, 255), "int16": (-4095, 4095), "bool": (0, 1), "int32": (0, 255)}
    low, high = wanted.get(kind, (0, 1))
    assert low <= drawn.min() < (low + high) / 2 < drawn.max() <= high


def test_values_are_drawn_within_what_the_example_has():
    mask = np.where(noise(30, 40) > 0.9, np.uint8(255), np.uint8(0))
    assert set(np.unique(random_like(mask, [1]))) == {0, 255}
    gradient = np.linspace(-2, 3, 1200, dtype=np.float32).reshape(30, 40)
    for blocks in (False, True):
        drawn = random_like(gradient, [2], blocks=blocks)
        assert -2 <= drawn.min() < -1.5 and 2.5 < drawn.max() <= 3
        assert not np.array_equal(drawn, gradient)
    indices = np.arange(1200, dtype=np.int32).reshape(30, 40) % 77
    assert random_like(indices, [3]).max() <= 76
    whole = indices.astype(np.float32)
    assert np.array_equal(random_like(whole, [4]), np.round(random_like(whole, [4])))
    offsets = np.cumsum(np.arange(50) % 3).astype(np.int32)
    drawn = random_like(offsets, [5])
    assert drawn[0] == offsets[0] and drawn[-1] == offsets[-1] and np.all(np.diff(drawn) >= 0)
    order = random_like(np.arange(50, dtype=np.int32)[::-1], [6])
    assert sorted(order) == list(range(50))
    hole = gradient.copy()
    hole[3] = np.nan
    assert np.isfinite(random_like(hole, [7])).all()
    assert random_like(np.zeros((0, 3), np.float32), [8]).shape == (0, 3)
    assert np.array_equal(random_like(gradient, [9]), random_like(gradient, [9]))


def test_inputs_in_half_precision_are_moved_by_little():
    assert moved_by(64, 2**-10) == pytest.approx(0.005) and moved_by(1, 2**-7) == 2**-7
    assert moved_by(64, 2**-23) == 64 * 2**-23
