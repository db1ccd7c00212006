"""Raw parameters to numbers: the same for training and serving, and errors that say what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.design import Input, design_matrix
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import log_of

TABLE = pd.DataFrame({"n": [4, 8, 16], "mode": ["safe", "fast", "fast"], "min": [1.0, 2.5, 3.0]})


def test_encoding_of_training_columns():
    encoding = Encoding.of({name: TABLE[name] for name in TABLE})
    assert encoding.categories == {"mode": ("fast", "safe")}
    assert list(encoding.encode(TABLE)) == ["n", "mode_fast", "mode_safe", "min_"]
    assert encoding.labels["min_"] == "min"


def test_one_query_is_encoded_as_its_row_was():
    encoding = Encoding.of({name: TABLE[name] for name in TABLE})
    whole, one = encoding.encode(TABLE), encoding.encode({"mode": "fast", "min": 2.5, "n": 8, "more": None})
    assert {name: values[1] for name, values in whole.items()} == {n: v[0] for n, v in one.items()}


@pytest.mark.parametrize(
    ("name", "safe"),
    [("block size", "block_size"), ("2d", "column_2d"), ("größe", "gr_e"), ("%", "column"), ("if", "if_")],
)
def test_safe_names(name, safe):
    assert Encoding((name,)).labels == {safe: name}


def test_safe_names_do_not_collide():
    labels = Encoding(("a b", "a_b", "a-b", "a"), {"a": ("b",)}).labels
    assert list(labels.values()) == ["a b", "a_b", "a-b", "a=b"]
    assert len(labels) == 4


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"n": [1]}, "column 'mode' is missing; got n"),
        ({"n": [1, "x"], "mode": ["fast"] * 2}, "column 'n' must hold numbers, but row 2 is 'x'"),
        ({"n": [1, np.nan], "mode": ["fast"] * 2}, "column 'n' must be finite, but row 2 is nan"),
        (
            {"n": [1, 2], "mode": ["fast", None]},
            "column 'mode' must have a value in every row, but row 2 has none",
        ),
        ({"n": [1, 2], "mode": ["fast"]}, "columns must have one length, but got {'n': 2, 'mode_fast': 1"),
        ({"n": [1], "mode": ["fats"]}, "unknown value of mode 'fats'; did you mean 'fast'"),
    ],
)
def test_unusable_columns(columns, message):
    with pytest.raises(InputError) as caught:
        Encoding(("n", "mode"), {"mode": ("fast", "safe")}).encode(columns)
    assert message in str(caught.value)


def test_an_unseen_level_may_be_zero_everywhere():
    encoding = Encoding(("mode",), {"mode": ("fast", "safe")})
    assert encoding.encode({"mode": "new"}, unseen="zero") == {"mode_fast": [0.0], "mode_safe": [0.0]}


@pytest.mark.parametrize(
    ("parameters", "categories"),
    [(("a", "a"), {}), (("",), {}), (("a",), {"b": ("x",)}), (("a",), {"a": ("x", "x")}), ((1,), {})],
)
def test_untrusted_encodings(parameters, categories):
    with pytest.raises(InputError, match=r"^Encoding: .* must hold, but got"):
        Encoding(parameters, categories)


def test_inputs_are_standardised_and_clipped():
    columns = {"n": np.array([1.0, 2.0, 3.0])}
    fitted = Input.fitted("2*n", columns)
    assert fitted(columns).mean() == pytest.approx(0)
    assert fitted(columns).std() == pytest.approx(1)
    far = {"n": np.array([-50.0, 50.0])}
    np.testing.assert_array_equal(fitted(far), fitted(columns)[[0, -1]])


def test_constant_inputs_are_none():
    assert Input.fitted("n*0 + 3", {"n": np.array([1.0, 2.0])}) is None


def test_a_design_matrix_may_have_no_columns():
    assert design_matrix((), {"n": np.ones(3)}).shape == (3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": 0.0}, "scale > 0 must hold, but got 0.0"),
        ({"mean": float("nan")}, "mean is a finite number must hold, but got nan"),
        ({"low": 2.0}, r"low <= high must hold, but got \(low=2.0, high=1.0\)"),
        ({"high": "1"}, "high is a finite number must hold, but got '1'"),
        ({"expression": "n +"}, "at character"),
    ],
)
def test_untrusted_inputs(change, message):
    good = {"expression": "n", "mean": 0.0, "scale": 1.0, "low": 0.0, "high": 1.0}
    with pytest.raises(InputError, match=message):
        Input(**(good | change))


def test_values_that_are_not_finite_name_the_row():
    with pytest.raises(InputError, match=r"'1/n' must be finite, but it is inf in row 2 \(n=0\)"):
        log_of("1/n", {"n": np.array([1.0, 0.0])})


def test_unknown_columns_of_an_expression():
    with pytest.raises(UnknownNameError, match="did you mean 'mesh'"):
        log_of("mseh", {"mesh": np.ones(1)})
