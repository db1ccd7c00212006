"""Emitted Python and C++ run as they are: of every pipeline of the suite, and of Funcs of any name."""

import importlib.util
import re
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.halide import autoschedule, to_cpp, to_python
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.names import func_keys, in_order
from perfpred.halide.graph.raw import parse
from perfpred.halide.pipeline.build import checked
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.schedule.apply import apply, target_of
from perfpred.halide.schedule.autoscheduled import choice_of
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.schedule.document import Schedule
from perfpred.halide.schedule.read_back import recorded
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.hardware import Site, compiler, probe

CASES = Path(__file__).parents[1] / "data" / "cases"
SIZE = (64, 48)
TARGET = str(hl.get_host_target())
HARD_NAMES = [
    *("in", "lambda", "return", "class", "None", "match", "pipeline", "target", "hl", "pathlib"),
    *("schedule", "float", "int", "Func", "Var", "RVar", "Halide", "std", "main", "NULL", "EOF"),
    *("linux", "unix", "assert", "blur", "blur_x", "blur_x_y", "blur_u0_x", "a-b", "a b", "a_b"),
    *("größe", 'q"', "back\\slash", "*/", "f0", "7"),
]


def of_names(names):
    """A chain of Funcs of any names, or of none, whose loops are named like each other's Funcs."""
    names = [(name,) if name else () for name in names]
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "im")
    before = hl.BoundaryConditions.repeat_edge(image)
    for place, name in enumerate(names):
        func = hl.Func(*name)
        a, b = hl.Var(*names[place - 1]), hl.Var(*names[place - 2])
        func[a, b] = before[a, b] + before[a + 1, b] + place
        before = func
    output = hl.Func("x")
    output[x, y] = before[x, y]
    r = hl.RDom([(0, 3)], *names[0])
    output[x, y] += before[x + r, y] * 0.5
    return output, [(image, np.ones((48, 64), np.float32))], list(SIZE)


def of_outputs(kind):
    """Several outputs, an output of several values, and one of no dimension."""
    x, y = hl.Var("x"), hl.Var("y")
    image, first, second = hl.ImageParam(hl.Float(32), 2, "im"), hl.Func("first"), hl.Func("second")
    inner, r, s = hl.Func("inner"), hl.RDom([(0, 3)], "r"), hl.RDom([(0, 48)], "s")
    edged = hl.BoundaryConditions.repeat_edge(image)
    inner[x, y] = edged[x, y] + edged[x + 1, y]
    if kind == "number":
        first[()] = 0.0
        first[()] += inner[0, s]
        return first, [(image, np.ones((48, 64), np.float32))], []
    first[x, y] = (inner[x, y], x) if kind == "tuple" else inner[x, y]
    if kind == "tuple":
        first[x, y] = (first[x, y][0] + inner[x + r, y], first[x, y][1] + 1)
        return first, [(image, np.ones((48, 64), np.float32))], list(SIZE)
    second[x, y] = inner[x, y] * 2
    return [first, second], [(image, np.ones((48, 64), np.float32))], list(SIZE)


def case(name, function):
    (path,) = CASES.glob(f"halide-1[78]-emitted-*/{name}.py")
    spec = importlib.util.spec_from_file_location(f"emitted_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, function)


MADE = {
    **{name: (lambda name=name: function_of(PipelineRef.of(name))(*SIZE)) for name in PIPELINES},
    **{name: (lambda name=name: case(name, "smooth")(*SIZE)) for name in ("pipe", "pipe2")},
    "case_build": lambda: case("case_build", "build")(),
    "hard_names": lambda: of_names(HARD_NAMES[:11]),
    "more_hard_names": lambda: of_names(HARD_NAMES[11:24]),
    "names_alike": lambda: of_names(HARD_NAMES[24:]),
    **{kind: (lambda kind=kind: of_outputs(kind)) for kind in ("several", "tuple", "number")},
    "unnamed": lambda: of_names([""] * 12),
}
RUN = ("blur", "matmul", "pipe", "pipe2", "case_build", "names_alike")
"""The pipelines whose emitted C++ is run as well."""


def target():
    return Target.of(Site.of(probe(), threads=2))


@cache
def schedules(name):
    """Some schedules of our own, and what an autoscheduler chose."""
    built = checked(*MADE[name]())
    made = LoopNestSpace(built.graph, target()).sample(2, np.random.default_rng(3))
    if name not in ("local_laplacian", "interpolate"):
        asked = Directive("", 0, AUTOSCHEDULE, ("Mullapudi2016", '{"parallelism": 2}'))
        again = checked(*MADE[name]())
        again.graph  # noqa: B018 - read before it is scheduled
        apply(Candidate((asked,), "mullapudi2016"), again, target_of(TARGET))
        made.append(choice_of(Candidate((asked,), "mullapudi2016"), again))
    return [Schedule.of("p", built.graph, each, TARGET, [SIZE]) for each in made]


def scheduled(made):
    """What a pipeline's schedule is."""
    keys = func_keys(in_order(parse(hl.serialize_pipeline(hl.Pipeline(made[0])))))
    return recorded(parse(hl.serialize_pipeline(hl.Pipeline(made[0]))), "own", keys)


def realized(output, inputs, extents):
    for parameter, example in inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    return np.array(output.realize(extents))


def emitted(schedule):
    names = {}
    exec(compile(to_python(schedule), "emitted", "exec"), names)
    return names["schedule"]


@pytest.mark.parametrize("name", MADE)
def test_emitted_python_schedules_as_apply_does(name):
    for each in schedules(name):
        ours, theirs = MADE[name](), MADE[name]()
        each.apply(ours[0])
        emitted(each)(hl.Pipeline(theirs[0]), hl.get_host_target())
        assert scheduled(theirs) == scheduled(ours)
    if name in RUN:
        np.testing.assert_allclose(realized(*theirs), realized(*MADE[name]()), rtol=1e-5)


MAIN = """#include "Halide.h"
#include <fstream>
%s
using Extents = std::vector<int>;

Halide::Buffer<> loaded(halide_type_code_t code, int bits, const Extents &extents, const char *path) {
    Halide::Buffer<> buffer(Halide::Type(code, bits, 1), extents);
    std::ifstream(path, std::ios::binary).read((char *)buffer.data(), buffer.size_in_bytes());
    return buffer;
}

void run(void (*schedule)(Halide::Pipeline, const Halide::Target &), const char *name,
         const std::map<std::string, Halide::Buffer<>> &inputs, const Extents &extents) {
    std::map<std::string, Halide::Parameter> parameters;
    for (const auto &[key, buffer] : inputs) {
        parameters.emplace(key, Halide::Parameter(buffer.type(), true, buffer.dimensions(), key));
        parameters.at(key).set_buffer(buffer);
    }
    Halide::Pipeline pipeline = Halide::deserialize_pipeline(name, parameters);
    pipeline.realize(extents);
    schedule(pipeline, Halide::get_host_target());
    Halide::Buffer<> output = pipeline.realize(extents)[0];
    std::ofstream(std::string(name) + ".out", std::ios::binary).write(
        (const char *)output.data(), output.size_in_bytes());
}

int main() {
%s
    return 0;
}
"""
CODES = {"i": "halide_type_int", "u": "halide_type_uint", "f": "halide_type_float"}


def namespaced(schedule, name):
    """A C++ function in a namespace of its own, without its include."""
    return f"namespace {name} {{\n{re.sub('^#include .*$', '', to_cpp(schedule), flags=re.M)}}}\n"


def braced(extents):
    return "{" + ", ".join(map(str, extents)) + "}"


def run_of(name, folder):
    """The C++ statement that schedules and runs a pipeline by what `schedules` gives first."""
    output, inputs, extents = MADE[name]()
    (folder / name).write_bytes(hl.serialize_pipeline(hl.Pipeline(output)))
    loaded = []
    for parameter, example in inputs:
        path = f"{name}-{parameter.name()}.bin"
        (folder / path).write_bytes(np.ascontiguousarray(example).tobytes())
        code, bits = CODES[example.dtype.kind], 8 * example.itemsize
        shape = braced(example.shape[::-1])
        loaded.append(f'{{"{parameter.name()}", loaded({code}, {bits}, {shape}, "{path}")}}')
    return f'    run(p_{name}_0::schedule, "{name}", {{{", ".join(loaded)}}}, {braced(extents)});'


@pytest.mark.skipif(compiler() is None, reason="no compiler")
def test_emitted_cpp_compiles_and_computes_the_same(tmp_path):
    texts = [
        namespaced(each, f"p_{name}_{place}") for name in MADE for place, each in enumerate(schedules(name))
    ]
    asked = Directive("", 0, AUTOSCHEDULE, ("Adams2019", '{"parallelism": 2, "beam_size": 4}'))
    foreign = Schedule("p", "ab", TARGET, (SIZE,), Candidate((asked,)))
    texts.append(namespaced(foreign, "asked"))
    runs = "\n".join(run_of(name, tmp_path) for name in RUN)
    (tmp_path / "all.cpp").write_text(MAIN % ("\n".join(texts), runs))
    halide = Path(hl.install_dir())
    libraries = next(path.parent for path in halide.glob("lib*/libHalide.so"))
    command = ["g++", "-std=c++17", "-O0", "-Wall", "-Wextra", "-isystem", str(halide / "include")]
    command += ["all.cpp", "-o", "all", "-L", str(libraries), "-lHalide", f"-Wl,-rpath,{libraries}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(["./all"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for name in RUN:
        wanted = realized(*MADE[name]())
        found = np.fromfile(tmp_path / f"{name}.out", wanted.dtype).reshape(wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize("name", ["case_build", "pipe"])
def test_an_autoscheduler_is_emitted_as_what_it_chose(name):
    output, inputs, extents = MADE[name]()
    made = autoschedule(output, inputs, extents, threads=2).schedule
    assert AUTOSCHEDULE not in {each.method for each in made.candidate.directives}
    fresh = MADE[name]()
    emitted(made)(hl.Pipeline(fresh[0]), hl.get_host_target())
    assert scheduled(fresh) == scheduled((output,))
    np.testing.assert_allclose(realized(*fresh), realized(*MADE[name]()), rtol=1e-5)


def test_an_emitted_autoscheduler_finds_its_plugin_and_names_what_it_needs():
    asked = Directive("", 0, AUTOSCHEDULE, ("Mullapudi2016", '{"parallelism": 2}'))
    text = to_python(Schedule("p", "ab", TARGET, (SIZE,), Candidate((asked,))))
    assert "# Estimates of all inputs and outputs must be set before, such as" in text
    names, built = {}, checked(*MADE["pipe"]())
    exec(compile(text, "emitted", "exec"), names)
    names["schedule"](built.pipeline, hl.get_host_target())
    assert any(func.is_scheduled for func in parse(hl.serialize_pipeline(built.pipeline)).funcs.values())


def test_an_emitted_schedule_takes_effect_on_what_was_compiled_before():
    output, inputs, extents = MADE["case_build"]()
    pipeline = hl.Pipeline(output)
    inputs[0][0].set(hl.Buffer(inputs[0][1]))
    pipeline.realize(extents)
    whole = Candidate((Directive("out", 0, "split", ("x", "xo", "xi", 16, "RoundUp")),))
    emitted(Schedule.of("p", checked(*MADE["case_build"]()).graph, whole, TARGET, [SIZE]))(pipeline, None)
    with pytest.raises(hl.HalideError, match="beyond the max"):
        pipeline.realize(hl.Buffer(np.zeros((20, 20), np.float32)))
