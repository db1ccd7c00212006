"""File names made from names: no two sequences of parts share one, on any file system."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfpred.kernels import KERNELS
from perfpred.names import file_stem

TRICKY = [
    *("a", "A", "b", "a-b", "a b", "a/b", "a_b", "_", "-", "", ".", "..", "a.", "C", "C++", "C#", "c"),
    *("矩阵", "内核", "é", "e\u0301", "conv2d", "nchw", "conv2d_nchw", "conv2d-nchw", "CONV2D_nchw"),
    *("con", "CON", "con.x", "nul", "a\n", "a\x00", "\ud800", "x" * 300, "x" * 299 + "y"),
]


def test_no_two_combinations_share_a_file():
    seen = {}
    for parts in itertools.product(TRICKY, repeat=3):
        stem = file_stem(parts, KERNELS)
        assert stem.isascii() and 0 < len(stem) < 200 and not stem.startswith(".")
        assert not set(stem) & set('/\\:*?"<>| \n\x00')
        other = seen.setdefault(stem.lower(), parts)
        assert other == parts


@given(st.lists(st.text("ab-_AB./c", max_size=4), min_size=2, max_size=2), st.data())
def test_names_differ_where_parts_do(parts, data):
    other = data.draw(st.lists(st.text("ab-_AB./c", max_size=4), min_size=2, max_size=2))
    if other != parts:
        assert file_stem(parts, ["a_b"]).lower() != file_stem(other, ["a_b"]).lower()


@pytest.mark.parametrize(
    ("parts", "stem"),
    [
        (("matmul", "openblas", "xeon-avx512-1t"), "matmul-openblas-xeon-avx512-1t"),
        (("conv2d_nchw", "eigen", "xeon-sse4.2-1t"), "conv2d-nchw-eigen-xeon-sse4.2-1t"),
        (("conv2d", "nchw", "eigen-xeon-sse4.2-1t"), "conv2d-nchw-eigen-xeon-sse4.2-1t_8dcfd24055e6"),
        (("con",), "model-con_c7f22b585255"),
        (("矩阵",), "model_5c0c1ead987d"),
    ],
)
def test_plain_names_stay(parts, stem):
    known = [*KERNELS]
    assert file_stem(parts, known) == stem
