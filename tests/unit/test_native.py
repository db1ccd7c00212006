"""Variants compiled here: what their metadata says of the compiler's flags, and where libraries go."""

import pytest

from perfpred.errors import MeasurementError
from perfpred.variants import variant
from perfpred.variants.native import build


@pytest.mark.parametrize(("name", "level"), [("naive", "-O2"), ("eigen", "-O3"), ("ublas", "-O3")])
def test_versions_state_the_optimisation_level(name, level):
    assert variant(name).versions()["flags"].split()[0] == level


def test_a_plain_variant_needs_no_package():
    assert variant("naive").packages == ()
    assert set(variant("naive").versions()) == {"compiler", "flags"}


def test_a_library_is_kept_by_source_and_options(tmp_path):
    source = tmp_path / "one.cpp"
    source.write_text("int one;")
    first = build.cached_path("one-avx2", [source], "-O2")
    assert first.name.startswith("one-avx2-")
    assert build.cached_path("one-avx2", [source], "-O2") == first
    assert build.cached_path("one-avx2", [source], "-O3") != first
    source.write_text("int two;")
    assert build.cached_path("one-avx2", [source], "-O2") != first


@pytest.mark.skipif(build.compiler() is None, reason="needs a C++ compiler")
def test_a_source_that_does_not_compile_leaves_nothing(tmp_path):
    source = tmp_path / "wrong.cpp"
    source.write_text("this is not C++")
    with pytest.raises(MeasurementError, match="compiling wrong failed"):
        build.compile_library([build.compiler()[0], "-c", str(source)], tmp_path / "built" / "wrong.so")
    assert list((tmp_path / "built").iterdir()) == []
