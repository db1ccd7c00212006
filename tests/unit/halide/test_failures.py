"""Searches among schedules that really fail: they end, and say of each one what became of it."""

import resource
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("halide")
import perfpred as pp
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.measure.profiling import ProfileJob, profile_pipeline
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.hardware import Site, compiler, probe
from perfpred.measure.campaign import Effort
from perfpred.profile import read_profile
from perfpred.progress import NullProgress

pytestmark = pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
MACHINE = replace(probe(), memory_bytes=1536 << 20)
SIZE = (512, 512)
HAZARD = """
import os
import sys

import halide as hl
import numpy as np

DEPTH, LENGTH = 1500, 1 << 24
if "pytest" not in sys.modules:  # whatever Halide ends the compiler's process on
    hl.Func.align_storage = lambda *_: os.abort()


def hazard(width, height):
    # Cheap as long as wide and deep are inlined and total is computed once, in its order.
    x, y, c, i = hl.vars("x y c i")
    image = hl.ImageParam(hl.Float(32), 2, "image")
    r = hl.RDom([(0, width), (0, height)], "r")
    wide, deep, total, output = (hl.Func(name) for name in ("wide", "deep", "total", "output"))
    wide[x, y, c] = image[x, y]
    deep[i] = hl.f32(i)
    total[i] = 0.0
    total[i] += image[r.x, r.y]
    small = hl.min(wide[x, y, 0], wide[x, y, DEPTH - 1]) + deep[0] + deep[LENGTH - 1]
    output[x, y] = total[0] + hl.f32(1e-9) * small
    return output, [(image, np.resize(np.float32([1e8, 1, -1e8, 1]), (height, width)))], [width, height]
"""
ONCE = Directive("total", 0, "compute_root")


def one(fate, *directives):
    """A candidate whose source, a column of the profile, is what it is expected to do."""
    return Candidate(tuple(directives), fate)


def vectors(lanes):
    return Directive("output", 0, "vectorize", ("x", lanes))


CANDIDATES = (
    one("good", ONCE, vectors(8)),
    one("abort", ONCE, Directive("deep", 0, "align_storage", ("i", 8))),
    one("illegal", ONCE, Directive("output", 0, "vectorize", ("q", 8))),
    # A quarter of a million copies of a statement are more than a compiler gets through.
    one(
        "endless compilation",
        ONCE,
        Directive("output", 0, "split", ("x", "xo", "xi", 512)),
        Directive("output", 0, "split", ("y", "yo", "yi", 512)),
        Directive("output", 0, "unroll", ("xi",)),
        Directive("output", 0, "unroll", ("yi",)),
    ),
    # The sum of all pixels, for each pixel.
    one("endless run", Directive("total", 0, "compute_at", ("output", "x"))),
    # 1.5 GB, of which two planes are read.
    one("memory", ONCE, Directive("wide", 0, "compute_root")),
    # 64 MB of registers, which is to say on the stack.
    one(
        "crash",
        ONCE,
        Directive("deep", 0, "compute_root"),
        Directive("deep", 0, "store_in", ("Register",)),
    ),
    # Large values cancel, and what is left of the others is up to the order of the sum.
    one("wrong", ONCE, Directive("total", 1, "atomic"), Directive("total", 1, "vectorize", ("r.x", 8))),
    one("also good", ONCE, vectors(16)),
)
WANTED = {
    "abort": ("compile_error", "process ended with code -6"),
    "illegal": ("compile_error", "unknown loop of output 'q'"),
    "endless compilation": ("timeout", "not done within 15 s"),
    "endless run": ("timeout", "no answer within 6 s"),
    "memory": ("runtime_error", "Out of memory"),
    "crash": ("runtime_error", "process ended with code -11"),
    "wrong": ("wrong_result", "differs from the reference schedule by up to"),
}
needs_stack_limit = resource.getrlimit(resource.RLIMIT_STACK)[0] in range(64 << 20)


@pytest.fixture
def hazard(tmp_path):
    path = tmp_path / "hazard.py"
    path.write_text(HAZARD)
    return PipelineRef.of(f"{path}:hazard")


def test_a_run_ends_and_every_failure_is_a_row_that_says_why(hazard, tmp_path):
    given = tuple(each for each in CANDIDATES if needs_stack_limit or each.source != "crash")
    site = Site.of(MACHINE, threads=1)
    job = ProfileJob(hazard, (SIZE,), site, len(given), sources=(), compile_limit_s=15, given=given)
    out, effort = tmp_path / "hazard.csv", Effort(min_rounds=2, max_rounds=2, row_limit_s=6.0)
    profile_pipeline(job, out, effort, NullProgress())
    profile = read_profile(out)
    rows = {row["variant"]: row for row in profile.table.to_dict("records")}
    assert set(rows) == {each.source for each in given}
    failures = {each["schedule"]: each for each in profile.metadata["failures"]}
    for each in given:
        row = rows[each.source]
        if each.source not in WANTED:
            assert row["status"] == "ok" and row["time_s"] > 0, (row, failures)
            continue
        status, message = WANTED[each.source]
        assert (row["status"], failures[each.id]["status"]) == (status, status), failures[each.id]
        assert message in failures[each.id]["message"]
        assert np.isnan(row["time_s"])
    assert len(failures) == len(given) - 2

    profile_pipeline(job, out, effort, NullProgress(), resume=True)  # tries none of them again
    assert read_profile(out).table["status"].tolist() == profile.table["status"].tolist()


def test_a_search_that_expects_most_of_what_fails_chooses_what_works(hazard, tmp_path):
    fates = ["abort", "illegal", "wrong", "good", *(["crash"] if needs_stack_limit else [])]
    known = tuple(each for each in CANDIDATES if each.source in fates)
    known = tuple(sorted(known, key=lambda each: each.source == "good"))
    built = build(hazard, SIZE)
    place = MACHINE.hardware(MACHINE.best_isa(), 1).id
    times = np.log(1e-4 * np.arange(1, len(known) + 1))[:, None]
    noise = np.full(times.shape, 0.01)
    ScheduleDatabase("hazard", built.algorithm, place, (SIZE,), known, times, noise, None, 0.1).save(tmp_path)
    output, inputs, extents = function_of(hazard)(*SIZE)
    applied = pp.halide.autoschedule(output, inputs, extents, models=tmp_path, budget=len(known), threads=1)
    assert applied.schedule.candidate.source in {"good", "adams2019", "mullapudi2016", "li2018"}
    assert 0 < applied.expected < 1
    assert f"the fastest of {len(known)} runs" in applied.reason
