"""Several choices in one process: in threads, one after another, with other users of Halide beside them."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

hl = pytest.importorskip("halide")
import perfpred as pp  # noqa: E402
from perfpred.halide.choose.database import ScheduleDatabase  # noqa: E402
from perfpred.halide.pipeline.build import build  # noqa: E402
from perfpred.halide.pipeline.loading import function_of  # noqa: E402
from perfpred.halide.pipeline.ref import PipelineRef  # noqa: E402
from perfpred.halide.schedule.candidate import Candidate, Directive  # noqa: E402
from perfpred.hardware import probe  # noqa: E402

SIZES = ((32, 24), (40, 16))


@pytest.fixture
def learned(soften, tmp_path):
    """What was measured at each size: a schedule that is far faster than an autoscheduler's."""
    machine = probe()
    built = build(PipelineRef.of(soften), SIZES[0])
    made = [
        Candidate((Directive("softened", 0, "vectorize", ("x", 8)),)),
        Candidate((Directive("softened", 0, "vectorize", ("x", 4)),), "mullapudi2016"),
    ]
    times, noise = np.log(np.array([[1e-4] * 2, [9e-4] * 2])), np.full((2, 2), 0.01)
    hardware = machine.hardware(machine.best_isa(), 1).id
    ScheduleDatabase("soften", built.algorithm, hardware, SIZES, tuple(made), times, noise, None, 0.1).save(
        tmp_path
    )
    return tmp_path


def realized(output, inputs, extents):
    for parameter, example in inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    return np.array(output.realize(extents))


def scheduled(soften, size, models, budget=0):
    """Return what was chosen, and what the pipeline computes with it, here and replayed."""
    output, inputs, extents = function_of(PipelineRef.of(soften))(*size)
    applied = pp.halide.autoschedule(output, inputs, extents, models=models, budget=budget, threads=1)
    again = function_of(PipelineRef.of(soften))(*size)
    applied.schedule.apply(*again)
    return applied, realized(output, inputs, extents), realized(*again)


def test_choices_in_threads_and_again_are_the_same(soften, learned):
    right = {size: realized(*function_of(PipelineRef.of(soften))(*size)) for size in SIZES}
    filters, folders = list(warnings.filters), {each.name for each in learned.iterdir()}
    alone = {size: scheduled(soften, size, learned)[0] for size in SIZES}
    asked = [*SIZES, *SIZES]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda size: scheduled(soften, size, learned), asked))
    for size, (applied, here, replayed) in zip(asked, found, strict=True):
        assert applied == alone[size] and applied.schedule.sizes == (size,) and applied.decided
        np.testing.assert_allclose(here, right[size], rtol=1e-5)
        np.testing.assert_array_equal(here, replayed)
    assert warnings.filters == filters
    assert {each.name for each in learned.iterdir()} == folders
