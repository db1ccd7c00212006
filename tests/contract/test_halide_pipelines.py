"""Every pipeline of the suite: its reference schedule equals NumPy, and other schedules equal that."""

import dataclasses
import importlib

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.cost.machine import Target
from perfpred.halide.measure.compiling import compile_all, prepare
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.timed import time_all
from perfpred.halide.measure.workers import HalideWorkers
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.apply import apply
from perfpred.halide.schedule.reference import reference_schedule
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.hardware import Site, compiler, probe
from perfpred.measure.campaign import Effort
from perfpred.measure.journal import CampaignJournal
from perfpred.progress import NullProgress
from perfpred.sandbox.forking import ForkLimits, run_forked

SIZE = (128, 96)
MACHINE = probe()
SITE = Site(MACHINE, "avx2" if "avx2" in MACHINE.flags else MACHINE.best_isa(), 1)
LARGE = ("local_laplacian", "interpolate", "stencil_chain")


def module(name):
    return importlib.import_module(f"perfpred.halide.pipeline.suite.{name}")


def error_of_the_reference(name):
    import halide as hl

    built = build(PipelineRef.of(name), SIZE)
    apply(reference_schedule(built.graph), built, hl.get_jit_target_from_environment())
    for parameter, example in built.inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    found = np.array(built.pipeline.outputs()[0].realize(built.output_extents))
    right = module(name).reference(*(example for _, example in built.inputs))
    difference = np.abs(found.astype(float) - right.astype(float))
    return {"error": float(difference.max() / np.abs(right).max()), "shape": found.shape == right.shape}


@pytest.mark.parametrize("name", [name for name in PIPELINES if hasattr(module(name), "reference")])
def test_the_reference_schedule_equals_numpy(name):
    reply = run_forked(lambda: error_of_the_reference(name), ForkLimits(60, 8 << 30))
    assert reply["status"] == "ok", reply
    assert reply["shape"] and reply["error"] < 1e-4


@pytest.fixture(scope="module")
def workers():
    with HalideWorkers(ForkLimits(60)) as made:
        yield made


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
@pytest.mark.parametrize("name", PIPELINES)
def test_our_schedules_give_the_reference_schedules_result(name, workers, tmp_path, monkeypatch):
    monkeypatch.setattr("perfpred.halide.measure.library_cache.cache_dir", lambda: tmp_path)
    source = PipelineRef.of(name)
    described = {SIZE: workers.describe(Workload(source, SIZE), str(tmp_path / "128x96"))}
    site = dataclasses.replace(SITE, machine=dataclasses.replace(MACHINE, memory_bytes=8 << 30))
    experiment = Experiment(source, site, described, tmp_path)
    prepare(experiment, workers)
    space = LoopNestSpace(experiment.described[SIZE].graph, Target(32, 1))
    count = 1 if name in LARGE else 2
    drawn = space.sample(8, np.random.default_rng(7))
    sizes = space.encode(drawn)[:, FEATURES.index("log_code")]
    candidates = [drawn[index] for index in np.argsort(sizes)[:count]]  # the quickest to compile
    effort = Effort(min_rounds=2, max_rounds=2, row_limit_s=30)
    with CampaignJournal(tmp_path / "j.journal", {}, resume=False) as journal:
        compiled = compile_all(experiment, candidates, workers, journal, NullProgress())
        assert {each.status for each in compiled.values()} == {"ok"}, compiled
    with CampaignJournal(tmp_path / "k.journal", {}, resume=False) as journal:
        rows = time_all(experiment, candidates, journal, effort, 0, NullProgress())
    assert {(record.status, record.message) for _, record in rows} == {("ok", "")}
