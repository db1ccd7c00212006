"""Schedules that strangers wrote: refused by rule, emitted as source that holds no text but in literals."""

import ast
import copy
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfpred.errors import InputError
from perfpred.halide import to_cpp, to_python
from perfpred.halide.measure.profiling import parse_size
from perfpred.halide.measure.schedules_file import read_schedules
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule, load_schedule
from perfpred.halide.schedule.literals import comment_text, cpp_text, python_text
from perfpred.halide.schedule.loop_names import FuncNames

CASES = Path(__file__).parents[1] / "data" / "cases"
GOOD = json.loads((CASES / "files-15-schedule-file" / "blur.json").read_text())
CALLS = {"args", "rvars", "get_func", "update", "Var", "RVar", "load_plugin", "apply_autoscheduler"}
CALLS |= {"AutoschedulerParams", "split", "fuse", "rename", "reorder", "vectorize", "unroll", "parallel"}
CALLS |= {"serial", "atomic", "compute_root", "compute_inline", "compute_at", "store_root", "store_at"}
CALLS |= {"store_in", "reorder_storage", "fold_storage", "align_storage", "invalidate_cache"}
HOSTILE = [
    'q"), __import__("os").system("x"), hl.Var("z',
    '"""\nimport os\n"""',
    "x\n#include <cstdlib>\nint z = system(0);//",
    "x\\\nint z;",
    "*/ int z; /*",
    "??/\nint z;",
    "Auto; system(0)",
    "a b",
    "größe",
    "\x1b]0;x\x07",
    "../../etc",
    "x" * 5000,
    "",
]


def changed(path, value):
    """The good schedule with what lies at a path replaced, or removed for an Ellipsis."""
    document = copy.deepcopy(GOOD)
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def calls_of(source):
    """The names of what a Python text calls; it must parse."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, ast.ImportFrom | ast.Lambda | ast.Global)
        if isinstance(node, ast.Import):
            assert [each.name for each in node.names] == ["halide"]
        if isinstance(node, ast.Call):
            found.add(node.func.attr if isinstance(node.func, ast.Attribute) else ast.dump(node.func))
    return found


def code_of(source):
    """A C++ text without its strings and line comments."""
    return re.sub(r'"(?:[^"\\\n]|\\[0-7]{3})*"', '""', re.sub(r"^//.*$", "//", source, count=1, flags=re.M))


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            "files-02-emit-injection/inj1.json",
            "algorithm must be a hash of 1 to 64 hexadecimal digits, but is",
        ),
        ("files-02-emit-injection/inj2.json", r"directives\[0\]: .* is no name of a loop or Func"),
        ("files-02-emit-injection/inj3.json", "algorithm must be a hash"),
        (
            "files-15-schedule-file/abort.json",
            r"directives\[0\]: .*parallelism of Adams2019 must be a whole number in 1\.\.65536",
        ),
        ("files-15-schedule-file/target.json", "target must be a Halide target such as .* but is 'hexagon'"),
        ("files-15-schedule-file/unknown_loop.json", r"directives\[0\], .*: blur_y has no loop 'q' there"),
    ],
)
def test_a_strangers_schedule_is_refused_by_rule(case, message):
    path = CASES / case
    with pytest.raises(InputError, match=f"{re.escape(path.name)}: {message}") as caught:
        load_schedule(path)
    assert "\n" not in str(caught.value)


def test_a_good_one_is_read_and_emitted():
    schedule = load_schedule(CASES / "files-15-schedule-file" / "blur.json")
    assert schedule.is_foreign and schedule.to_json() == GOOD
    assert calls_of(to_python(schedule)) <= CALLS
    assert code_of(to_cpp(schedule)).count("{") == code_of(to_cpp(schedule)).count("}")


TEXTS = [
    ("pipeline",),
    ("algorithm",),
    ("target",),
    ("source",),
    ("directives", 0, 0),
    ("directives", 0, 2),
    ("directives", 0, 4),
    ("directives", 0, 7),
    ("directives", 14, 3),
    ("funcs", "blur_y", "args", 1),
    ("funcs", "blur_y", "rvars"),
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("text", HOSTILE)
def test_every_text_is_checked(path, text):
    if (path[0], text) in (("pipeline", "größe"), ("source", "a b")):  # both may be, and stand in no source
        return
    with pytest.raises(InputError):
        Schedule.from_json(changed(path, text))


NUMBERS = [True, 1.5, -1, 10**400, float("nan"), "1", None, [], {}]


@pytest.mark.parametrize(
    "path", [("sizes", 0, 0), ("sizes", 0), ("sizes",), ("directives", 0, 6), ("directives", 0, 1)], ids=str
)
@pytest.mark.parametrize("value", NUMBERS, ids=repr)
def test_every_number_is_checked(path, value):
    with pytest.raises(InputError):
        Schedule.from_json(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("sizes",), [], "sizes must be a list of 1 to 1000 sizes"),
        (("sizes",), [[128, 128], [128, 128]], "distinct sizes"),
        (("sizes", 0), [1 << 20, 1 << 20], "at most 2147483647 elements"),
        (("expected_s",), 0, "expected_s must be a number of seconds > 0"),
        (("expected_s",), "fast", "expected_s must be"),
        (("others",), {"a": 1}, "others must be a list"),
        (("others",), [{"source": "own", "directives": [], "expected_s": -1}], r"others\[0\]: expected_s"),
        (("funcs", "blur_y", "index"), -1, r"funcs\.blur_y: index must be a whole number"),
        (("funcs", "blur_y", "args"), ["x", "x"], r"funcs\.blur_y: args must be distinct names"),
        (("funcs",), [], "funcs must be a JSON object"),
        (("funcs",), ..., "funcs missing"),
        (("funcs", "blur_y"), ..., "'blur_y' is none of the Funcs"),
        (("directives",), "x", "a list of 'directives'"),
        (("directives", 1), ["blur_y", 0, "split", "y", "a", "b", 8], "blur_y has no loop 'y' there"),
        (("directives", 1), ["blur_y", 0, "split", "x", "yi", "b", 8], "has a loop 'yi' already"),
        (("directives", 1), ["blur_y", 0, "split", "x", "a", "a", 8], "its loops must be distinct"),
        (("directives", 1), ["blur_y", 1, "vectorize", "x"], "blur_y has no update 0"),
        (("directives", 13), ["blur_x", 0, "compute_at", "blur_y", "y"], "blur_y has no loop 'y'"),
        (("directives", 1), ["blur_y", 0, "autoschedule", "Adams2019", "{}"], "about the whole pipeline"),
        (("directives", 1), ["", 0, "autoschedule", "Adams2020", "{}"], "unknown autoscheduler 'Adams2020'"),
        (("directives", 1), ["", 0, "autoschedule", "Adams2019", "{"], "must be JSON"),
        (("directives", 1), ["", 0, "autoschedule", "Adams2019", '{"beam_size": true}'], "whole number"),
        (("directives", 1), ["", 0, "autoschedule", "Adams2019", '{"weights_path": "a\\"b"}'], "a path"),
        (("target",), "x86-64-linux-avx2;x", "target must be a Halide target"),
        (("target",), "x86-64", "target must be a Halide target"),
        (("format",), 2, "not a schedule of format 1"),
    ],
)
def test_what_does_not_fit_together_is_said(path, value, message):
    with pytest.raises(InputError, match=message):
        Schedule.from_json(changed(path, value))


def test_python_made_ones_obey_as_well():
    with pytest.raises(InputError, match="no name of a loop or Func"):
        Directive("f", 0, "vectorize", ('x")',))
    with pytest.raises(InputError, match="source must be a word"):
        Candidate((), "a\nb")
    with pytest.raises(InputError, match="args"):
        FuncNames(0, ('x"',), ())
    with pytest.raises(InputError, match="algorithm"):
        Schedule("blur", "x\ny", "x86-64-linux", ((8, 8),), Candidate(()))


def forged(kind, **fields):
    """An object whose checks were passed by."""
    made = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def forged_schedule(text, number):
    loop, update = text, (text, 1)
    directives = [
        ("f", 0, "split", ("x", loop, "xi", number, "Auto")),
        ("f", 0, "vectorize", (loop,)),
        ("f", 1, "rename", ("r", text + "r")),
        (text, 0, "compute_at", ("f", loop)),
        ("f", 0, "store_in", ("Stack",)),
    ]
    made = [
        forged(Directive, func=func, stage=stage, method=method, args=args)
        for func, stage, method, args in directives
    ]
    names = forged(FuncNames, index=0, args=("x", "y"), rvars=(("r",),))
    other = forged(FuncNames, index=1, args=update[:1], rvars=())
    texts = {"pipeline": text, "algorithm": text, "target": text, "sizes": ((8, 8),), "expected_s": None}
    candidate = forged(Candidate, directives=tuple(made), source=text, plan=None)
    return forged(Schedule, **texts, candidate=candidate, funcs={"f": names, text: other}, others=())


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)).filter(lambda text: text not in ("f", "x")))
def test_what_passed_every_check_by_stays_in_literals(text):
    schedule = forged_schedule(text, 8)
    assert calls_of(to_python(schedule)) <= CALLS
    source = to_cpp(schedule)
    assert re.fullmatch(r"[A-Za-z0-9_\s.,:;(){}\[\]<>&#/\"=-]*", code_of(source)), code_of(source)
    lines = source.splitlines()
    assert lines[0].startswith("// Schedule of ") and not lines[0].endswith("\\")
    assert lines[1] == '#include "Halide.h"'


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_literals_are_what_they_stand_for(text):
    assert ast.literal_eval(python_text(text)) == text
    inside = re.fullmatch(r'"((?:[A-Za-z0-9_ .,:;()+=/@-]|\\[0-7]{3})*)"', cpp_text(text))[1]
    parts = re.findall(r"\\([0-7]{3})|(.)", inside)
    data = bytes(int(octal, 8) if octal else ord(char) for octal, char in parts)
    assert data == text.encode("utf-8", "replace")
    assert not set(comment_text(text)) & set("\n\r\\\"'*?\u2028\x00")


def test_names_of_loops_that_look_alike_stay_apart():
    funcs = {
        "a": FuncNames(0, ("b_c", "if"), ()),
        "a_b": FuncNames(1, ("c", "hl"), ()),
        "hl": FuncNames(2, ("x",), ()),
    }
    split = Directive("hl", 0, "split", ("x", "x", "xi", 8))
    schedule = Schedule("p", "ab", "x86-64-linux", ((8, 8),), Candidate((split,)), funcs)
    text = to_python(schedule)
    assigned = [line.split(" = ")[0].strip() for line in text.splitlines() if " = " in line]
    assert len(set(assigned)) == len(assigned) and "hl" not in assigned
    assert "f2_hl.split(f2_hl_x, f2_hl_x_2, f2_hl_xi, 8)" in text and 'f2_hl_x_2 = hl.Var("x")' in text
    assert "f2_hl.split(f2_hl_x, f2_hl_x_2, f2_hl_xi, 8);" in to_cpp(schedule)
    assert "f0_" not in text  # what no directive names is not looked up


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "not a schedule of format 1"),
        (b"1" * 5000, "not a schedule of format 1"),
        (b'{"format": NaN}', "NaN is no number"),
    ],
)
def test_what_is_no_document(tmp_path, content, message):
    path = tmp_path / "s.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_schedule(path)


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        ([], "schedules must be a JSON object"),
        ({"s1": 5}, "schedules.'s1': a candidate must be a JSON object"),
        ({"s1": {"directives": []}}, "its key must be the hash of its directives"),
        ({"s1": {"directives": [["f", 0, "vectorize", 'x"']]}}, r"schedules.'s1': directives\[0\]"),
        (
            {"s1": {"directives": [], "origin": '{"f": {"stages": []}}'}},
            "a Func of a plan must have 'compute'",
        ),
        ({"s1": {"directives": [], "origin": "["}}, "a plan must be JSON"),
        ({"s1": {"directives": [], "source": "\x1b[0m"}}, "source must be a word"),
    ],
)
def test_schedules_beside_a_profile(tmp_path, schedules, message):
    (tmp_path / "p.schedules.json").write_text(json.dumps({"pipeline": "p", "schedules": schedules}))
    with pytest.raises(InputError, match=message):
        read_schedules(tmp_path / "p.csv")


@pytest.mark.parametrize("text", ["٣x٣", "²x²", "1x1\n", "9" * 5000 + "x1", "2147483647x2", "x", "-1x1"])
def test_sizes_are_plain_numbers(text):
    with pytest.raises(InputError, match="size must be"):
        parse_size(text)


def test_a_factor_at_its_limit_has_neighbours():
    from perfpred.halide.space.loop_nests import rescaled

    whole = Candidate((Directive("f", 0, "split", ("x", "xo", "xi", 1 << 20)),), "li2018")
    near = rescaled(whole, 4, np.random.default_rng(0))
    assert {each.directives[0].args[3] for each in near} == {1 << 19}
