"""What pipelines take and write: outputs, Tuples, layouts, minima, bools, half precision, constants."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

hl = pytest.importorskip("halide")
import perfpred as pp  # noqa: E402
from perfpred.errors import InputError  # noqa: E402
from perfpred.halide.cost.machine import Target  # noqa: E402
from perfpred.halide.measure.checking.operands import Operands  # noqa: E402
from perfpred.halide.measure.compiling import compile_all, prepare  # noqa: E402
from perfpred.halide.measure.experiment import Experiment  # noqa: E402
from perfpred.halide.measure.timed import time_all  # noqa: E402
from perfpred.halide.measure.workers import HalideWorkers  # noqa: E402
from perfpred.halide.pipeline.build import build, checked  # noqa: E402
from perfpred.halide.pipeline.loading import function_of  # noqa: E402
from perfpred.halide.pipeline.ref import PipelineRef  # noqa: E402
from perfpred.halide.pipeline.serialized import SerializedPipeline  # noqa: E402
from perfpred.halide.pipeline.workload import Workload  # noqa: E402
from perfpred.halide.schedule.applicable import too_small  # noqa: E402
from perfpred.halide.schedule.reference import reference_schedule  # noqa: E402
from perfpred.halide.space.loop_nests import LoopNestSpace  # noqa: E402
from perfpred.hardware import Site, compiler, probe  # noqa: E402
from perfpred.measure.campaign import Effort, InMemoryLog  # noqa: E402
from perfpred.progress import NullProgress  # noqa: E402
from perfpred.sandbox.forking import ForkLimits  # noqa: E402
from perfpred.variants.cache import load_library  # noqa: E402

CASES = Path(__file__).parents[1] / "data" / "cases"
MADE = CASES / "halide-operands" / "pipe.py"
MACHINE = probe()
SITE = Site.of(MACHINE, threads=1)
SIZE = (64, 48)
NAMES = (
    *("sizes", "chained", "three", "peak", "histogram", "extremes", "planar", "interleaved", "valid"),
    *("shifted", "cropped", "doubles", "masks", "numbers", "tables", "halves"),
)
needs_compiler = pytest.mark.skipif(compiler() is None, reason="no compiler to link with")


def made(name, file=MADE):
    return PipelineRef.of(f"{file}:{name}")


@pytest.fixture(scope="module")
def workers():
    with HalideWorkers(ForkLimits(seconds=60, memory_bytes=4 << 30), workers=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("operands")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    where = tmp_path_factory.getbasetemp() / "halide-cache"
    monkeypatch.setattr("perfpred.halide.measure.library_cache.cache_dir", lambda: where)


def experiment_of(source, workers, folder):
    mine = folder / source.name
    described = workers.describe(Workload(source, SIZE), str(mine / "64x48"))
    experiment = Experiment(source, SITE, {SIZE: described}, mine)
    prepare(experiment, workers)
    return experiment


def reference_outputs(experiment):
    """What the compiled pipeline without a schedule writes, called here as the timing process does."""
    described = experiment.described[SIZE]
    load_library(experiment.runtime_library, ctypes.RTLD_GLOBAL)
    arguments, outputs = list(described.arguments), list(described.outputs)
    setup = {"folder": str(experiment.folder / "64x48"), "arguments": arguments, "outputs": outputs}
    operands = Operands(setup)
    library = load_library(experiment.library(reference_schedule(described.graph), SIZE))
    assert library.perfpred_pipeline_argv(operands.pointers) == 0
    assert operands.overrun() is None
    return operands


def right(name):
    """What NumPy makes of the same examples."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("operands_pipe", MADE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    inputs = [example for _, example in getattr(module, name)(*SIZE)[1]]
    arrays = [np.array(each) for each in inputs if isinstance(each, np.ndarray | hl.Buffer)]
    return getattr(module, f"{name}_right")(*arrays)


@needs_compiler
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_operand_is_described_compiled_run_and_checked(workers, folder, name):
    experiment = experiment_of(made(name), workers, folder)
    operands = reference_outputs(experiment)
    for found, wanted in zip(operands.outputs, right(name), strict=True):
        assert found.dtype == np.asarray(wanted).dtype and found.shape == np.shape(wanted)
        np.testing.assert_allclose(found, wanted, rtol=2e-3 if found.dtype == np.float16 else 1e-6)
    target = Target.of(SITE)
    graph = experiment.described[SIZE].graph
    drawn = LoopNestSpace(graph, target).sample(8, np.random.default_rng(1))
    drawn = [each for each in drawn if too_small(each, graph) is None][:2]
    assert drawn
    compiled = compile_all(experiment, drawn, workers, InMemoryLog(), NullProgress())
    usable = [each for each in drawn if compiled[each.id].usable]
    rows = time_all(experiment, usable, InMemoryLog(), Effort(min_rounds=1, max_rounds=1), 0, NullProgress())
    assert {(record.status, record.message) for _, record in rows} == {("ok", "")}, compiled


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_pipeline_is_the_same_in_another_process(tmp_path, name):
    built = build(made(name), SIZE)
    again = checked(*SerializedPipeline.write(built, tmp_path, name).read())
    assert again.documents == built.documents
    assert again.algorithm == built.algorithm
    for (_, one), (_, other) in zip(built.inputs, again.inputs, strict=True):
        np.testing.assert_array_equal(one, other)


@needs_compiler
@pytest.mark.parametrize("name", ["sizes", "three", "cropped", "masks", "numbers", "tables", "halves"])
def test_halides_autoschedulers_take_them_with_the_estimates_of_their_examples(name):
    output, inputs, extents = function_of(made(name))(*SIZE)
    applied = pp.halide.autoschedule(output, inputs, extents, threads=1)
    assert applied.schedule.candidate.source == "adams2019"


@needs_compiler
def test_schedules_of_several_outputs_are_run_and_applied(tmp_path):
    output, inputs, extents = function_of(made("sizes"))(*SIZE)
    applied = pp.halide.autoschedule(output, inputs, extents, threads=1, budget=1)
    assert applied.expected > 0
    outputs = [hl.Buffer(hl.UInt(8), [32, 24]), hl.Buffer(hl.Float(64), [48])]
    inputs[0][0].set(hl.Buffer(inputs[0][1]))
    hl.Pipeline(output).realize(outputs)
    for found, wanted in zip(outputs, right("sizes"), strict=True):
        np.testing.assert_array_equal(np.array(found), wanted)


@needs_compiler
def test_a_pipeline_that_cannot_be_run_is_refused_with_halides_own_message(perfpred, tmp_path):
    out = tmp_path / "s.json"
    place = ("schedule", f"{MADE}:too_small", "--size", "64x48", "--threads", 1)
    done = perfpred("halide", *place, "--budget", 2, "--out", out)
    assert done.code == 2 and not out.exists(), done.err
    message = "Input buffer im is accessed at -1, which is before the min (0) in dimension 0"
    assert message in " ".join(done.err.split())


X, Y = hl.Var("x"), hl.Var("y")


def func(name="f", dimensions=(X, Y), value=1):
    made = hl.Func(name)
    made[dimensions] = hl.f32(value)
    return made


TWO = [[64, 48], [64, 48]]


@pytest.mark.parametrize(
    ("outputs", "extents", "message"),
    [
        (2, [(64, 48), (64, 48)], "can be read in two ways"),
        (2, [64], "the 2 outputs have 2, 2 dimensions, but got extents (64,): give one list for all of them"),
        (1, [64], "the output has 2 dimensions, but got extents (64,)"),
        (1, [64, 0], "output extents must be at least 1"),
        (1, [64, (0, -3)], "output extents must be at least 1"),
        (1, [64, 1 << 40], "at most 2147483647"),
        (1, [64, (1 << 31, 5)], "output minima and maxima must be in"),
        (1, [64, 48.5], "whole numbers or pairs of minimum and extent, but got (64, 48.5)"),
        (1, "64", "output extents must be a list, but are str"),
        (1, None, "output extents must be a list, but are NoneType"),
        (0, [64, 48], "the output must be an hl.Func, an hl.Pipeline or a list of hl.Func"),
    ],
    ids=range(11),
)
def test_output_extents_that_are_none_are_refused(outputs, extents, message):
    with pytest.raises(InputError) as refused:
        checked([func(f"f{index}") for index in range(outputs)], [], extents)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("extents", "ranges"),
    [
        ([64, 48], [[(0, 64), (0, 48)]] * 2),
        (TWO, [[(0, 64), (0, 48)]] * 2),
        (((64, (1, 46)), (32, 24)), [[(0, 64), (1, 46)], [(0, 32), (0, 24)]]),
        ([np.int64(64), (1, 46)], [[(0, 64), (1, 46)]] * 2),
    ],
    ids=["one list", "two lists", "tuples with a pair", "one list with a pair"],
)
def test_extents_of_several_outputs(extents, ranges):
    built = checked([func("f"), func("g")], [], extents)
    found = [[(low, extent) for low, extent, _ in dims] for (dims,) in built.output_dims]
    assert found == ranges and built.graph.outputs == ("f", "g")


@pytest.mark.parametrize(
    ("kind", "example", "message"),
    [
        (hl.UInt(8), 300, "the example of k must be uint8, in 0..255, but is 300"),
        (hl.Int(32), 2.5, "the example of k must be int32, but is 2.5"),
        (hl.Bool(), 2, "the example of k must be bool, in 0..1, but is 2"),
        (hl.Float(32), 1j, "the example of k must be a number"),
        (hl.Float(32), np.complex64(1j), "the example of k must be float32"),
        (hl.Float(32), "3", "the example of k must be a number"),
        (hl.Handle(), 3, "parameter k is of handle64, of which no value can be given"),
    ],
    ids=range(7),
)
def test_examples_of_numbers_that_are_none_are_refused(kind, example, message):
    with pytest.raises(InputError) as refused:
        checked(func(), [(hl.Param(kind, "k"), example)], [64, 48])
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "example", "message"),
    [
        (hl.Bool(), np.ones((4, 4), np.uint8), "the example of im must be bool, but is uint8"),
        (hl.UInt(8), np.ones((4, 4), bool), "the example of im must be uint8, but is bool"),
        (hl.UInt(8), np.ones(4, np.uint8), "the example of im must have 2 dimensions, has 1"),
        (hl.UInt(8), 3, "the example of im must be an array"),
        (hl.UInt(8), hl.Buffer(np.ones((4, 4), np.int8)), "the example of im must be uint8, but is int8"),
    ],
    ids=range(5),
)
def test_examples_of_images_that_are_none_are_refused(kind, example, message):
    with pytest.raises(InputError) as refused:
        checked(func(), [(hl.ImageParam(kind, 2, "im"), example)], [64, 48])
    assert message in str(refused.value)


def test_an_input_and_a_func_of_one_name_are_two():
    image, output = hl.ImageParam(hl.Float(32), 2, "same"), hl.Func("same")
    output[X, Y] = image[X + 1, Y]
    graph = checked(output, [(image, np.ones((48, 65), np.float32))], [64, 48]).graph
    read = {access.source for func in graph.funcs for access in func.stages[0].accesses}
    assert set(graph.by_input) < read and graph.by_input and not set(graph.by_input) & set(graph.by_key)


def test_outputs_that_are_none_are_refused_before_halide_sees_them():
    one = func("one")
    for output, message in (
        ([one, one], "output one is given twice"),
        ([one, hl.Func("none")], "output none is not defined"),
        (hl.Pipeline(), "the pipeline has no output"),
    ):
        with pytest.raises(InputError, match=message):
            checked(output, [], [64, 48])


def test_strides_are_what_is_said_of_them():
    image, out = hl.ImageParam(hl.Float(32), 2, "im"), hl.Func("out")
    out[X, Y] = image[X, Y]
    out.output_buffer().dim(1).set_stride(out.output_buffer().dim(0).stride() * image.dim(0).extent() * 2)
    image.dim(0).set_stride(hl.Expr())  # any
    example = np.ones((64, 48), np.float32).T
    built = checked(out, [(image, example)], [64, 48])
    assert built.input_dims == (((0, 64, 48), (0, 48, 1)),)
    assert built.output_dims == ((((0, 64, 1), (0, 48, 128)),),)
