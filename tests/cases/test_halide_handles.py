"""A schedule takes effect on the very objects it was given, whatever they compiled before."""

import re
import threading

import pytest

pytest.importorskip("halide")
import halide as hl
import numpy as np

from perfpred.halide import autoschedule
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.pipeline.build import checked, without_examples
from perfpred.halide.schedule.apply import apply_to, target_of
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule, load_schedule
from perfpred.hardware import probe

TARGET = str(hl.get_host_target())
WHOLE = Candidate((Directive("o", 0, "split", ("x", "xo", "xi", 16, "RoundUp")),))
"""A schedule that is seen to be in force: Halide then refuses outputs that are no multiple of 16 wide."""


def made(dimensions=2):
    variables = [hl.Var(name) for name in ("x", "y", "z")[:dimensions]]
    image, first, output = hl.ImageParam(hl.Float(32), 2, "im"), hl.Func("first"), hl.Func("o")
    first[variables] = hl.f32(sum(variables))
    output[variables] = first[variables] + image[0, 0]
    image.set(hl.Buffer(np.ones((8, 8), np.float32)))
    return output, [(image, np.ones((8, 8), np.float32))], [20] * dimensions


def is_in_force(output):
    try:
        output.realize(hl.Buffer(np.zeros((20, 20), np.float32)))
    except hl.HalideError:
        return True
    return False


HANDLES = {
    "func": lambda output: output,
    "pipeline": hl.Pipeline,
    "list": lambda output: [output],
}


@pytest.mark.parametrize("handle", HANDLES)
@pytest.mark.parametrize("before", ["realize", "compile_jit", "infer_input_bounds", "nothing"])
def test_what_was_compiled_before_is_dropped(handle, before):
    output, _, _ = made()
    given = HANDLES[handle](output)
    own = output if handle == "list" else given
    if before == "realize":
        assert not is_in_force(own)
    elif before == "compile_jit":
        own.compile_jit()
    elif before == "infer_input_bounds":
        own.infer_input_bounds([20, 20])
    apply_to(given, WHOLE, without_examples(output), target_of(TARGET))
    assert is_in_force(own)


def test_each_of_several_outputs_drops_what_it_compiled():
    first, _, _ = made()
    x, y = first.args()
    second = hl.Func("second")
    second[x, y] = first[x, y] * 2
    whole = [Directive(key, 0, "split", ("x", "xo", "xi", 16, "RoundUp")) for key in ("o", "second")]
    for each in (first, second):
        assert not is_in_force(each)
    apply_to([first, second], Candidate(tuple(whole)), without_examples([first, second]), target_of(TARGET))
    assert is_in_force(first) and is_in_force(second)


@pytest.mark.parametrize("handle", ["func", "pipeline"])
def test_after_a_schedule_was_loaded(handle, tmp_path):
    output, inputs, extents = made()
    given = HANDLES[handle](output)
    assert not is_in_force(given)
    graph = checked(*made()).graph
    Schedule.of("p", graph, WHOLE, TARGET, [(20, 20)]).save(tmp_path / "s.json")
    load_schedule(tmp_path / "s.json").apply(given, inputs, extents)
    assert is_in_force(given)


@pytest.mark.parametrize("handle", ["func", "pipeline"])
def test_after_autoschedule(handle, tmp_path):
    machine = probe()
    hardware = machine.hardware(machine.best_isa(), 1).id
    times, noise = np.full((1, 1), -12.0), np.full((1, 1), 0.01)
    algorithm = checked(*made()).graph.algorithm
    ScheduleDatabase("o", algorithm, hardware, ((20, 20),), (WHOLE,), times, noise, None, 0.1).save(tmp_path)
    output, inputs, extents = made()
    given = HANDLES[handle](output)
    assert not is_in_force(given)
    assert autoschedule(given, inputs, extents, models=tmp_path, threads=1).schedule.candidate == WHOLE
    assert is_in_force(given)


@pytest.mark.parametrize("dimensions", [0, 2])
def test_the_call_that_drops_code_changes_no_loop(dimensions, tmp_path):
    def lowered(touched):
        output, _, _ = made(dimensions)
        output.compute_root()
        if dimensions:
            output.vectorize(output.args()[0], 4)
        if touched:
            output.reorder()
        path = tmp_path / f"{touched}.stmt"
        output.compile_to_lowered_stmt(str(path), output.infer_arguments())
        return re.sub(r"\$\d+|\d+", "", path.read_text())

    assert lowered(False) == lowered(True)


def test_pipelines_in_threads_keep_their_own_schedules():
    found = {}

    def work(name):
        output, _, _ = made()
        for _ in range(3):
            output.realize([20, 20])
        built = without_examples(output)
        if name % 2:
            apply_to(output, WHOLE, built, target_of(TARGET))
        found[name] = is_in_force(output)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == {name: bool(name % 2) for name in range(6)}
