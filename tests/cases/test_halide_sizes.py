"""Sizes far from those measured: said to be out of range, expected to take what any call takes, and left to
the autoschedulers."""

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.halide.choose.autoschedule import autoschedule
from perfpred.halide.choose.database import load_database
from perfpred.halide.choose.deciding import unrun
from perfpred.halide.choose.ranking import MIN_S, choose_at, known, out_of_range, rank
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.hardware import probe

CASE = Path(__file__).parents[1] / "data" / "cases" / "halide-15-small-sizes"
PLACE = f"{CASE / 'pipe.py'}:integral"


@pytest.fixture(scope="module")
def stored():
    """12 schedules of a summed area table, measured at 64x48 and 99x55."""
    return load_database(CASE / "stored.json.gz")


class Session:
    """What choosing without a run asks of a session."""

    target = None

    def __init__(self, size, standing):
        self.workload, self.standing = Workload(PipelineRef.of(PLACE), size), standing
        self.graph, self.failed, self.applied = build(self.workload.pipeline, size).graph, {}, []

    def baselines(self):
        return self.standing, []

    def require_applicable(self, candidate):
        self.applied.append(candidate)


MADE_HERE = [
    Candidate((Directive("out", 0, "vectorize", (name,)),), source)
    for name, source in (("x", "mullapudi2016"), ("y", "adams2019"))
]


@pytest.mark.parametrize("size", [(17, 3), (20, 4), (40, 6), (7, 5), (9, 1), (64, 2), (4096, 8)], ids=str)
def test_a_size_out_of_range_is_said_to_be(stored, size):
    session = Session(size, MADE_HERE)
    choice = unrun(session, stored)
    assert f"{size[0]}x{size[1]} is out of range of what was measured, from 64x48 to 99x55" in choice.reason
    assert choice.best.is_baseline and choice.best.candidate in MADE_HERE and not session.applied
    for each in rank(stored, size, session.graph, None):
        assert each.expected_s >= MIN_S and each.deviation > 0.06


def test_where_nothing_fits_an_autoscheduler_is_asked(stored, tmp_path):
    choice = unrun(Session((7, 5), MADE_HERE), stored)
    assert choice.reason.startswith(
        "none of the 12 schedules measured of it fits into 7x5; 7x5 is out of range"
    )
    assert choice.best.candidate.source == "adams2019" and math.isnan(choice.best.expected_s)
    machine, built = probe(), build(PipelineRef.of(PLACE), (7, 5))
    hardware = machine.hardware(machine.best_isa(), 1).id
    replace(stored, hardware=hardware, algorithm=built.algorithm).save(tmp_path)
    pipeline = function_of(PipelineRef.of(PLACE))(7, 5)
    applied = autoschedule(*pipeline, models=tmp_path, threads=1)
    assert applied.reason.startswith("none of the 12 schedules measured of it fits into 7x5")
    assert applied.expected is None and applied.speedup is None and not applied.decided
    output, ((parameter, example),), extents = pipeline
    import halide as hl

    parameter.set(hl.Buffer(example))
    right = function_of(PipelineRef.of(PLACE))(7, 5)
    right[1][0][0].set(hl.Buffer(right[1][0][1]))
    np.testing.assert_array_equal(np.array(output.realize(extents)), np.array(right[0].realize(extents)))


@pytest.mark.parametrize("size", [(64, 48), (80, 50), (99, 55), (120, 60), (50, 40)], ids=str)
def test_sizes_near_those_measured_are_in_range(stored, size):
    assert out_of_range(stored, size) is None
    ranking = rank(stored, size, None, None)
    choice = choose_at(stored, size, ranking)
    assert "out of range" not in choice.reason
    assert choice.speedup.low <= choice.speedup.ratio <= choice.speedup.high


def test_the_farther_a_size_the_less_is_known_of_it(stored):
    deviations = [known(stored, (64 * factor, 48 * factor))[1].mean() for factor in (1, 4, 16, 64)]
    assert deviations == sorted(deviations) and deviations[-1] > 0.5
    assert (np.exp(known(stored, (640, 480))[0]) > 1e-5).all()


def test_the_command_says_so(stored, perfpred, tmp_path):
    machine = probe()
    path = tmp_path / "pipe.py"
    shutil.copy(CASE / "pipe.py", path)
    algorithm = build(PipelineRef.of(f"{path}:integral"), (64, 48)).algorithm
    hardware = machine.hardware(machine.best_isa(), 1).id
    replace(stored, hardware=hardware, algorithm=algorithm).save(tmp_path)
    ranked = perfpred(
        *["halide", "rank", f"{path}:integral", "--models", tmp_path, "--size", "7x5", "--threads", "1"]
    )
    assert ranked.code == 0
    assert "none of the 12 schedules measured of it fits into 7x5" in " ".join(ranked.err.split())
