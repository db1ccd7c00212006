"""Graphs of pipelines that users have: long sums, shared subexpressions, index forms of every kind."""

import importlib.util
import time
from pathlib import Path

import pytest

hl = pytest.importorskip("halide")
from perfpred.halide.built import checked  # noqa: E402
from perfpred.halide.graph.terms import Term, calls, fold, walk  # noqa: E402

CASES = Path(__file__).parents[1] / "data" / "cases"


def load(name):
    """Return the module of a case, a new one each time."""
    spec = importlib.util.spec_from_file_location("pipe", CASES / f"halide-{name}" / "pipe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def graph_of(made):
    return checked(*made).graph


@pytest.mark.parametrize("taps", [300, 2000])
def test_a_sum_may_have_thousands_of_terms(taps, monkeypatch):
    case = load("03-long-expression")
    monkeypatch.setattr(case, "TAPS", taps)
    graph = graph_of(case.fir(4096, 1))
    (access, weights) = graph.by_key["out"].stages[0].accesses
    assert (access.count, weights.count) == (taps, taps)
    assert access.extents({"x": 8}, (5000.0,)) == (7.0 + taps,)
    assert graph.by_key["out"].stages[0].operations == 2 * taps


def test_what_an_expression_shares_is_looked_at_once():
    case, start = load("04-sorting-network-exponential"), time.process_time()
    graph = graph_of(case.median(64, 48, 25))
    assert graph.by_key["out"].stages[0].operations == 444
    assert graph.by_key["repeat_edge"].extents == (68, 52)
    assert graph_of(case.median(80, 72, 25)).algorithm == graph.algorithm
    assert time.process_time() - start < 20  # as a tree it would take years


def test_a_deep_term_is_compared_hashed_and_walked_without_recursion():
    def sum_of(count, last="x"):
        term = Term("Variable", name=last)
        for index in range(count):
            term = Term("Add", (term, Term("Int", value=index)))
        return term

    deep = sum_of(20_000)
    assert deep == sum_of(20_000) and hash(deep) == hash(sum_of(20_000))
    assert deep != sum_of(20_000, "y") and deep != 0
    assert sum(1 for _ in walk([deep, deep])) == 1 + 2 * 20_000
    assert fold(deep, lambda _, below: 1 + max(below, default=0), {}) == 20_001
    assert "Add" in repr(deep) and list(calls([deep])) == []
