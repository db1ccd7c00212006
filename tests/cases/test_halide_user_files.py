"""Files of the user's are loaded as Python loads them, and what they do is said in a sentence."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.errors import InputError
from perfpred.halide.measure.workers import HalideWorkers
from perfpred.halide.pipeline.build import build
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.sandbox.forking import ForkLimits
from perfpred.user_files import UserFile

CASE = Path(__file__).parents[1] / "data" / "cases" / "halide-22-user-files"
PIPELINE = """
import halide as hl
import numpy as np
def f(width, height):
    x, y = hl.Var("x"), hl.Var("y")
    im = hl.ImageParam(hl.Float(32), 2, "im"); out = hl.Func("out"); out[x, y] = im[x, y] * GAIN
    return out, [(im, np.ones((height, width), np.float32))], [width, height]
"""


@pytest.fixture(scope="module")
def workers():
    with HalideWorkers(ForkLimits(20.0), workers=1) as workers:
        yield workers


def said(workers, path, function="f"):
    """What is said of a file, in one line, or None if it is taken."""
    try:
        workers.describe(Workload(PipelineRef.of(f"{path}:{function}"), (64, 48)))
    except InputError as error:
        assert "\n" not in str(error)
        return str(error)
    return None


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("dc.py", None),
        ("sib.py", None),
        ("exit.py", "{path} cannot be loaded: it ends the program, saying: set CAMERA first"),
        ("abort.py", "{path}:f at 64x48: process ended with code -6 (Aborted)"),
        ("inp.py", "{path} cannot be loaded: it asks for input, of which there is none here (EOF when "),
    ],
)
def test_the_cases(workers, tmp_path, monkeypatch, file, wanted):
    monkeypatch.chdir(tmp_path)  # from another folder
    path = shutil.copytree(CASE, tmp_path / "files") / file
    found = said(workers, path)
    assert found == wanted or found.startswith(wanted.format(path=path))


SAYING = {
    "1/0": "cannot be loaded: ZeroDivisionError: division by zero (line 1)",
    "def g(:": "SyntaxError: invalid syntax (pipe.py, line 1)",
    "raise ValueError('two\\n  lines\\n')": "ValueError: two lines (line 1)",
    "import broken": "SyntaxError: '(' was never closed (broken.py, line 1)",
    "import nobody": "ModuleNotFoundError: No module named 'nobody' (line 1)",
    "from . import good": "ImportError: attempted relative import with no known parent package (line 1)",
    "import sys; sys.exit()": "it ends the program with code 0",
    "import sys; sys.exit(3)": "it ends the program with code 3",
    "import sys; sys.exit({1: 2})": "it ends the program, saying: {1: 2}",
    "quit('bye')": "it ends the program, saying: bye",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "import sys; sys.stdin.read(); input()": "it asks for input, of which there is none here",
    "import argparse; p = argparse.ArgumentParser(); p.add_argument('size'); p.parse_args()": (
        "it ends the program with code 2, saying: usage: pipe.py [-h] size pipe.py: error: the following "
        "arguments are required: size"
    ),
    "import pytest; pytest.skip('x', allow_module_level=True)": "Skipped",
    "import os; os._exit(0)": "process ended with code 0",
    "import os; os._exit(7)": "process ended with code 7",
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": "process ended with code -11 (Segmentation f",
    "raise Exception('\\x1b[31m' + 'x' * 9)": "cannot be loaded: Exception: ",
    "f = 3": "holds no function or generator f",
    "def f(w, h): raise SystemExit('no size')": "fails at 64x48: it ends the program, saying: no size",
    "def f(w, h): return input()": "fails at 64x48: it asks for input",
    "def f(w, h): return w / 0": "fails at 64x48: ZeroDivisionError: division by zero (line 1)",
    "def f(w, h): return 5": "must return (output, inputs, output_extents), but returned int",
}


@pytest.mark.parametrize("text", SAYING)
def test_what_goes_wrong_is_said(workers, tmp_path, text):
    (tmp_path / "broken.py").write_text("(")
    (tmp_path / "good.py").write_text("")
    path = tmp_path / "pipe.py"
    path.write_text(text)
    found = said(workers, path)
    assert found is not None and str(path) in found and SAYING[text] in found, found


TAKEN = {
    "printing": "print('a\\nb' * 1000); import sys; print('{}', file=sys.stderr); sys.stdout.flush()",
    "raw output": 'import os; os.write(1, b\'{"status": "ok"}\\n\')',
    "warnings": "import warnings; warnings.warn('old', DeprecationWarning)",
    "argparse": "import argparse; p = argparse.ArgumentParser(); p.add_argument('--n'); p.parse_args()",
    "main": "if __name__ == '__main__': raise SystemExit('run')",
    "own path": "import sys; sys.path.append(str(__import__('pathlib').Path(__file__).parent / 'deep'));"
    "import deeper",
    "own folder": "import os; assert os.path.exists(os.path.join(os.path.dirname(__file__), 'good.py'))",
    "thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
    "package": "import package.inner; from package.inner import K",
    "names of Python's": "import queue, good; assert queue.Queue",
    "types": "import typing, dataclasses, enum, pickle\n"
    "class P(typing.NamedTuple):\n    a: 'int' = 1\n"
    "class E(enum.Enum):\n    A = 1\n"
    "assert typing.get_type_hints(P) == {'a': int} and pickle.loads(pickle.dumps(E.A)) is E.A",
    "matplotlib": "try:\n    import matplotlib.pyplot\nexcept ImportError: pass",
    "encoding": "# -*- coding: latin-1 -*-\nname = '\u00e4'",
    "exit hook": "import atexit, sys; atexit.register(sys.exit, 'bye')",
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_does_no_harm(workers, tmp_path, what):
    (tmp_path / "good.py").write_text("K = 1")
    for folder, file in (("deep", "deeper.py"), ("package", "inner.py")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text("K = 1")
    path = tmp_path / "pipe.py"
    path.write_bytes(f"{TAKEN[what]}\nGAIN = 2{PIPELINE}".encode("latin-1"))
    assert said(workers, path) is None


def test_files_in_the_folder_do_not_stand_in_for_pythons_own(tmp_path, monkeypatch):
    for name in ("random", "queue", "numpy", "halide", "json", "perfpred"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError")
    path = tmp_path / "pipe.py"
    path.write_text(f"GAIN = 2{PIPELINE}")
    monkeypatch.chdir(tmp_path)
    with HalideWorkers(ForkLimits(20.0), workers=1) as workers:
        assert said(workers, path) is None


def test_a_file_that_never_ends_is_ended(tmp_path):
    path = tmp_path / "pipe.py"
    path.write_text("while True: pass")
    with HalideWorkers(ForkLimits(1.0), workers=1) as workers:
        assert said(workers, path) == f"{path}:f at 64x48: not done within 1 s"


def gain(source):
    """What a file's pipeline makes of ones."""
    import halide as hl

    built = build(source, (8, 8))
    for parameter, example in built.inputs:
        parameter.set(hl.Buffer(example))
    return float(np.array(built.pipeline.realize([8, 8]))[0, 0])


def test_what_was_changed_since_counts(tmp_path):
    path, beside = tmp_path / "pipe.py", tmp_path / "beside_changed.py"
    source = PipelineRef("f", f"{path}:f")
    beside.write_text("K = 1")
    for number in (2, 3, 4):  # within one second, and of one length
        path.write_text(f"from beside_changed import K\nGAIN = {number} * K{PIPELINE}")
        assert gain(source) == number
    for number in (5, 6):
        beside.write_text(f"K = {number}")
        assert gain(source) == 4 * number
    assert not (tmp_path / "__pycache__").exists()


def test_files_have_neighbours_of_their_own(tmp_path):
    sources = []
    for place, number in (("one", 2), ("two", 3)):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "helpers_of_it.py").write_text(f"K = {number}")
        (folder / "lazy_of_it.py").write_text(f"K = 10 * {number}")
        (folder / "pipe.py").write_text(
            f"import helpers_of_it{PIPELINE.replace('GAIN', '(helpers_of_it.K + lazy())')}\n"
            "def lazy():\n    import lazy_of_it\n    return lazy_of_it.K\n"
        )
        sources.append(PipelineRef("f", f"{folder / 'pipe.py'}:f"))
    functions = [function_of(each) for each in sources]
    assert [gain(each) for each in (*sources, *sources)] == [22, 33, 22, 33]
    for function in (*functions, *functions):
        function(8, 8)
    assert not {"helpers_of_it", "lazy_of_it"} & sys.modules.keys()


def test_the_process_stays_as_it_was(tmp_path, monkeypatch):
    ambient = importlib.util.module_from_spec(importlib.util.spec_from_loader("beside_own", None))
    monkeypatch.setitem(sys.modules, "beside_own", ambient)
    (tmp_path / "unlike.py").write_text("K = 7")
    (tmp_path / "json.py").write_text("raise AssertionError('Python has one, which is loaded')")
    path = tmp_path / "pipe.py"
    path.write_text(f"import sys, json, unlike\nsys.path.append('/nowhere')\nGAIN = unlike.K{PIPELINE}")
    before = (sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode)
    assert gain(PipelineRef("f", f"{path}:f")) == 7
    path.write_text("1/0")
    with pytest.raises(InputError, match=r"\(line 1\)"):
        UserFile(path)
    assert (sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode) == before
    assert sys.modules["beside_own"] is ambient and "unlike" not in sys.modules


def test_a_module_of_another_folder_does_not_stand_in(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "shared_name.py").write_text("K = 1")
    (tmp_path / "b" / "shared_name.py").write_text("K = 9")
    path = tmp_path / "b" / "pipe.py"
    path.write_text(f"import shared_name\nGAIN = shared_name.K{PIPELINE}")
    sys.path.insert(0, str(tmp_path / "a"))
    try:
        import shared_name

        assert gain(PipelineRef("f", f"{path}:f")) == 9
        assert sys.modules["shared_name"] is shared_name and shared_name.K == 1
    finally:
        sys.path.remove(str(tmp_path / "a"))
        sys.modules.pop("shared_name", None)


@pytest.mark.parametrize("name", ["pipe.ipynb", "pipe", "pipe.txt"])
def test_what_is_no_python_file(tmp_path, name):
    path = tmp_path / name
    path.write_text("{}")
    with pytest.raises(InputError, match="must be a Python file"):
        function_of(PipelineRef.of(f"{path}:f"))
