"""A user's pipeline from its file to a profile, and from the profile back to a scheduled pipeline."""

import json

import numpy as np
import pytest

hl = pytest.importorskip("halide")
from perfpred.errors import InputError  # noqa: E402
from perfpred.halide.cost.features import FEATURES  # noqa: E402
from perfpred.halide.measure.profiling import parse_size  # noqa: E402
from perfpred.halide.measure.schedules_file import read_schedules  # noqa: E402
from perfpred.halide.pipeline.build import build  # noqa: E402
from perfpred.halide.pipeline.loading import function_of  # noqa: E402
from perfpred.halide.pipeline.ref import PipelineRef  # noqa: E402
from perfpred.halide.schedule.candidate import Candidate, Directive  # noqa: E402
from perfpred.halide.schedule.document import Schedule, StaleScheduleError, load_schedule  # noqa: E402
from perfpred.halide.schedule.emit import to_cpp, to_python  # noqa: E402
from perfpred.hardware import compiler, probe  # noqa: E402
from perfpred.profile import read_profile  # noqa: E402
from perfpred.variants.halide.library import target  # noqa: E402

TARGET = target(probe().best_isa())


def soften_expected(width, height):
    image = np.arange(width * height, dtype=np.float32).reshape(height, width) / (width * height)
    edged = np.pad(image, ((0, 1), (0, 1)), mode="edge")
    down = edged[:-1] + edged[1:]
    return (down[:, :-1] + down[:, 1:]) * 0.25


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
def test_a_users_pipeline_is_profiled_resumed_and_replayed(perfpred, soften, tmp_path):
    out = tmp_path / "soften.csv"
    command = [
        "halide",
        "profile",
        soften,
        "--size",
        "96x64",
        "--size",
        "16x8",
        "--candidates",
        "7",
        "--threads",
        "1",
    ]
    command += [
        "--source",
        "own",
        "--source",
        "mullapudi2016",
        "--source",
        "template",
        "--source",
        "adams2019-sampled",
    ]
    command += ["--min-rounds", "2", "--max-rounds", "3", "--out", out, "--json"]
    first = perfpred(*command)
    assert first.code == 0, first.err
    assert {each["size"] for each in first.json} >= {"96x64"}

    profile = read_profile(out)
    assert profile.parameters == ("width", "height", "schedule", *FEATURES)
    assert set(profile.table["variant"]) >= {"own", "mullapudi2016"}
    ok = profile.ok.table
    assert (ok["time_s"] > 0).all() and np.isfinite(ok[list(FEATURES)]).all().all()
    small = profile.table[profile.table["width"] == 16]
    assert set(small["status"]) <= {"ok", "runtime_error"}  # too small for some
    schedules = read_schedules(out)
    assert set(profile.table["schedule"]) <= set(schedules)

    again = perfpred(*command, "--resume")
    assert (
        again.code == 0 and read_profile(out).table["schedule"].tolist() == profile.table["schedule"].tolist()
    )
    refused = perfpred(*command)
    assert refused.code == 2 and "exists: continue with --resume" in refused.err

    best = first.json[-1]["best_schedule"]
    graph = build(PipelineRef.of(soften), (96, 64)).graph
    path = tmp_path / "best.json"
    Schedule.of("soften", graph, schedules[best], TARGET, [(96, 64)], 1e-3).save(path)
    schedule = load_schedule(path)
    assert schedule.to_json() == json.loads(path.read_text())
    output, inputs, extents = function_of(PipelineRef.of(soften))(96, 64)
    schedule.apply(output, inputs, extents)
    assert np.allclose(realized(output, inputs, extents), soften_expected(96, 64), rtol=1e-5)


def realized(output, inputs, extents):
    for parameter, example in inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    func = output.outputs()[0] if isinstance(output, hl.Pipeline) else output
    return np.array(func.realize(extents))


def schedule_of(soften):
    graph = build(PipelineRef.of(soften), (96, 64)).graph
    directives = (
        Directive("softened", 0, "split", ("y", "y_o", "y_i", 16)),
        Directive("softened", 0, "reorder", ("x", "y_i", "y_o")),
        Directive("softened", 0, "vectorize", ("x", 8)),
        Directive("down", 0, "compute_at", ("softened", "y_i")),
        Directive("down", 0, "store_at", ("softened", "y_o")),
        Directive("softened", 0, "compute_root"),
    )
    return Schedule.of("soften", graph, Candidate(directives), TARGET, [(96, 64)], 1.5e-3)


def test_emitted_python_schedules_by_itself(soften):
    text = to_python(schedule_of(soften))
    assert text.startswith('"""Schedule of soften (algorithm ') and "expected to take 1.5 ms" in text
    names = {}
    exec(compile(text, "emitted", "exec"), names)
    output, inputs, extents = function_of(PipelineRef.of(soften))(96, 64)
    names["schedule"](hl.Pipeline(output), hl.Target(TARGET))
    assert np.allclose(realized(output, inputs, extents), soften_expected(96, 64), rtol=1e-5)


def test_emitted_cpp(soften):
    text = to_cpp(schedule_of(soften))
    assert "Func f1_softened = pipeline.get_func(" in text
    assert "f1_softened.reorder({f1_softened_x, f1_softened_y_i, f1_softened_y_o});" in text
    assert "f0_down.compute_at(f1_softened, f1_softened_y_i);" in text


def test_a_stale_schedule_is_refused(soften, tmp_path):
    schedule = schedule_of(soften)
    x, y = hl.Var("x"), hl.Var("y")
    image, output = hl.ImageParam(hl.Float(32), 2, "image"), hl.Func("softened")
    output[x, y] = image[x, y]
    with pytest.raises(
        StaleScheduleError, match=r"this schedule is of soften as it was .* choose a schedule again"
    ):
        schedule.apply(output, [(image, np.ones((64, 96), np.float32))], [96, 64])
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": 99}')
    with pytest.raises(InputError, match="not a schedule of format 1"):
        load_schedule(broken)


def test_list(perfpred):
    found = perfpred("halide", "list", "--json").json
    assert len(found) >= 10 and {"pipeline", "what", "default_size", "sizes"} <= set(found[0])
    assert "local_laplacian" in perfpred("halide", "list").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["blurr", "--out", "x.csv"], "did you mean 'blur'"),
        (["blur", "--size", "12", "--out", "x.csv"], "a size must be WIDTHxHEIGHT"),
        (
            ["blur", "--source", "adams", "--out", "x.csv", "--candidates", "1"],
            "unknown source of schedules 'adams'",
        ),
        (["nowhere.py:f", "--out", "x.csv"], "there is no file nowhere.py"),
    ],
)
def test_wrong_requests(perfpred, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    outcome = perfpred("halide", "profile", *arguments)
    assert outcome.code == 2 and message in outcome.err


def test_sizes():
    assert parse_size("1536x1024") == (1536, 1024)
    for text in ("0x4", "4x", "x4", "4*4", "-4x4"):
        with pytest.raises(InputError, match="WIDTHxHEIGHT"):
            parse_size(text)
