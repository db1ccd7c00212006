"""The pipelines that schedules are judged on: NumPy says what Halide computes; what is wrong is found."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.sandbox.forking import ForkLimits, run_forked

hl = pytest.importorskip("halide")

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
cases, judging, reducing, rows = (
    importlib.import_module(f"halide_pipelines.{name}") for name in ("cases", "judging", "reducing", "rows")
)
Allowed, difference = judging.Allowed, judging.difference

SIZES = ((48, 32), (37, 21))
TARGET = hl.Target("x86-64-linux-sse41-f16c-avx")


SUITE = {name for name in PIPELINES if name not in ("bilateral_grid", "interpolate", "local_laplacian")}
"""Pipelines whose references are tested elsewhere."""
LONG = {"bilateral_grid", "resize"}
"""Pipelines that take Halide long where everything is inlined."""


def errors(name):
    """Return how Halide's outputs differ from NumPy's at each size; it is compiled once."""
    case, found = cases.CASES[name](), {}
    function = function_of(case.source)
    output, inputs, _ = function(*SIZES[0])
    pipeline = output if isinstance(output, hl.Pipeline) else hl.Pipeline(output)
    if name in LONG or not case.unscheduled:
        for func in _funcs(pipeline):
            func.compute_root()
    for size in SIZES:
        _, other, extents = function(*size)
        values = case.inputs([example for _, example in other], seed=5)
        for (parameter, _), value in zip(inputs, values, strict=True):
            parameter.set(hl.Buffer(value) if isinstance(value, np.ndarray) else value)
        made = pipeline.realize(list(extents), TARGET)
        outputs = [np.array(each) for each in (made if isinstance(made, list | tuple) else [made])]
        allowed = Allowed(case.tolerance, case.steps)
        found[f"{size[0]}x{size[1]}"] = difference(outputs, case.right(values), allowed)
    return found


def _funcs(pipeline):
    found = []
    while True:
        try:
            found.append(pipeline.get_func(len(found)))
        except hl.HalideError:
            return found


@pytest.mark.parametrize("name", [name for name in cases.CASES if name not in SUITE])
def test_numpy_says_what_halide_computes_without_a_schedule(name):
    reply = run_forked(lambda: errors(name), ForkLimits(120, 8 << 30))
    assert reply.pop("status") == "ok", reply
    assert set(reply.values()) == {None}, reply


def test_a_wrong_value_is_a_difference():
    right = [np.linspace(0, 1, 100).reshape(10, 10)]
    found = [right[0].copy()]
    assert difference(found, right, Allowed(1e-5, 0)) is None
    found[0][3, 3] += 1e-3
    assert "1.000% of output 0 wrong" in difference(found, right, Allowed(1e-5, 0))
    found[0][3, 3] = np.nan
    assert "wrong" in difference(found, right, Allowed(1e-5, 0))


def test_a_schedule_that_is_wrong_at_one_size_counts_as_wrong():
    fine, wrong = ({"status": "ok", "numpy": said, "plain": None, "own": ""} for said in (None, "half wrong"))
    row = rows.Row("p")
    entry = {"judged": "s1", "source": "own", "refused": None, "status": "ok"}
    row.add({**entry, "sizes": {"8x8": fine, "9x9": wrong}})
    row.add(
        {**entry, "judged": "s2", "sizes": {"8x8": fine, "9x9": {"status": "refused", "message": "small"}}}
    )
    assert row.counts["accepted but wrong"] == 1 and row.counts["accepted"] == 2
    assert "s1" in row.missed and "9x9: half wrong" in row.missed["s1"]


def test_a_wrong_schedule_is_reduced_to_what_makes_it_wrong():
    directives = (
        Directive("f", 0, "split", ("x", "xo", "xi", 8)),
        Directive("f", 0, "reorder", ("xi", "y", "xo")),
        Directive("g", 0, "split", ("y", "yo", "yi", 16)),
        Directive("g", 0, "vectorize", ("yi",)),
        Directive("g", 0, "compute_root"),
    )

    def is_wrong(candidate):
        return any(each.func == "g" and each.method == "split" for each in candidate.directives)

    found = reducing.reduced(Candidate(directives), is_wrong, lambda _: None)
    assert [str(each) for each in found.directives] == ["g.split(y, yo, yi, 2)"]
