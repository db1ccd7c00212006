import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.profile import Profile, hardware_split, random_split, range_split

SIZES = "1 <= train_size < rows must hold, so that rows are left to test on, but got "


def test_random_split():
    train, test = random_split(100, 30, random_state=1)
    assert (len(train), len(test)) == (30, 70)
    assert sorted([*train, *test]) == list(range(100))
    assert train.tolist() == sorted(train)
    assert random_split(100, 30, random_state=1)[0].tolist() == train.tolist()
    assert random_split(100, 30, random_state=2)[0].tolist() != train.tolist()
    assert random_split(100, 30, np.random.default_rng(1))[0].tolist() == train.tolist()


@pytest.mark.parametrize("train_size", [0, -1, 10, 11])
def test_too_few_rows(train_size):
    for split in (lambda: random_split(10, train_size, 0), lambda: range_split(np.arange(10), train_size)):
        with pytest.raises(InputError) as caught:
            split()
        assert str(caught.value) == f"{SIZES}train_size={train_size}, rows=10"


def test_negative_seed():
    with pytest.raises(InputError, match="random_state must be >= 0, but got -1"):
        random_split(10, 5, -1)


def test_range_split():
    train, test = range_split([5, 1, 3, 9, 3], 2)
    assert (train.tolist(), test.tolist()) == ([1, 2], [0, 3])  # row 4 ties with row 2


def test_range_split_errors():
    with pytest.raises(
        InputError, match=r"no value is larger than 7.0, the largest of the 2 rows to train on"
    ):
        range_split([7, 7, 7], 2)
    for values in ([1, np.nan, 2], [[1, 2], [3, 4]]):
        with pytest.raises(InputError, match="values must be one finite number a row, but got shape"):
            range_split(values, 1)


def test_hardware_split():
    table = pd.DataFrame({"kernel": "a", "variant": "b", "hardware": list("xyxz"), "m": 1, "time_s": 1.0})
    profile = Profile(table, ("m",))
    train, test = hardware_split(profile, "x")
    assert (train.tolist(), test.tolist()) == ([1, 3], [0, 2])
    train, test = hardware_split(profile, ["x", "z"])
    assert (train.tolist(), test.tolist()) == ([1], [0, 2, 3])
    with pytest.raises(UnknownNameError) as caught:
        hardware_split(profile, "w")
    assert str(caught.value) == "unknown hardware 'w'; known: x, y, z"
    for held_out in ([], ["x", "y", "z"]):
        with pytest.raises(InputError, match="some hardware must be held out and some left, but got"):
            hardware_split(profile, held_out)
