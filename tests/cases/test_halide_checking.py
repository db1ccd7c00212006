"""Wrong values are found out whatever the user's examples are, and right ones are not taken for wrong."""

import json
from pathlib import Path

import pytest

pytest.importorskip("halide")
from perfpred.halide.measure.checks import checked_sizes
from perfpred.halide.measure.compiling import prepare
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.timed import time_all
from perfpred.halide.measure.workers import HalideWorkers, compile_job
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.reference import reference_schedule
from perfpred.hardware import Site, compiler, probe
from perfpred.measure.campaign import Effort, InMemoryLog
from perfpred.progress import NullProgress
from perfpred.sandbox.forking import ForkLimits

pytestmark = pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
CASES = Path(__file__).parent.parent / "data" / "cases"
RELIGHT = CASES / "halide-13b-own-space-miscompiled"
NLMEANS = CASES / "halide-13-wrong-schedule-passes-the-check"
PYRAMID = CASES / "halide-10-float16-all-wrong"
MACHINE = probe()
ONCE = Effort(min_rounds=1, max_rounds=1, row_limit_s=20.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("checking")


@pytest.fixture(autouse=True)
def cache(folder, monkeypatch):
    monkeypatch.setattr("perfpred.halide.measure.library_cache.cache_dir", lambda: folder / "cache")


@pytest.fixture(scope="module")
def workers():
    with HalideWorkers(ForkLimits(30, 4 << 30), workers=1) as made:
        yield made


def schedules(case):
    documents = json.loads((case / "p.schedules.json").read_text())["schedules"]
    return {key: Candidate.from_json(each) for key, each in documents.items()}


def experiment_of(workers, place, sizes, folder):
    source = PipelineRef.of(place)
    described = {
        size: workers.describe(Workload(source, size), str(folder / f"{size[0]}x{size[1]}")) for size in sizes
    }
    beside, notes = checked_sizes(described, workers, str(folder))
    experiment = Experiment(source, Site.of(MACHINE, threads=1), described, folder, beside=tuple(beside))
    experiment.checks.notes += notes
    prepare(experiment, workers)
    return experiment


def judged(workers, experiment, candidates):
    """The status and the message of each candidate at each size."""
    size = next(iter(experiment.described))
    for each in candidates:
        library = experiment.library(each, size)
        if not library.exists():
            job = compile_job(Workload(experiment.pipeline, size), each, experiment.target, str(library))
            reply = workers.run(job)
            assert reply["status"] == "ok", reply
    rows = time_all(experiment, candidates, InMemoryLog(), ONCE, 0, NullProgress())
    found = {}
    for row, record in rows:
        found.setdefault(row.subject, []).append((record.status, record.message))
    return found


WRONG = ("s4c36679a741", "sa383b8b6c0e")
EXAMPLES = {
    "noise": "np.random.default_rng(1).random((3, height, width), dtype=np.float32)",
    "zeros": "np.zeros((3, height, width), np.float32)",
    "ones": "np.ones((3, height, width), np.float32)",
    "gradient": "np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32), (3, height, width)).copy()",
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_miscompiled_schedules_are_wrong_whatever_the_example(workers, tmp_path, example):
    text = (RELIGHT / "pipe.py").read_text()
    path = tmp_path / "pipe.py"
    path.write_text(text.replace(EXAMPLES["noise"], EXAMPLES[example]))
    assert EXAMPLES[example] in path.read_text()
    experiment = experiment_of(workers, f"{path}:relight", [(64, 48)], tmp_path)
    found = judged(workers, experiment, list(schedules(RELIGHT).values()))
    assert [found[key][0][0] for key in found] == [
        "wrong_result" if key in WRONG else "ok" for key in found
    ], found
    assert all("differs from the reference schedule by up to" in found[key][0][1] for key in WRONG)
    constant = [each for each in experiment.checks.warnings if "constant" in each]
    if example in ("zeros", "ones"):
        assert constant[0].startswith(
            "the example checks next to nothing: the right output is constant on it"
        )
    else:
        assert constant == []


def test_a_miscompiled_schedule_that_a_gradient_hides_is_wrong_at_all_sizes(workers, tmp_path):
    experiment = experiment_of(workers, f"{NLMEANS / 'pipe.py'}:nlmeans", [(64, 48), (99, 55)], tmp_path)
    found = judged(workers, experiment, list(schedules(NLMEANS).values()))
    assert [status for status, _ in found["s2924dee59eb"]] == ["wrong_result"] * 2
    assert [status for status, _ in found["s6512541a0f5"]] == ["ok"] * 2
    assert experiment.checks.text("s6512541a0f5").startswith("on the example and 2 random inputs, at 37x29")
    assert experiment.checks.document("s6512541a0f5")["sizes"]["99x55"] == [
        *("example", "random input 1", "random input 2")
    ]


def test_half_precision_has_a_tolerance_of_its_own(workers, tmp_path):
    experiment = experiment_of(workers, f"{PYRAMID / 'pipe.py'}:pyramid", [(64, 48)], tmp_path)
    found = judged(workers, experiment, list(schedules(PYRAMID).values()))
    assert {status for rows in found.values() for status, _ in rows} == {"ok"}, found
    assert 0.001 < experiment.checks.tolerances["64x48"] < 0.05


AMPLIFYING = """
import halide as hl
import numpy as np


def amplify(width, height):
    # Differences of nearly equal values, quotients by almost nothing, steps decided by rounding.
    x, y = hl.vars("x y")
    image = hl.ImageParam(hl.Float(32), 2, "image")
    edged = hl.BoundaryConditions.repeat_edge(image)
    blurred, ratio, output = hl.Func("blurred"), hl.Func("ratio"), hl.Func("output")
    blurred[x, y] = (edged[x - 1, y] * 0.3 + edged[x, y] * 0.4 + edged[x + 1, y] * 0.3) * 1.1
    ratio[x, y] = 1.0 / (blurred[x, y] - blurred[x, y + 1])
    output[x, y] = hl.sin(ratio[x, y] * 37.0)
    return output, [(image, np.random.default_rng(1).random((height, width), np.float32))], [width, height]


def quantize(width, height):
    x, y = hl.vars("x y")
    image = hl.ImageParam(hl.UInt(8), 2, "image")
    edged = hl.BoundaryConditions.repeat_edge(image)
    scaled, output = hl.Func("scaled"), hl.Func("output")
    scaled[x, y] = (hl.f32(edged[x, y]) + hl.f32(edged[x + 1, y]) * 1.7 + hl.f32(edged[x, y + 1])) / 3.7
    output[x, y] = hl.u8(hl.clamp(scaled[x, y] * 0.9 + scaled[x + 1, y] * 0.1, 0, 255))
    return output, [(image, np.zeros((height, width), np.uint8))], [width, height]


def whatever(width, height):
    # Of one size, whatever is asked for.
    return amplify(64, 48)


def fixed(width, height):
    # Of one size alone.
    if (width, height) != (64, 48):
        raise ValueError("only 64x48")
    return amplify(width, height)
"""


def tiled(outer, inner):
    return Candidate(
        (
            Directive(outer, 0, "split", ("x", "xo", "xi", 8)),
            Directive(outer, 0, "vectorize", ("xi",)),
            Directive(inner, 0, "compute_at", (outer, "y")),
            Directive(inner, 0, "vectorize", ("x", 8)),
        )
    )


@pytest.mark.parametrize(("name", "inner"), [("amplify", "blurred"), ("quantize", "scaled")])
def test_what_rounding_makes_of_a_pipeline_is_not_wrong(workers, tmp_path, name, inner):
    path = tmp_path / "pipe.py"
    path.write_text(AMPLIFYING)
    experiment = experiment_of(workers, f"{path}:{name}", [(64, 48)], tmp_path)
    plain = reference_schedule(experiment.described[64, 48].graph)
    inlined = Candidate((Directive("output", 0, "vectorize", ("x", 8)),))
    found = judged(workers, experiment, [tiled("output", inner), inlined, plain])
    assert {status for rows in found.values() for status, _ in rows} == {"ok"}, found


@pytest.mark.parametrize(
    ("name", "why"),
    [("fixed", "cannot be built at 37x29"), ("whatever", "has one size, whatever it is asked")],
)
def test_a_pipeline_of_one_size_is_checked_on_a_part_of_its_output(workers, tmp_path, name, why):
    path = tmp_path / "pipe.py"
    path.write_text(AMPLIFYING)
    experiment = experiment_of(workers, f"{path}:{name}", [(64, 48)], tmp_path)
    each = tiled("output", "blurred")
    assert judged(workers, experiment, [each])[each.id][0][0] == "ok"
    assert experiment.checks.text(each.id).endswith("at the first 37x29 of 64x48 and 64x48")
    assert f"{name} {why}" in experiment.checks.notes[0]
