"""Runs for a pipeline that only this process holds: stored, searched elsewhere, scheduled once, here."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest

hl = pytest.importorskip("halide")
import perfpred as pp  # noqa: E402
from perfpred.errors import MeasurementError  # noqa: E402
from perfpred.halide.choose import caller  # noqa: E402
from perfpred.halide.choose.database import ScheduleDatabase  # noqa: E402
from perfpred.halide.graph.raw import parse  # noqa: E402
from perfpred.halide.pipeline.build import build, checked  # noqa: E402
from perfpred.halide.pipeline.loading import function_of  # noqa: E402
from perfpred.halide.pipeline.ref import PipelineRef  # noqa: E402
from perfpred.halide.pipeline.serialized import SerializedPipeline  # noqa: E402
from perfpred.halide.pipeline.suite import PIPELINES  # noqa: E402
from perfpred.halide.schedule.candidate import Candidate, Directive  # noqa: E402
from perfpred.hardware import compiler, probe  # noqa: E402

linked = pytest.mark.skipif(compiler() is None, reason="no compiler to link with")


def made(soften):
    return function_of(PipelineRef.of(soften))(96, 64)


def realized(output, inputs, extents):
    for parameter, example in inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    return np.array(output.realize(extents))


@pytest.mark.parametrize("name", PIPELINES)
def test_a_stored_pipeline_is_the_same(name, tmp_path):
    built = build(PipelineRef.of(name), (64, 48))
    again = build(SerializedPipeline.write(built, tmp_path, name).ref, (1, 1))
    assert again.graph == built.graph
    assert again.output_extents == built.output_extents
    for (_, found), (_, wanted) in zip(again.inputs, built.inputs, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_every_kind_of_operand_is_stored(tmp_path):
    x, inputs = hl.Var("x"), []
    kinds = [hl.Bool(), *(hl.Int(bits) for bits in (8, 16, 32, 64)), *(hl.UInt(bits) for bits in (8, 16, 32))]
    total = hl.Expr(0.0)
    for index, kind in enumerate([*kinds, hl.Float(32), hl.Float(64)]):
        parameter = hl.Param(kind, f"p{index}")
        inputs.append((parameter, np.float64(0.5) if kind.is_float() else bool(index) or 1))
        total = total + hl.cast(hl.Float(64), parameter)
    output = hl.Func("output")
    output[x] = total + x
    built = checked(output, inputs, [8])
    again = build(SerializedPipeline.write(built, tmp_path, "sum").ref, (1, 1))
    assert again.algorithm == built.algorithm
    assert [str(each.type()) for each, _ in again.inputs] == [str(each.type()) for each, _ in built.inputs]


@linked
def test_runs_without_measurements_of_before(soften, monkeypatch):
    output, inputs, extents = made(soften)
    right = realized(*made(soften))
    seen = []

    def spy(built, *arguments):
        found = tune(built, *arguments)
        seen.append(
            any(
                func.is_scheduled for func in parse(hl.serialize_pipeline(hl.Pipeline(output))).funcs.values()
            )
        )
        return found

    tune = caller.tuned
    monkeypatch.setattr(caller, "tuned", spy)
    applied = pp.halide.autoschedule(output, inputs, extents, budget=3, threads=1)
    assert seen == [False]  # the search left the pipeline as it was
    assert 0 < applied.expected < 1
    assert "the fastest of 3 runs" in applied.reason and "timed in the same rounds: " in applied.reason
    assert 0 <= applied.speedup_low <= applied.speedup <= applied.speedup_high
    is_own = applied.schedule.candidate.source not in ("mullapudi2016", "adams2019", "li2018")
    assert applied.decided if is_own else applied.speedup == applied.speedup_high == 1.0
    assert applied.decided or applied.reason.startswith("undecided: ")
    assert applied.schedule.sizes == ((96, 64),) and applied.schedule.candidate.directives
    np.testing.assert_allclose(realized(output, inputs, extents), right, rtol=1e-5)
    again = made(soften)
    applied.schedule.apply(*again)
    np.testing.assert_allclose(realized(*again), right, rtol=1e-5)


@linked
def test_runs_start_from_what_was_measured(soften, tmp_path):
    built = build(PipelineRef.of(soften), (96, 64))
    machine = probe()
    hardware = machine.hardware(machine.best_isa(), 1).id
    vectors = [Candidate((Directive("softened", 0, "vectorize", ("x", lanes)),)) for lanes in (4, 8, 16)]
    shape = (3, 1)
    times, noise = np.log(np.array([[1e-4], [2e-4], [3e-4]])), np.full(shape, 0.01)
    ScheduleDatabase(
        "soften", built.algorithm, hardware, ((96, 64),), tuple(vectors), times, noise, None, 0.1
    ).save(tmp_path)
    output, inputs, extents = made(soften)
    before = set(psutil.Process().children(recursive=True))
    with ThreadPoolExecutor(1) as pool:  # another choice is made meanwhile, in this process
        beside = pool.submit(pp.halide.autoschedule, *made(soften), threads=1)
        applied = pp.halide.autoschedule(output, inputs, extents, models=tmp_path, budget=3, threads=1)
    assert "nothing was measured" in beside.result().reason
    assert set(psutil.Process().children(recursive=True)) <= before
    sources = {"mullapudi2016", "adams2019", "li2018"}
    assert applied.schedule.candidate in vectors or applied.schedule.candidate.source in sources
    assert "the fastest of 3 runs" in applied.reason
    np.testing.assert_allclose(realized(output, inputs, extents), realized(*made(soften)), rtol=1e-5)


@linked
def test_a_search_that_fails_leaves_the_pipeline_unscheduled(soften, monkeypatch):
    def fail(*_):
        raise MeasurementError("no linker")

    monkeypatch.setattr("perfpred.halide.choose.session.prepare", fail)
    output, inputs, extents = made(soften)
    with pytest.raises(MeasurementError, match="no linker"):
        pp.halide.autoschedule(output, inputs, extents, budget=1, threads=1)
    assert pp.halide.autoschedule(output, inputs, extents, threads=1).expected is None
