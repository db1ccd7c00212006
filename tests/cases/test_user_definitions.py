"""A kernel and its variants in a file of the user's: measured, trained on, selected among."""

import json
import shutil
from pathlib import Path

import pytest

from perfpred import variants
from perfpred.errors import InputError
from perfpred.hardware import compiler
from perfpred.kernels import KERNELS
from perfpred.profile import read_profile
from perfpred.variants import user_definitions
from perfpred.variants.user_definitions import kernel_name, load_definitions, variant_name

EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "examples" / "axpy.py"
FAST = ("--samples", "12", "--min-rounds", "2", "--max-rounds", "2")
KERNEL = """
import os, time
import numpy as np
import perfpred as pp

NAME = pp.Kernel(
    name="{name}", summary="twice", parameters=(pp.Parameter("n", 4, 64),), complexity={{"work": "n"}},
    operands=lambda sizes: ((sizes["n"],),), result=lambda sizes: (sizes["n"],),
    reference=lambda sizes, x: 2.0 * x, reduction=lambda sizes: 1,
)
"""
VARIANTS = """
@pp.implements(NAME)
def {name}_right(sizes, operands, result):
    return lambda: np.multiply(operands[0], 2, out=result)

@pp.implements(NAME)
def {name}_wrong(sizes, operands, result):
    return lambda: np.multiply(operands[0], 3, out=result)

@pp.implements(NAME)
def {name}_crashes(sizes, operands, result):
    return os.abort

@pp.implements(NAME)
def {name}_hangs(sizes, operands, result):
    return lambda: time.sleep(60)

@pp.implements(NAME)
def {name}_raises(sizes, operands, result):
    raise ValueError("no such size")

@pp.implements(NAME)
def {name}_returns_nothing(sizes, operands, result):
    np.multiply(operands[0], 2, out=result)
"""


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Forget what a test registers: other tests count kernels and variants."""
    for registry in (KERNELS, variants.VARIANTS):
        monkeypatch.setattr(registry, "_items", dict(registry._items))
    monkeypatch.setattr(user_definitions, "_LOADED", {})


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(text, name="mine.py", kernel="twice"):
        path = tmp_path / name
        path.write_text((KERNEL + text).format(name=kernel).replace("NAME", "TWICE"))
        return path

    return written


@pytest.mark.skipif(compiler() is None, reason="no compiler")
def test_from_an_empty_folder_to_a_choice(tmp_path, monkeypatch, perfpred):
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, tmp_path / "my.py")
    measured = perfpred("profile", "my.py:AXPY", "--out", "axpy.csv", *FAST, "--variant", "my.py:with_numpy",
                        "--variant", "my.py:with_c")  # fmt: skip
    assert measured.code == 0, measured.err
    found = read_profile(tmp_path / "axpy.csv")
    assert {(each.kernel, each.variant) for each, _ in found.combinations()} == {
        ("axpy", "with_numpy"),
        ("axpy", "with_c"),
    }
    assert len(found.ok) == 24
    assert found.metadata["complexity"] == {"work": "n"}
    trained = perfpred("train", "axpy.csv", "--models", "models", "--model", "linear-c")
    assert trained.code == 0, trained.err
    chosen = perfpred("select", "axpy", "--models", "models", "n=100000", "--json")
    assert chosen.code == 0 and chosen.json["best"]["variant"] in ("with_numpy", "with_c")


def test_whatever_a_variant_does_becomes_a_row(write, tmp_path, perfpred):
    write(VARIANTS)
    outcome = perfpred("profile", "mine.py:TWICE", "--out", "out.csv", "--samples", "2", "--min-rounds", "2",
                       "--max-rounds", "2", "--row-limit", "2")  # fmt: skip
    assert outcome.code == 0, outcome.err
    table = read_profile(tmp_path / "out.csv").table
    statuses = {name: set(part["status"]) for name, part in table.groupby("variant")}
    assert statuses == {
        "twice_right": {"ok"},
        "twice_wrong": {"wrong_result"},
        "twice_crashes": {"runtime_error"},
        "twice_hangs": {"timeout"},
        "twice_raises": {"runtime_error"},
        "twice_returns_nothing": {"runtime_error"},
    }
    failures = json.loads((tmp_path / "out.meta.json").read_text())["failures"]
    wrong = {each["message"] for each in failures if each["variant"] == "twice_wrong"}
    assert all("values are wrong, the first at [0]: " in message for message in wrong), wrong


def test_what_was_changed_counts_and_a_campaign_of_other_code_is_not_continued(write, tmp_path):
    path = write(VARIANTS, "changing.py", "changing")
    assert kernel_name(f"{path}:TWICE") == "changing"
    first = load_definitions(path).kernels["TWICE"]
    path.write_text(path.read_text().replace('"n", 4, 64', '"n", 4, 32'))
    second = load_definitions(path).kernels["TWICE"]
    assert (first.parameters[0].high, second.parameters[0].high) == (64, 32)
    assert variant_name(f"{path}:changing_right") == "changing_right"


@pytest.mark.parametrize(
    ("text", "reference", "message"),
    [
        ("", "mine.py:NOTHING", "holds no kernel NOTHING: it must be an attribute that is a perfpred.Kernel"),
        ("raise ValueError('no luck')", "mine.py:TWICE", "cannot be loaded: ValueError: no luck"),
        ("os.abort()", "mine.py:TWICE", "cannot be loaded: process ended with code -6"),
        ("raise SystemExit('set DATA first')", "mine.py:TWICE", "saying: set DATA first"),
        ("(", "mine.py:TWICE", "SyntaxError"),
        ("TWICE = 3", "mine.py:TWICE", "holds neither a perfpred.Kernel nor a variant"),
        ("", "missing.py:TWICE", "there is no file missing.py"),
        ("", "mine.py", "mine.py says no kernel: give it as FILE.py:NAME"),
        (
            "import dataclasses\nTWICE = dataclasses.replace(TWICE, complexity={{'work': 'n*q'}})",
            "mine.py:TWICE",
            "'n*q' uses q, but the parameters are n",
        ),
        (
            "import dataclasses\nTWICE = dataclasses.replace(TWICE, parameters=TWICE.parameters * 2)",
            "mine.py:TWICE",
            "parameters must be at least one, with names that differ, but are n, n",
        ),
        (
            "pp.Parameter('n', 5, 1)",
            "mine.py:TWICE",
            "low <= high and step >= 1 must hold, but got low=5",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told(write, perfpred, text, reference, message):
    write(text, kernel="told")
    outcome = perfpred("profile", reference, "--out", "out.csv", *FAST)
    assert outcome.code == 2 and "Traceback" not in outcome.err
    assert message in " ".join(outcome.err.split())


def test_names_of_others_are_not_taken(write):
    with pytest.raises(InputError, match="the kernel matmul is there already; give yours another name"):
        load_definitions(write("", "clash.py", "matmul"))
    with pytest.raises(InputError, match="a name must be letters"):
        load_definitions(write("", "clash.py", "a/b"))
