"""Applying schedules that strangers wrote: tried in a copy of the process, which alone bears what happens."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.errors import InputError
from perfpred.halide import autoschedule, to_cpp, to_python
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.pipeline.build import build, without_examples
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.apply import target_of
from perfpred.halide.schedule.autoschedulers import run_autoscheduler
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule, StaleScheduleError, load_schedule
from perfpred.halide.schedule.dry_run import require_applicable
from perfpred.hardware import compiler, probe

CASE = Path(__file__).parents[1] / "data" / "cases" / "files-15-schedule-file" / "blur.json"
BLUR = PipelineRef.of("blur")
TARGET = "x86-64-linux-avx2"


def loaded(tmp_path, **changes):
    """The good schedule with some of its fields changed, read from a file."""
    path = tmp_path / "blur.json"
    path.write_text(json.dumps({**json.loads(CASE.read_text()), **changes}))
    return load_schedule(path)


def is_scheduled(output):
    return any(func.is_scheduled for func in without_examples_raw(output))


def without_examples_raw(output):
    from perfpred.halide.graph.raw import parse

    return parse(hl.serialize_pipeline(hl.Pipeline(output))).funcs.values()


def test_a_good_one_is_applied(tmp_path):
    output, inputs, extents = function_of(BLUR)(256, 256)
    loaded(tmp_path, target=TARGET).apply(output, inputs, extents)
    assert is_scheduled(output)
    output, _, _ = function_of(BLUR)(256, 256)
    loaded(tmp_path, target=TARGET).apply(output)  # as in a generator, without examples
    assert is_scheduled(output)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "x86-64-linux-warp_drive"}, "is none that this Halide knows"),
        ({"target": "x86-64-linux-"}, "must be a Halide target"),
        ({"directives": [["blur_y", 0, "vectorize", "x", 1 << 20]]}, "only supports vector types"),
        ({"directives": [["blur_x", 0, "store_at", "blur_y", "x"]]}, "is inlined"),
        ({"directives": [["blur_x", 0, "compute_at", "blur_x", "x"]]}, "cannot be applied"),
        (
            {"directives": [["blur_y", 0, "reorder_storage", "x"]]},
            r"blur_y\.reorder_storage\(x\)|cannot be applied",
        ),
        (
            {"directives": [["", 0, "autoschedule", "Adams2019", '{"memory_limit": 1}']]},
            "Ran out of legal states",
        ),
        (
            {"directives": [["", 0, "autoschedule", "Adams2019", '{"disable_subtiling": 1}']]},
            "cannot be applied to this pipeline: process ended",
        ),
        (
            {"directives": [["", 0, "autoschedule", "Adams2019", '{"weights_path": "/no/where"}']]},
            "there is no weights file /no/where",
        ),
    ],
)
def test_what_halide_refuses_is_a_sentence_and_leaves_the_pipeline_alone(tmp_path, changes, message):
    output, inputs, extents = function_of(BLUR)(256, 256)
    with pytest.raises(InputError, match=message):
        loaded(tmp_path, **{"target": TARGET, **changes}).apply(output, inputs, extents)
    assert not is_scheduled(output)


def test_funcs_of_another_pipeline_are_refused(tmp_path):
    funcs = {"nobody": {"index": 0, "args": ["x"], "rvars": []}}
    schedule = loaded(tmp_path, target=TARGET, funcs=funcs, directives=[["nobody", 0, "vectorize", "x"]])
    with pytest.raises(InputError, match="unknown Func 'nobody'"):
        schedule.apply(*function_of(BLUR)(64, 64))
    with pytest.raises(StaleScheduleError):
        loaded(tmp_path, algorithm="abc").apply(*function_of(BLUR)(64, 64))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("index", 2, "funcs.blur_y.index must be 4 on this pipeline, but is 2"),
        ("index", 400, "funcs.blur_y.index must be 4 on this pipeline, but is 400"),
        ("args", ["y", "x"], r"funcs.blur_y.args must be \('x', 'y'\) on this pipeline, but is \('y', 'x'\)"),
        ("rvars", [["r"]], r"funcs.blur_y.rvars must be \(\) on this pipeline, but is \(\('r',\),\)"),
    ],
)
def test_what_is_said_of_funcs_must_be_so(tmp_path, field, value, message):
    funcs = json.loads(CASE.read_text())["funcs"]
    funcs["blur_y"][field] = value
    output, inputs, extents = function_of(BLUR)(64, 64)
    with pytest.raises(InputError, match=message):
        loaded(tmp_path, target=TARGET, funcs=funcs, directives=[]).apply(output, inputs, extents)
    assert not is_scheduled(output)


def test_what_ends_the_process_or_takes_for_ever_ends_the_copy_alone(monkeypatch):
    built = build(BLUR, (64, 64))
    root = Candidate((Directive("blur_x", 0, "compute_root"),))
    monkeypatch.setattr(hl.Func, "compute_root", lambda _: os.abort())
    with pytest.raises(InputError, match="cannot be applied to this pipeline: process ended with code -6"):
        require_applicable(root, built, TARGET)
    monkeypatch.setattr(hl.Func, "compute_root", lambda _: [None for _ in iter(int, 1)])
    with pytest.raises(InputError, match=r"not done within 0\.5 s"):
        require_applicable(root, built, TARGET, seconds=0.5)


def test_our_own_schedules_are_not_tried_first(monkeypatch):
    monkeypatch.setattr("perfpred.halide.schedule.dry_run.run_forked", lambda *_: pytest.fail("tried"))
    output, inputs, extents = function_of(BLUR)(64, 64)
    graph = build(BLUR, (64, 64)).graph
    root = Candidate((Directive("blur_x", 0, "compute_root"),))
    Schedule.of("blur", graph, root, TARGET, [(64, 64)]).apply(output, inputs, extents)
    assert is_scheduled(output)


@pytest.mark.parametrize("target", ["x86-64-linux-foo", "hexagon", "", "host; x", "x86-64-linux\n"])
def test_targets(target):
    with pytest.raises(InputError, match="target"):
        target_of(target)


def test_names_that_halide_allows_become_names_that_schedules_hold():
    x, y = hl.Var('x"); system("'), hl.Var("größe")
    func, output = hl.Func("a b\n*/"), hl.Func('out"put')
    func[x, y] = x + y
    output[x, y] = func[x, y] + func[x + 1, y]
    built = without_examples(output)
    keys = sorted(built.funcs)
    assert keys == ["a_b___", "out_put"]
    first = built.funcs["a_b___"][0].args()[0].name()
    assert first.startswith('x"')
    from perfpred.halide.graph.names import loop_keys

    loops = list(loop_keys([var.name() for var in func.args()], "d").values())
    assert all(each.replace("_", "a").isalnum() and each.isascii() for each in loops)
    from perfpred.halide.schedule.apply import apply
    from perfpred.halide.schedule.loop_names import FuncNames

    funcs = {key: FuncNames(index, tuple(loops), ()) for key, (_, index) in built.funcs.items()}
    vector = Candidate((Directive("out_put", 0, "vectorize", (loops[0], 4)),))
    schedule = Schedule("p", built.algorithm, TARGET, ((64, 64),), vector, funcs)
    assert "system(" not in to_cpp(schedule) and "system(" not in to_python(schedule)
    names = {}
    exec(compile(to_python(schedule), "emitted", "exec"), names)
    apply(vector, built, target_of(TARGET))


def measured(folder, *directives):
    """Write what was measured of one schedule of blur, on this machine with one thread."""
    machine = probe()
    hardware = machine.hardware(machine.best_isa(), 1).id
    algorithm = build(BLUR, (64, 48)).graph.algorithm
    times, noise = np.full((1, 1), -12.0), np.full((1, 1), 0.01)
    candidates = (Candidate(directives),)
    ScheduleDatabase("blur", algorithm, hardware, ((64, 48),), candidates, times, noise, None, 0.1).save(
        folder
    )


UNKNOWN_LOOP = Directive("blur_y", 0, "vectorize", ("q",))


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
def test_a_measured_schedule_that_does_not_fit_is_not_written(perfpred, tmp_path, monkeypatch):
    monkeypatch.setattr("perfpred.halide.measure.library_cache.cache_dir", lambda: tmp_path / "cache")
    measured(tmp_path, UNKNOWN_LOOP)
    out = tmp_path / "s.py"
    made = perfpred(
        *["halide", "schedule", "blur", "--models", tmp_path, "--size", "64x48", "--threads", "1"],
        *["--emit", "python", "--out", out],
    )
    assert made.code == 2 and not out.exists()
    said = " ".join(made.err.split())
    assert "cannot be applied to blur: unknown loop of blur_y 'q'" in said, made.err


def test_autoschedule_tries_what_was_measured_first(tmp_path):
    measured(tmp_path, UNKNOWN_LOOP)
    output, inputs, extents = function_of(BLUR)(64, 48)
    with pytest.raises(InputError, match="cannot be applied to this pipeline: unknown loop of blur_y 'q'"):
        autoschedule(output, inputs, extents, models=tmp_path, threads=1)
    assert not is_scheduled(output)
    measured(tmp_path, Directive("blur_y", 0, "vectorize", ("x", 8)))
    assert autoschedule(output, inputs, extents, models=tmp_path, threads=1).schedule.candidate.directives
    assert is_scheduled(output)


def test_an_autoscheduler_of_a_file_is_run_once_and_elsewhere(tmp_path, monkeypatch):
    asked = ["", 0, "autoschedule", "Mullapudi2016", '{"parallelism": 2}']
    monkeypatch.setattr("perfpred.halide.schedule.apply.run_autoscheduler", run_once := Once())
    output, inputs, extents = function_of(BLUR)(256, 256)
    loaded(tmp_path, target=TARGET, directives=[asked]).apply(output, inputs, extents)
    assert is_scheduled(output) and run_once.runs == 0  # in this process


class Once:
    """Counts the runs of an autoscheduler in a process."""

    def __init__(self):
        self.runs = 0

    def __call__(self, *arguments):
        self.runs += 1
        run_autoscheduler(*arguments)
