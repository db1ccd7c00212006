"""File names made from names: no two sequences of parts share one, on any file system."""

import gzip
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.kernels import KERNELS
from perfpred.names import file_stem
from perfpred.predict.document import HEAD_BYTES, combination_in

MODELS = Path(__file__).parents[2] / "models"

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


def test_shipped_models_are_called_as_they_would_be_now():
    files = sorted(MODELS.glob("*.json"))
    assert len(files) > 50
    for path in files:
        found = combination_in(path.read_bytes()[:HEAD_BYTES])
        assert path.stem == file_stem((found.kernel, found.variant, found.hardware), KERNELS)


def test_shipped_halide_models_are_called_as_they_would_be_now():
    files = sorted((MODELS / "halide").glob("*.json.gz"))
    assert len(files) > 10
    for path in files:
        found = json.loads(gzip.decompress(path.read_bytes()))["experience"]
        assert path.name == file_stem((found["pipeline"], found["hardware"]), PIPELINES) + ".json.gz"
