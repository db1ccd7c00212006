"""A user's Python generator: profiled as a pipeline, and scheduled inside its own ``generate``."""

import re
import subprocess
import sys

import numpy as np
import pytest

hl = pytest.importorskip("halide")
from perfpred.errors import InputError  # noqa: E402
from perfpred.halide.measure.schedules_file import read_schedules  # noqa: E402
from perfpred.halide.pipeline.build import build  # noqa: E402
from perfpred.halide.pipeline.ref import PipelineRef  # noqa: E402
from perfpred.halide.schedule.candidate import Candidate, Directive  # noqa: E402
from perfpred.halide.schedule.document import Schedule, StaleScheduleError  # noqa: E402
from perfpred.halide.schedule.emit import to_python  # noqa: E402
from perfpred.hardware import compiler, probe  # noqa: E402
from perfpred.profile import read_profile  # noqa: E402
from perfpred.variants.halide.library import target  # noqa: E402

TARGET = target(probe().best_isa())
HEAD = """
from pathlib import Path
import halide as hl
import numpy as np
from perfpred.halide import load_schedule

x, y = hl.Var("x"), hl.Var("y")
SCHEDULE = Path(__file__).with_suffix(".json")
"""
SOFT = """
@hl.generator(name="soft")
class Soft(hl.Generator):
    image = hl.InputBuffer(hl.Float(32), 2)
    gain = hl.InputScalar(hl.Float(32))
    softened = hl.OutputBuffer(hl.Float(32), 2)

    def generate(self):
        edged = hl.BoundaryConditions.repeat_edge(self.image)
        down = hl.Func("down")
        down[x, y] = edged[x, y] + edged[x, y + 1]
        self.softened[x, y] = (down[x, y] + down[x + 1, y]) * self.gain
        self.schedule()

    def schedule(self):
        if not self.using_autoscheduler():
            load_schedule(SCHEDULE).apply(self.softened)

    @staticmethod
    def examples(width, height):
        image = np.arange(width * height, dtype=np.float32).reshape(height, width) / (width * height)
        return {"image": image, "gain": 0.25}, (width, height)
"""
MAIN = """
if __name__ == "__main__":
    hl.main()
"""


@pytest.fixture
def write(tmp_path):
    """Write a generator with some of its text replaced; returns its place."""

    def written(*changes):
        text = HEAD + SOFT + MAIN
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "soft.py"
        path.write_text(text)
        return f"{path}:Soft"

    return written


def schedule_of(place):
    directives = (
        Directive("softened", 0, "split", ("y", "y_o", "y_i", 16)),
        Directive("softened", 0, "vectorize", ("x", 8)),
        Directive("down", 0, "compute_at", ("softened", "y_o")),
        Directive("softened", 0, "compute_root"),
    )
    graph = build(PipelineRef.of(place), (96, 64)).graph
    return Schedule.of("Soft", graph, Candidate(directives), TARGET, [(96, 64)])


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
def test_a_generator_is_profiled(perfpred, write, tmp_path):
    out = tmp_path / "soft.csv"
    sources = ["--source", "own", "--source", "mullapudi2016", "--source", "adams2019-sampled"]
    made = perfpred(
        *["halide", "profile", write(), "--size", "96x64", "--candidates", "6", "--threads", "1", *sources],
        *["--min-rounds", "2", "--max-rounds", "2", "--out", out, "--json"],
    )
    assert made.code == 0, made.err
    profile = read_profile(out)
    assert set(profile.table["kernel"]) == {"Soft"}
    assert set(profile.table["variant"]) >= {"own", "mullapudi2016"}
    assert "wrong_result" not in set(profile.table["status"])
    assert len(profile.ok) >= 4, profile.metadata
    assert set(profile.ok.table["schedule"]) <= set(read_schedules(out))


def test_it_computes_what_its_examples_say(write):
    built = build(PipelineRef.of(write()), (96, 64))
    assert [parameter.name() for parameter, _ in built.inputs] == ["image", "gain"]
    assert built.graph.output == "softened" and built.output_extents == (96, 64)
    again = build(PipelineRef.of(write()), (80, 48))  # the name "soft" is not in use
    assert again.graph.algorithm == built.graph.algorithm == built.algorithm


@pytest.mark.parametrize("how", ["document", "emitted"])
def test_a_schedule_is_applied_inside_generate(write, tmp_path, how):
    place = write()
    schedule = schedule_of(place)
    schedule.save(tmp_path / "soft.json")
    if how == "emitted":
        (tmp_path / "soft_schedule.py").write_text(to_python(schedule))
        line = "__import__('soft_schedule').schedule(hl.Pipeline(self.softened), self.target())"
        write(("load_schedule(SCHEDULE).apply(self.softened)", line))
    command = [sys.executable, "soft.py", "-g", "soft", "-o", ".", "-e", "stmt,o", f"target={TARGET}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "soft.o").exists()
    statement = (tmp_path / "soft.stmt").read_text()
    assert "produce down" in statement and "ramp" in statement


def test_a_scheduled_generator_computes_the_same(write, tmp_path):
    place = write()
    schedule_of(place).save(tmp_path / "soft.json")
    sys.path.insert(0, str(tmp_path))
    try:
        import soft

        with hl.GeneratorContext(hl.Target(TARGET)):
            call = soft.Soft().compile_to_callable()
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("soft", None)
    image = soft.Soft.examples(96, 64)[0]["image"]
    found = np.zeros((64, 96), np.float32)
    call(hl.Buffer(image), 0.25, hl.Buffer(found))
    edged = np.pad(image, ((0, 1), (0, 1)), mode="edge")
    down = edged[:-1] + edged[1:]
    assert np.allclose(found, (down[:, :-1] + down[:, 1:]) * 0.25, rtol=1e-5)


def test_an_output_alone_is_scheduled_once_and_only_if_it_is_the_same(write):
    place = write()
    schedule = schedule_of(place)
    pipeline = build(PipelineRef.of(place), (96, 64)).pipeline
    schedule.apply(pipeline)
    with pytest.raises(InputError, match=r"must not be scheduled yet, but .*softened.* is"):
        schedule.apply(pipeline)
    x, other = hl.Var("x"), hl.Func("softened")
    with pytest.raises(InputError, match="must be defined"):
        schedule.apply(other)
    with pytest.raises(InputError, match=r"an hl.Pipeline or a list of hl.Func, but is int"):
        schedule.apply(7)
    other[x] = x
    with pytest.raises(StaleScheduleError, match="choose a schedule again"):
        schedule.apply(other)


ONE_OUTPUT = "    softened = hl.OutputBuffer(hl.Float(32), 2)\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            (ONE_OUTPUT, ONE_OUTPUT + "    more = hl.OutputBuffer(hl.Float(32), 2)\n"),
            "Output 'more' was not defined",
        ),
        (('@hl.generator(name="soft")\n', ""), "generator Soft must be decorated with @halide.generator()"),
        (("examples(", "example("), "must have a static method examples(width, height) that returns"),
        (
            ('{"image": image, "gain": 0.25}, (width, height)', "image"),
            "output_extents), but it returned array",
        ),
        (('"gain"', '"gane"'), "but has none of gain; has one of gane, which is no input"),
        (('{"image": image,', '{"image": 3.0,'), "the example of image must be an array"),
        (("        if not self.using_autoscheduler():\n    ", ""), "there is no such file"),
        (
            ("        self.schedule()\n", "        down.compute_root()\n"),
            "must not be scheduled yet, but down",
        ),
        (("hl.Generator)", "dict)"), "Soft"),
        (("self.softened[x, y] =", "self.soft[x, y] ="), "fails at 96x64: AttributeError"),
    ],
)
def test_what_is_no_such_generator_is_refused(perfpred, write, tmp_path, change, message):
    place = write(change)
    made = perfpred("halide", "profile", place, "--size", "96x64", "--out", tmp_path / "x.csv")
    assert made.code == 2, made.err
    assert re.search(message.replace("(", r"\(").replace(")", r"\)"), " ".join(made.err.split())), made.err
    assert "Traceback" not in made.err
