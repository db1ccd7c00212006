"""Which plans are schedules: each rule, with the plan that breaks it alone; and what stands in documents."""

import json
from dataclasses import replace

import numpy as np
import pytest

from perfpred.errors import InputError
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.index import Index
from perfpred.halide.graph.model import Access, Func, Graph, Input, Loop, Stage
from perfpred.halide.schedule.candidate import Candidate, Directive, distinct
from perfpred.halide.schedule.plan import ROOT, FuncPlan, LoopPlan, Plan, dimension
from perfpred.halide.schedule.rules import is_finite, mapping, require_size, settings, shown
from perfpred.halide.space.lower import lower
from perfpred.halide.space.rules import code_size, levels, problem, users
from perfpred.halide.space.template import FourKnobs
from perfpred.hardware import Machine, Site

from .graphs import blur, func, summed

PLAIN = LoopPlan(inner=("x", "y"))
TILED = LoopPlan(inner=("x", "y"), outer=("x", "y"), tiles=(("x", 16), ("y", 8)))
ROWS = LoopPlan(inner=("x",), outer=("y",))


def plan(rows=None, **blurred):
    """A plan of a blur: of its output, and of its rows if they are not inlined."""
    output = FuncPlan((replace(PLAIN, **blurred),))
    return Plan({"blurred": output} if rows is None else {"rows": rows, "blurred": output})


def at(compute, store="", loops=PLAIN, root="blurred"):
    return FuncPlan((loops,), root, compute, store)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (plan(), None),
        (plan(FuncPlan((PLAIN,))), None),
        (plan(vector="x", lanes=8), None),
        (Plan({"other": FuncPlan((PLAIN,)), **plan().funcs}), "there is no Func other"),
        (Plan({}), "the output blurred needs loops"),
        (Plan({"blurred": FuncPlan((PLAIN, PLAIN))}), "blurred: 1 stages need as many plans, but got 2"),
        (plan(inner=("x",)), "blurred: each dimension needs a loop inside, and a tiled one another outside"),
        (plan(inner=("x", "y", "y")), "blurred: each dimension needs a loop inside"),
        (plan(tiles=(("x", 16),)), "blurred: each dimension needs a loop inside, and a tiled one another"),
        (plan(blocks=(("x", 1 << 21),)), "blurred: a factor of 2097152 is larger than 1048576"),
        (plan(blocks=(("x", 128),)), "blurred: 128 copies of a statement are more than 64"),
        (plan(vector="x", lanes=1), r"blurred: lanes must be in 2..128, but are 1"),
        (plan(vector="x", lanes=256), r"blurred: lanes must be in 2..128, but are 256"),
        (plan(vector="z", lanes=8), "blurred: a vector's block must be whole vectors"),
        (plan(vector="x", lanes=8, blocks=(("x", 12),)), "blurred: a vector's block must be whole vectors"),
        (plan(unrolled=("x",)), "blurred: loop x cannot be unrolled whole, as its extent is not a constant"),
        (
            plan(outer=("x", "y"), tiles=(("x", 16), ("y", 8)), blocks=(("y", 3),)),
            "blurred: tiles of 8 are not whole blocks of 3",
        ),
        (plan(at("y"), outer=("y",), inner=("x",)), None),
        (plan(at("z")), "rows: blurred has no loop z around all that reads it"),
        (plan(at("y", root="image")), "rows: image is not computed whole"),
        (Plan({"blurred": FuncPlan((PLAIN,), "blurred", "x")}), "blurred: an output is computed whole"),
        (plan(at("y", ROOT), outer=("y",), inner=("x",)), None),
        (
            plan(at("y", ROOT), outer=("y",), inner=("x",), parallel=True),
            "rows: it can be stored whole if it is computed in a serial outermost loop",
        ),
        (
            plan(at("y", ROOT, replace(PLAIN, vector="y", lanes=4)), outer=("y",), inner=("x",)),
            "rows: y moves with the window and must not be cut",
        ),
        (
            plan(at("x", "x"), outer=("y",), inner=("x",)),
            "rows: it must be stored one loop further out than it is computed, at x",
        ),
    ],
)
def test_what_breaks_a_rule_is_named_with_it(made, reason):
    found = problem(made, blur())
    assert (found or "").startswith(reason or "") and (found is None) == (reason is None)


def reduced(pure=False, operations=1.0, constant=True):
    """An output that sums an image along r, in order unless `pure`."""
    update = summed("image")
    loops = tuple(
        replace(loop, pure=pure, constant=constant) if loop.name == "r" else loop for loop in update.loops
    )
    made = func("out", updates=(replace(update, loops=loops, operations=operations),))
    return Graph("abc", (made,), (Input("image", (64.0, 32.0), 4),), ("out",))


UPDATE = LoopPlan(inner=("r", "x", "y"))


@pytest.mark.parametrize(
    ("update", "graph", "reason"),
    [
        (UPDATE, reduced(), None),
        (replace(UPDATE, unrolled=("r",)), reduced(), None),
        (
            replace(UPDATE, unrolled=("r",)),
            reduced(constant=False),
            "out: loop r cannot be unrolled whole, as its extent is not a constant",
        ),
        (
            replace(UPDATE, vector="r", lanes=4),
            reduced(),
            "out: an ordered reduction can neither be a vector",
        ),
        (replace(UPDATE, blocks=(("r", 2),)), reduced(), "out: an ordered reduction can neither be a vector"),
        (replace(UPDATE, vector="r", lanes=4), reduced(pure=True), None),
        (
            replace(UPDATE, inner=("x", "y", "r"), parallel=True),
            reduced(),
            "out: an ordered reduction cannot be parallel",
        ),
        (replace(UPDATE, outer=("r",), tiles=(("r", 4),)), reduced(), None),
        (
            replace(UPDATE, outer=("r",), tiles=(("r", 4),), unrolled=("r",)),
            reduced(),
            "out: of ordered reductions the outermost alone can be cut",
        ),
        (
            replace(UPDATE, blocks=(("x", 8),)),
            reduced(operations=100.0),
            "out has a statement of 800 operations, more than 500",
        ),
        (
            replace(UPDATE, blocks=(("x", 8),), unrolled=("r",)),
            reduced(operations=100.0),
            "6500 operations in all, with their copies, are more than 4000",
        ),
    ],
)
def test_rules_of_reductions(update, graph, reason):
    found = problem(Plan({"out": FuncPlan((PLAIN, update))}), graph)
    assert (found or "").startswith(reason or "") and (found is None) == (reason is None)


def chain(*operations, updates=(), unbounded=False):
    """Funcs that read each other at one point, the last of which is the output."""
    funcs = []
    for place, count in enumerate(operations):
        source = f"f{place - 1}" if place else "image"
        more = updates if place == 0 else ()
        made = func(f"f{place}", [(source, 0, 0, False)], operations=count, updates=more, order=place)
        funcs.append(replace(made, unbounded=unbounded and place == 0))
    return Graph("abc", tuple(funcs), (Input("image", (64.0, 32.0), 4),), (funcs[-1].key,))


def test_what_must_be_inlined_or_must_not():
    whole = FuncPlan((PLAIN,))
    graph = chain(1.0, 1.0, unbounded=True)
    assert problem(Plan({"f0": whole, "f1": whole}), graph) == (
        "f0 is read without bounds that Halide could find, so it must be inlined"
    )
    assert problem(Plan({"f1": whole}), graph) is None
    updated = chain(1.0, 1.0, updates=(summed("image"),))
    assert problem(Plan({"f1": whole}), updated) == "f0 has updates and needs loops of its own"
    heavy = chain(1000.0, 1000.0, 1.0)
    assert problem(Plan({"f2": whole}), heavy) == "f2 computes 2001 operations a point after inlining"
    assert problem(Plan({"f1": whole, "f2": whole}), heavy) is None  # not twice its own


def test_a_scan_cannot_slide():
    scan = Stage((Loop("r", 32.0, False, False), Loop("x", 64.0, True, False)), ("r",), 1.0, ())
    graph = chain(1.0, 1.0, updates=(scan,))
    stages = (PLAIN, LoopPlan(inner=("r", "x")))
    made = {"f0": FuncPlan(stages, "f1", "y", ROOT), "f1": FuncPlan((ROWS,))}
    assert problem(Plan(made), graph) == "f0: a scan cannot slide"


def test_who_reads_a_func_through_inlined_ones_and_where_it_may_be_computed():
    graph, whole = chain(1.0, 1.0, 1.0), FuncPlan((PLAIN,))
    funcs = {"f0": FuncPlan((PLAIN,), "f2", "x"), "f2": whole}
    assert users("f0", funcs, graph) == {"f2"}
    assert users("f0", {**funcs, "f1": whole}, graph) == {"f1"}
    assert levels("f0", "f2", Plan(funcs), graph) == ("y", "x")
    between = Plan({**funcs, "f1": FuncPlan((PLAIN,), "f2", "y")})
    assert levels("f0", "f2", between, graph) == ("y",)
    assert levels("f0", "f2", Plan({**funcs, "f1": whole}), graph) == ()
    read_by_both = replace(graph, funcs=(*graph.funcs[:2], _with_update(graph.funcs[2])))
    assert levels("f1", "f2", Plan(funcs), read_by_both) == ()  # its first definition reads it too
    assert levels("f0", "f2", Plan(funcs), read_by_both) == ()


def _with_update(made):
    return replace(made, stages=(*made.stages, Stage(made.stages[0].loops, (), 1.0, ())))


def test_code_grows_with_copies_and_clamped_edges():
    graph = blur()
    assert code_size(plan(), graph, {"blurred": 12.0}) == 4 * (12 + 4 * 3)  # rows are inlined, and clamped
    rows = {"rows": 3.0, "blurred": 3.0}
    assert code_size(plan(FuncPlan((PLAIN,))), graph, rows) == 4 * (3 + 4) + 3
    assert code_size(plan(FuncPlan((PLAIN,)), blocks=(("x", 4),)), graph, rows) == 4 * (3 + 4) + 4 * 3


def test_loops_of_a_plan():
    cut = replace(TILED, blocks=(("y", 4),), vector="x", lanes=8, unrolled=())
    assert cut.loops() == ("y_o", "x_o", "y_m", "x_m")
    assert (cut.unrolling, TILED.unrolling, TILED.loops()) == (4, 1, ("y_o", "x_o", "y_i", "x_i"))
    assert replace(cut, blocks=(("x", 32),)).unrolling == 4
    assert dimension("x_o", ("x", "y")) == "x" and dimension("z_o", ("x", "y")) == "z_o"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a plan must be JSON, but Expecting property name"),
        ("[" * 100_000, "a plan must be JSON, but maximum recursion depth"),
        ("[]", r"a plan must be a JSON object, but is \[\]"),
        ('{"a b": {}}', "a Func of a plan must be 1 to 200 letters"),
        ('{"f": {}}', "a Func of a plan must have 'compute', but it is missing"),
        ('{"f": {"stages": {}, "root": "", "compute": "", "store": ""}}', "stages must be a list"),
        ('{"f": {"stages": [], "root": 3, "compute": "", "store": ""}}', "root must be 1 to 200 letters"),
        (
            '{"f": {"stages": [], "root": "", "compute": "", "store": "", "x": 1}}',
            "a key of a Func of a plan must",
        ),
    ],
)
def test_what_is_no_plan_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        Plan.loads(text)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("parallel", 1, "parallel must be true or false, but is 1"),
        ("lanes", 0, r"lanes must be a whole number in 1\.\.1048576, but is 0"),
        ("tiles", [["x"]], "tiles must be a list of pairs of name and size"),
        ("tiles", [["x", 0]], r"tiles must be a whole number in 1\.\.1048576, but is 0"),
        ("inner", ["x", "x"], "inner must be distinct names"),
    ],
)
def test_what_is_no_stage_of_a_plan_is_refused(field, value, message):

    document = json.loads(plan().dumps())
    document["blurred"]["stages"][0][field] = value
    with pytest.raises(InputError, match=message):
        Plan.loads(json.dumps(document))


def test_a_plan_is_read_back_and_mutated_from_its_candidate():
    made = plan(at("y_o", "", PLAIN), outer=("y",), tiles=(("y", 8),))
    candidate = lower(made, blur())
    again = Candidate.from_json(candidate.to_json())
    assert again == candidate and again.plan == made
    assert again.of("rows")[-1].method == "compute_at"
    assert str(again).splitlines()[0] == str(candidate.directives[0])
    assert distinct([again, candidate]) == [candidate]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "a candidate must be a JSON object"),
        ({}, "a candidate must have a list of 'directives', but it is None"),
        ({"directives": [["f"]]}, r"directives\[0\]: \['f'\] is not a directive: it must be"),
        ({"directives": [], "origin": 3}, "origin must be the JSON text of a plan, but is 3"),
        (
            {"directives": [], "id": "s1"},
            r"id must be the hash of the directives, s[0-9a-f]{11}, but is 's1'",
        ),
        ({"directives": [], "source": "a\nb"}, "source must be a word of at most 64"),
    ],
)
def test_what_is_no_candidate_is_refused(document, message):
    with pytest.raises(InputError, match=message):
        Candidate.from_json(document)


def test_directives_of_python_are_checked_as_well():
    with pytest.raises(InputError, match="a schedule must be a list of directives, but is"):
        Candidate(("parallel",))
    assert str(Directive("f", 2, "split", ("x", "o", "i", 4))) == "f.update(1).split(x, o, i, 4)"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, True),
        (1.5, True),
        (True, False),
        (10**400, False),
        (float("nan"), False),
        ("1", False),
        (None, False),
    ],
)
def test_finite_numbers(value, expected):
    assert is_finite(value) is expected


def test_values_are_shown_shortly_and_objects_by_their_keys():
    assert shown(10**5000) == "a int too long to show"
    assert len(shown("x" * 1000)) < 70 and shown("\x1b[31m") == r"'\x1b[31m'"
    assert mapping({"a": 1, "b": 2}, "it", ("a",), ("b",)) == {"a": 1, "b": 2}
    with pytest.raises(InputError, match="it must be a JSON object, but is 3"):
        mapping(3, "it", ())
    with pytest.raises(InputError, match=r"a key of it must be one of a, but is 'c'"):
        mapping({"a": 1, "c": 2}, "it", ("a",))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "a pair of width and height"),
        ([0, 1], r"a whole number in 1\.\.2147483647, but is 0"),
        ([1 << 20, 1 << 20], "at most 2147483647 elements"),
        (["64", 48], "a whole number in"),
    ],
)
def test_sizes_that_are_none(value, message):
    with pytest.raises(InputError, match=message):
        require_size(value, "size")


@pytest.mark.parametrize(
    ("scheduler", "text", "message"),
    [
        (3, "{}", "the autoscheduler must be a name, but is 3"),
        ("Adams2019", "{", "parameters of 'Adams2019' must be JSON, but are '{'"),
        ("Adams2019", "[]", "parameters of 'Adams2019' must be a JSON object"),
        ("Adams2019", "[" * 4000, "parameters of 'Adams2019' must be JSON"),
        ("Adams2019", " " * 5000, "parameters of Adams2019 must be JSON of at most 4096 characters"),
    ],
)
def test_settings_that_are_none(scheduler, text, message):
    with pytest.raises(InputError, match=message):
        settings(scheduler, text)


def test_the_template_has_nothing_to_tile_in_one_dimension():
    line = Func("f", ("x",), 4, False, (64.0,), (Stage((Loop("x", 64.0, True, False),), (), 1.0, ()),), 0)
    assert FourKnobs(Graph("abc", (line,), (), ("f",))).candidates == []
    space = FourKnobs(blur((1024, 1024)))
    rng = np.random.default_rng(0)
    sample = space.sample(5, rng)
    assert len(set(sample)) == 5 and all(map(space.is_legal, sample))
    assert len(space.sample(10_000, rng)) == len(space.candidates)
    assert not space.is_legal(Candidate(()))


def test_a_machine_as_schedules_see_it():
    machine = Machine("cpu-6-1", "", "", 4, (0, 1), 1 << 30, {"L2": 1 << 21}, ("avx2", "fma"), "", "")
    found = Target.of(Site(machine, "avx512", 2))
    assert (found.vector_bytes, found.threads, found.l2_bytes) == (64, 2, 1 << 21)
    assert found.l1_bytes == Target.l1_bytes and found.l3_bytes == Target.l3_bytes
    assert Target.of(Site(machine, "neon", 1)).vector_bytes == Target.vector_bytes


def test_reads_of_anywhere_expose_a_func():
    read = Access("image", (None, Index((), 0, 0)), 1.0)
    graph = blur()
    rows = replace(graph.funcs[0], stages=(replace(graph.funcs[0].stages[0], accesses=(read,)),))
    assert replace(graph, funcs=(rows, graph.funcs[1])).exposed == {"rows", "blurred"}
    assert graph.exposed == frozenset()
