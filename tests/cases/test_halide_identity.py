"""Which pipelines are one algorithm, and whose compiled code is one: told apart where they differ, however
often they are built, and in whatever process."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
import halide as hl

from perfpred.halide.graph.identity import identity_of
from perfpred.halide.graph.names import func_keys, in_order
from perfpred.halide.graph.raw import parse
from perfpred.halide.pipeline.build import build, checked
from perfpred.halide.pipeline.code_key import code_key
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule, StaleScheduleError, load_schedule

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "data" / "cases"


def variables(names="x y c"):
    return [hl.Var(name) for name in names.split()]


def image(kind=None, dimensions=2, name="im"):
    return hl.ImageParam(kind or hl.Float(32), dimensions, name)


def point(make, kind=None):
    """A pipeline of one Func over one image."""

    def built():
        (x, y, _), im, out = variables(), image(kind), hl.Func("out")
        out[x, y] = make(im, x, y)
        return out

    return built


def reduced(make):
    def built():
        (x, y, _), im, out = variables(), image(), hl.Func("out")
        out[x, y] = make(im, x, y, hl.RDom([(0, 3)], "k"))
        return out

    return built


def argument_of_maximum(element):
    def make(im, x, y, k):
        return hl.argmax(k, hl.i32(im[x + k.x, y]))[element]

    return reduced(make)


def both(element):
    def built():
        (x, y, _), im, pair, out = variables(), image(hl.Int(32)), hl.Func("pair"), hl.Func("out")
        pair[x, y] = (im[x, y] * 2, im[x, y] + 1000)
        out[x, y] = pair[x, y][element] + 5
        return out

    return built


def updated(*stages):
    def built():
        (x, y, _), im, out = variables(), image(), hl.Func("out")
        k = hl.RDom([(0, 4), (0, 4)], "k")
        out[x, y] = im[x, y]
        for stage in stages:
            stage(out, im, x, y, k)
        return out

    return built


def where(limit):
    def stage(out, im, x, y, k):
        k.where(k.x < limit)
        out[x, y] += im[x + k.x, y + k.y]

    return updated(stage)


def bounded(say):
    def built():
        (x, y, c), im, out = variables(), image(hl.UInt(8), 3), hl.Func("out")
        out[x, y, c] = im[x, y, c] // 2
        say(out, im, x, y, c)
        return out

    return built


def nothing(out, im, x, y, c):
    pass


def table(values, name="lut", kind=np.uint8):
    def built():
        (x, y, _), im, out = variables(), image(hl.UInt(8)), hl.Func("out")
        lut = hl.Buffer(np.array(values, kind), name)
        out[x, y] = lut[hl.i32(im[x, y]) % len(values)]
        return out

    return built


def drawn(*makes):
    def built():
        (x, y, _), out = variables(), hl.Func("out")
        out[x, y] = sum((make() for make in makes[1:]), makes[0]())
        return out

    return built


def once_twice():
    (x, y, _), out, r = variables(), hl.Func("out"), hl.random_float()
    out[x, y] = r - 2 * r
    return out


def twice_apart():
    (x, y, _), out = variables(), hl.Func("out")
    out[x, y] = hl.random_float() - 2 * hl.random_float()
    return out


def two(swapped):
    def built():
        (x, y, _), a, b = variables(), hl.Func("a"), hl.Func("b")
        im = image()
        a[x, y], b[x, y] = im[x, y] + 1, im[x, y] * 2
        return hl.Pipeline([b, a] if swapped else [a, b])

    return built


def called(names, args="x y"):
    def built():
        x, y = variables(args)
        im, (middle, last) = image(), map(hl.Func, names.split())
        middle[x, y] = im[x, y] * 2
        last[x, y] = middle[x, y] + middle[x + 1, y]
        return last

    return built


def histogram(split):
    def built():
        x, u = variables("x u")
        im, hist, k = image(hl.UInt(8)), hl.Func("hist"), hl.RDom([(0, 16), (0, 16)], "k")
        hist[x] = 0
        hist[hl.i32(im[k.x, k.y])] += 1
        if split:
            hist.update().rfactor(k.y, u)
        return hist

    return built


def nameless(extra_params):
    def built():
        x, y = hl.Var(), hl.Var()
        for _ in range(extra_params):
            hl.Param(hl.Int(32))
        im, gain, out = hl.ImageParam(hl.Float(32), 2), hl.Param(hl.Float(32)), hl.Func()
        edged = hl.BoundaryConditions.repeat_edge(im)
        k = hl.RDom([(0, 3)])
        out[x, y] = hl.sum(edged[x + k.x, y]) * gain + hl.maximum(edged[x, y + k.x])
        return out

    return built


def of_two_images(make):
    def built():
        (x, y, _), a, b, out = variables(), image(name="a"), image(name="b"), hl.Func("out")
        out[x, y] = make(a, b, x, y)
        return out

    return built


def edge(kind, *value):
    def built():
        (x, y, _), im, out = variables(), image(), hl.Func("out")
        beyond = getattr(hl.BoundaryConditions, kind)(im, *map(hl.f32, value))
        out[x, y] = beyond[x - 1, y] + beyond[x, y - 1]
        return out

    return built


def once(out, im, x, y, k):
    out[x, 0] += 1.0


def double(out, im, x, y, k):
    out[x, 0] *= 2.0


def square(values, minima=None):
    def built():
        (x, y, _), im, out = variables(), image(hl.UInt(8)), hl.Func("out")
        numbers, place = hl.Buffer(np.array(values, np.float32), "numbers"), hl.i32(im[x, y]) % 2
        if minima:
            numbers.set_min([*minima])
        out[x, y] = numbers[place, place]
        return out

    return built


def scaled_by(kind):
    def built():
        (x, y, _), im, out = variables(), image(), hl.Func("out")
        out[x, y] = im[x, y] * hl.f32(hl.Param(kind, "factor"))
        return out

    return built


def shared(same):
    def built():
        (x, y, _), first, out = variables(), hl.Func("first"), hl.Func("out")
        number = hl.random_float()
        first[x, y] = number
        out[x, y] = first[x, y] - (number if same else hl.random_float())
        return out

    return built


APART = {
    "int": (point(lambda im, x, y: im[x, y] + im[x + 1, y]), point(lambda im, x, y: im[x, y] + im[x + 2, y])),
    "float": (point(lambda im, x, y: im[x, y] * 0.5), point(lambda im, x, y: im[x, y] * 0.25)),
    "last bit": (
        point(lambda im, x, y: im[x, y] * hl.f32(0.1)),
        point(lambda im, x, y: im[x, y] * hl.f32(float(np.nextafter(np.float32(0.1), np.float32(1))))),
    ),
    "large": (
        point(lambda im, x, y: im[x, y] ^ hl.u64((1 << 63) + 1), hl.UInt(64)),
        point(lambda im, x, y: im[x, y] ^ hl.u64((1 << 63) + 2), hl.UInt(64)),
    ),
    "type of input": (
        point(lambda im, x, y: im[x, y], hl.UInt(8)),
        point(lambda im, x, y: im[x, y], hl.Int(8)),
    ),
    "type of cast": (
        point(lambda im, x, y: hl.i32(hl.u8(im[x, y]))),
        point(lambda im, x, y: hl.i32(hl.i8(im[x, y]))),
    ),
    "width of cast": (
        point(lambda im, x, y: hl.i32(hl.i16(im[x, y]))),
        point(lambda im, x, y: hl.i32(hl.i8(im[x, y]))),
    ),
    "order of difference": (
        point(lambda im, x, y: im[x, y] - im[x + 1, y]),
        point(lambda im, x, y: im[x + 1, y] - im[x, y]),
    ),
    "order of division": (
        point(lambda im, x, y: im[x, y] / im[x + 1, y]),
        point(lambda im, x, y: im[x + 1, y] / im[x, y]),
    ),
    "order of comparison": (
        point(lambda im, x, y: im[x, y] < im[x + 1, y]),
        point(lambda im, x, y: im[x + 1, y] < im[x, y]),
    ),
    "order of select": (
        point(lambda im, x, y: hl.select(im[x, y] > 0, im[x, y], 1.0)),
        point(lambda im, x, y: hl.select(im[x, y] > 0, 1.0, im[x, y])),
    ),
    "order of indices": (point(lambda im, x, y: im[x, y]), point(lambda im, x, y: im[y, x])),
    "operation": (
        point(lambda im, x, y: hl.min(im[x, y], 1.0)),
        point(lambda im, x, y: hl.max(im[x, y], 1.0)),
    ),
    "strictness": (point(lambda im, x, y: im[x, y] < 1), point(lambda im, x, y: im[x, y] <= 1)),
    "function": (point(lambda im, x, y: hl.sin(im[x, y])), point(lambda im, x, y: hl.cos(im[x, y]))),
    "intrinsic": (
        point(lambda im, x, y: im[x, y] << hl.i32(1), hl.Int(32)),
        point(lambda im, x, y: im[x, y] >> hl.i32(1), hl.Int(32)),
    ),
    "which image": (
        of_two_images(lambda a, b, x, y: (a[x, y] + b[x, y]) * a[x, y]),
        of_two_images(lambda a, b, x, y: (a[x, y] + b[x, y]) * b[x, y]),
    ),
    "one image": (
        of_two_images(lambda a, b, x, y: a[x, y] * b[x, y]),
        of_two_images(lambda a, b, x, y: a[x, y] * a[x, y]),
    ),
    "width or height": (
        point(lambda im, x, y: im[x, y] / im.width()),
        point(lambda im, x, y: im[x, y] / im.height()),
    ),
    "text": (
        point(lambda im, x, y: hl.print(im[x, y], "one")),
        point(lambda im, x, y: hl.print(im[x, y], "two")),
    ),
    "element": (both(0), both(1)),
    "argmax": (argument_of_maximum(0), argument_of_maximum(1)),
    "reduction": (
        reduced(lambda im, x, y, k: hl.sum(im[x + k.x, y])),
        reduced(lambda im, x, y, k: hl.product(im[x + k.x, y])),
    ),
    "extent of reduction": (
        point(lambda im, x, y: hl.sum(im[x + hl.RDom([(0, 3)], "k").x, y])),
        point(lambda im, x, y: hl.sum(im[x + hl.RDom([(0, 4)], "k").x, y])),
    ),
    "first of reduction": (
        point(lambda im, x, y: hl.sum(im[x + hl.RDom([(0, 3)], "k").x, y])),
        point(lambda im, x, y: hl.sum(im[x + hl.RDom([(1, 3)], "k").x, y])),
    ),
    "predicate": (where(2), where(3)),
    "whether there is a predicate": (
        where(4),
        updated(lambda out, im, x, y, k: out.__setitem__((x, y), out[x, y] + im[x + k.x, y + k.y])),
    ),
    "where an update writes": (
        updated(lambda out, im, x, y, k: out.__setitem__((x, k.x), out[x, k.x] + im[x, k.y])),
        updated(lambda out, im, x, y, k: out.__setitem__((x, k.y), out[x, k.y] + im[x, k.y])),
    ),
    "loops of the reduction": (
        updated(lambda out, im, x, y, k: out.__setitem__((x, y), out[x, y] + im[x + k.x, y - k.y])),
        updated(lambda out, im, x, y, k: out.__setitem__((x, y), out[x, y] + im[x + k.y, y - k.x])),
    ),
    "bound": (bounded(nothing), bounded(lambda out, im, x, y, c: out.bound(c, 0, 3))),
    "extent of bound": (
        bounded(lambda out, im, x, y, c: out.bound(c, 0, 3)),
        bounded(lambda out, im, x, y, c: out.bound(c, 0, 4)),
    ),
    "minimum of bound": (
        bounded(lambda out, im, x, y, c: out.bound(c, 0, 3)),
        bounded(lambda out, im, x, y, c: out.bound(c, 1, 3)),
    ),
    "dimension of bound": (
        bounded(lambda out, im, x, y, c: out.bound(c, 0, 3)),
        bounded(lambda out, im, x, y, c: out.bound(y, 0, 3)),
    ),
    "extent alone": (
        bounded(lambda out, im, x, y, c: out.bound(c, 0, 3)),
        bounded(lambda out, im, x, y, c: out.bound_extent(c, 3)),
    ),
    "alignment": (bounded(nothing), bounded(lambda out, im, x, y, c: out.align_bounds(x, 8))),
    "remainder": (
        bounded(lambda out, im, x, y, c: out.align_bounds(x, 8)),
        bounded(lambda out, im, x, y, c: out.align_bounds(x, 8, 1)),
    ),
    "contents": (table([1, 2, 3]), table([1, 2, 4])),
    "order of contents": (table([1, 2, 3]), table([3, 2, 1])),
    "extent of contents": (table([1, 2, 3]), table([1, 2, 3, 4])),
    "type of contents": (table([1, 2, 3]), table([1, 2, 3], kind=np.int8)),
    "edge": (edge("repeat_edge"), edge("mirror_image")),
    "value beyond the edge": (edge("constant_exterior", 0.0), edge("constant_exterior", 1.0)),
    "order of updates": (updated(once, double), updated(double, once)),
    "number of updates": (updated(once), updated(once, once)),
    "minimum of contents": (square([[1, 2], [3, 4]]), square([[1, 2], [3, 4]], (0, -1))),
    "layout of contents": (square([[1, 2], [3, 4]]), square([[1, 3], [2, 4]])),
    "sign of zero in contents": (square([[0.0, 2], [3, 4]]), square([[-0.0, 2], [3, 4]])),
    "type of number": (scaled_by(hl.Int(32)), scaled_by(hl.UInt(32))),
    "saturation": (
        point(lambda im, x, y: hl.u8(im[x, y])),
        point(lambda im, x, y: hl.u8_sat(im[x, y])),
    ),
    "strict float": (
        point(lambda im, x, y: hl.strict_float(im[x, y] * 2 + 1)),
        point(lambda im, x, y: im[x, y] * 2 + 1),
    ),
    "order of a mux": (
        point(lambda im, x, y: hl.mux(x % 2, [im[x, y], im[y, x]])),
        point(lambda im, x, y: hl.mux(x % 2, [im[y, x], im[x, y]])),
    ),
    "random numbers shared": (shared(True), shared(False)),
    "seed": (drawn(lambda: hl.random_float(7)), drawn(lambda: hl.random_float(8))),
    "seed or none": (drawn(hl.random_float), drawn(lambda: hl.random_float(8))),
    "kind of random number": (drawn(hl.random_float), drawn(lambda: hl.f32(hl.random_int()))),
    "one random number or two": (once_twice, twice_apart),
    "order of outputs": (two(False), two(True)),
    "name of a Func": (called("middle last"), called("centre last")),
    "name of a loop": (called("middle last"), called("middle last", "x v")),
    "rfactor": (histogram(False), histogram(True)),
}
"""Two algorithms each."""


def identity(built):
    return identity_of(
        parse(hl.serialize_pipeline(built if isinstance(built, hl.Pipeline) else hl.Pipeline(built)))
    )


@pytest.mark.parametrize("kind", APART)
def test_what_differs_is_told_apart_whenever_it_is_built(kind):
    one, other = APART[kind]
    hashes = {identity(one()).algorithm for _ in range(3)}, {identity(other()).algorithm for _ in range(3)}
    assert len(hashes[0]) == len(hashes[1]) == 1 and hashes[0] != hashes[1]
    assert all(len(each) == 20 for each in hashes[0] | hashes[1])
    older = identity(one()).older, identity(other()).older
    assert older[0] != older[1] or older == ("", "")


ALIKE = {
    "nameless": (nameless(0), nameless(3)),
    "name of a buffer": (table([1, 2, 3], "lut"), table([1, 2, 3], "gamma")),
    "how it is stored": (
        bounded(nothing),
        bounded(lambda out, im, x, y, c: out.reorder_storage(c, x, y).store_in(hl.MemoryType.Heap)),
    ),
    "what is said of inputs": (
        bounded(nothing),
        bounded(lambda out, im, x, y, c: im.dim(2).set_bounds(0, 3)),
    ),
    "estimates": (bounded(nothing), bounded(lambda out, im, x, y, c: out.set_estimate(c, 0, 3))),
    "random numbers": (
        drawn(hl.random_float, lambda: hl.random_float(3), hl.random_float),
        drawn(hl.random_float, lambda: hl.random_float(3), hl.random_float),
    ),
    "seed that is an input": (
        drawn(lambda: hl.random_float(hl.Param(hl.Int(32), "seed"))),
        drawn(lambda: hl.random_float(hl.Param(hl.Int(32)))),
    ),
    "rfactor": (histogram(True), histogram(True)),
}
"""One algorithm each, built in two ways."""


@pytest.mark.parametrize("kind", ALIKE)
def test_what_is_the_same_is_the_same_whenever_it_is_built(kind):
    one, other = ALIKE[kind]
    assert len({identity(each()).algorithm for _ in range(3) for each in (one, other)}) == 1


def test_keys_of_funcs_hold_no_counters():
    for _ in range(2):
        raw = parse(hl.serialize_pipeline(hl.Pipeline(nameless(2)())))
        keys = list(func_keys(in_order(raw)).values())
        assert keys == ["p_im", "lambda", "repeat_edge", "sum", "maximum", "f"], keys
        raw = parse(hl.serialize_pipeline(hl.Pipeline(histogram(True)())))
        assert list(func_keys(in_order(raw)).values()) == ["im_im", "hist_intm", "hist"]


@pytest.mark.parametrize("name", ["in$", "a$b", "$", "r1$x"])
def test_a_dollar_in_a_name_is_the_same_whenever_it_is_built(name):
    found = set()
    for _ in range(3):
        (x, y, _), im, func, out = variables(), image(name=name), hl.Func(name), hl.Func("out")
        func[x, y] = hl.BoundaryConditions.mirror_interior(im)[x, y]
        out[x, y] = func[x, y] + func[x + 1, y]
        found.add(identity(out).algorithm)
    assert len(found) == 1


def test_a_name_that_is_taken_changes_no_key():
    found = set()
    for _ in range(3):
        first = histogram(False)()
        number = int(first.name().partition("$")[2] or 0) + 1
        hl.Func(f"hist${number}_intm")  # Halide calls what it makes hist_5_intm$1
        raw = parse(hl.serialize_pipeline(hl.Pipeline(histogram(True)())))
        assert any("_intm$" in name for name in raw.funcs)
        found.add(tuple(func_keys(in_order(raw)).values()))
    assert found == {("im_im", "hist_intm", "hist")}


def test_threads_build_the_same():
    found = []

    def work():
        found.extend(
            identity(build_one()).algorithm for build_one in (nameless(1), histogram(True), twice_apart) * 3
        )

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 36 and len(set(found)) == 3


def hashes_of_all():
    return {
        name: identity(each()).algorithm
        for pairs in (APART, ALIKE)
        for kind, pair in pairs.items()
        for name, each in ((f"{kind} {number}", make) for number, make in enumerate(pair))
    }


def test_other_processes_find_the_same():
    code = (
        "import sys, json; sys.path[:0] = sys.argv[1:]; import test_halide_identity as here; "
        "print(json.dumps(here.hashes_of_all()))"
    )
    mine = hashes_of_all()
    for seed in ("0", "123"):
        ended = subprocess.run(
            [sys.executable, "-c", code, str(ROOT), str(Path(__file__).parent)],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert json.loads(ended.stdout) == mine


def test_hashes_of_the_suite_stay():
    folder = ROOT / "datasets" / "halide"
    for name in ("blur", "unsharp", "matmul"):
        metadata = json.loads((folder / f"halide-{name}.meta.json").read_text())
        found = build(PipelineRef.of(name), (64, 48)).identity
        assert found.older == metadata["algorithm"] and len(found.algorithm) == 20
    assert build(PipelineRef.of("blur"), (64, 48)).identity.algorithm == "e307550be7fd787c3a56"


def scaled(order=1, say=lambda im, gains, gain, out: None):
    """A pipeline of two images and two numbers, listed in this order or the other."""
    x, y = variables("x y")
    im, gains = image(), image(name="gains")
    gain, count = hl.Param(hl.Float(32), "gain"), hl.Param(hl.Int(32), "count")
    out = hl.Func("out")
    out[x, y] = im[x, y] * gains[0, y] * gain + count
    say(im, gains, gain, out)
    inputs = [(im, np.ones((8, 8), "f4")), (gains, np.ones((8, 1), "f4")), (gain, 1.0), (count, 1)]
    return checked(out, inputs[::order], [8, 8])


CONSTRAINTS = {
    "set_bounds": lambda im, gains, gain, out: gains.dim(0).set_bounds(0, 1),
    "other set_bounds": lambda im, gains, gain, out: gains.dim(0).set_bounds(0, 2),
    "bounds of the other": lambda im, gains, gain, out: im.dim(0).set_bounds(0, 1),
    "bounds by another input": lambda im, gains, gain, out: im.dim(0).set_bounds(0, gains.height()),
    "set_min": lambda im, gains, gain, out: gains.dim(0).set_min(0),
    "set_extent": lambda im, gains, gain, out: gains.dim(0).set_extent(1),
    "set_stride": lambda im, gains, gain, out: gains.dim(1).set_stride(1),
    "alignment": lambda im, gains, gain, out: im.set_host_alignment(32),
    "set_range": lambda im, gains, gain, out: gain.set_range(0, 1),
    "set_min_value": lambda im, gains, gain, out: gain.set_min_value(0),
    "output's bounds": lambda im, gains, gain, out: out.output_buffer().dim(0).set_bounds(0, 8),
    "output's stride": lambda im, gains, gain, out: out.output_buffer().dim(1).set_stride(8),
    "output's alignment": lambda im, gains, gain, out: out.output_buffer().set_host_alignment(64),
    "bound": lambda im, gains, gain, out: out.bound(out.args()[0], 0, 8),
    "memoize": lambda im, gains, gain, out: out.memoize(),
    "store_in": lambda im, gains, gain, out: out.store_in(hl.MemoryType.Stack),
    "reorder_storage": lambda im, gains, gain, out: out.reorder_storage(*out.args()[::-1]),
    "align_storage": lambda im, gains, gain, out: out.align_storage(out.args()[0], 16),
    "reorder": lambda im, gains, gain, out: out.reorder(*out.args()[::-1]),
    "async": lambda im, gains, gain, out: out.async_(),
    "trace": lambda im, gains, gain, out: out.trace_stores(),
    "wrapper": lambda im, gains, gain, out: im.in_(out),
}


def test_code_is_shared_by_what_is_compiled_alike():
    keys = {name: code_key(scaled(say=say)) for name, say in CONSTRAINTS.items()}
    keys |= {"plain": code_key(scaled()), "reordered": code_key(scaled(-1))}
    assert len(set(keys.values())) == len(keys), keys
    assert {name: code_key(scaled(say=say)) for name, say in CONSTRAINTS.items()}.items() <= keys.items()
    x, y = variables("x y")
    sized = []
    for extent in (8, 16):
        out, im = hl.Func("out"), image()
        out[x, y] = im[x, y]
        sized.append(code_key(checked(out, [(im, np.ones((extent, extent), "f4"))], [extent, extent])))
    assert sized[0] == sized[1]
    drawn_anew = [code_key(checked(twice_apart(), [], [8, 8])) for _ in range(2)]
    assert drawn_anew[0] != drawn_anew[1]  # other numbers are drawn


def test_an_argument_that_is_not_used_has_its_place():
    x, y = variables("x y")
    keys = set()
    for number in range(3):
        out, im, spare = hl.Func("out"), image(), hl.Param(hl.Int(32), "spare")
        out[x, y] = im[x, y]
        pairs = [(im, np.ones((8, 8), "f4"))]
        pairs[number:number] = [(spare, 1)] if number < 2 else []
        keys.add(code_key(checked(out, pairs, [8, 8])))
    assert len(keys) == 3


def test_what_is_required_of_inputs_is_compiled_in():
    x, y = variables("x y")
    keys = set()
    for limit in (None, 3, 4):
        out, im, count = hl.Func("out"), image(), hl.Param(hl.Int(32), "count")
        out[x, y] = im[x, y] + count
        pipeline = hl.Pipeline(out)
        if limit is not None:
            pipeline.add_requirement(count < limit, "too many")
        built = checked(pipeline, [(im, np.ones((8, 8), "f4")), (count, 1)], [8, 8])
        keys.add(code_key(built))
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("case", "function"), [("05-inputs-reordered", "scaled"), ("06-constraints-removed", "dimmed")]
)
def test_versions_of_a_file_never_share_code(tmp_path, case, function):
    from perfpred.halide.measure.experiment import Experiment
    from perfpred.halide.measure.workers import HalideWorkers
    from perfpred.halide.pipeline.workload import Workload
    from perfpred.hardware import Site, probe

    places = []
    with HalideWorkers(workers=1) as workers:
        for version in ("v1", "v2", "v1"):
            source = PipelineRef.of(f"{CASES / f'halide-{case}' / f'{version}.py'}:{function}")
            described = {size: workers.describe(Workload(source, size)) for size in ((64, 48), (32, 16))}
            experiment = Experiment(source, Site(probe(), "avx2", 1), described, tmp_path)
            places.append({experiment.library(Candidate(()), size) for size in described})
    assert all(len(each) == 1 for each in places)  # sizes share it
    assert places[0] != places[1] and places[0] == places[2]


def test_a_schedule_of_the_other_element_of_a_tuple_is_refused():
    folder = CASES / "halide-07-tuple-element-same-hash"
    schedule = load_schedule(folder / "v1.json")  # of an earlier version, which did not tell them apart
    for version in ("v1", "v2"):
        built = build(PipelineRef.of(f"{folder / version}.py:peak"), (64, 48))
        with pytest.raises(
            StaleScheduleError, match="whose hashes do not tell pipelines like this one apart"
        ):
            schedule.require(built.identity)


def test_a_schedule_of_nameless_images_is_applied_again_and_again():
    source = PipelineRef.of(f"{CASES / 'halide-11-unnamed-imageparam-never-the-same' / 'pipe.py'}:soften")
    first = build(source, (96, 64))
    root = Candidate((Directive("repeat_edge", 0, "compute_root"), Directive("p_im", 0, "compute_root")))
    schedule = Schedule.of("soften", first.graph, root, "x86-64-linux-avx2", [(96, 64)])
    for _ in range(3):
        schedule.apply(*function_of(source)(96, 64))
