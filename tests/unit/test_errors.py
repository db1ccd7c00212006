"""Errors reach the caller from another process as they were raised."""

import pickle

import pytest

from perfpred.errors import InputError, ProblemsError, ProfileError, UnknownNameError


@pytest.mark.parametrize(
    "error",
    [
        InputError("x must be > 0, but got -1"),
        ProblemsError("a.csv", ["row 2: m is -1", "row 3: n is empty"]),
        ProfileError("a.csv", ["there is no such file"]),
        UnknownNameError("variant", "openblass", ["eigen", "openblas"]),
    ],
)
def test_an_error_survives_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__
