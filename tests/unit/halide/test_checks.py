"""What outputs were checked on, what is said of it, and at which sizes beside those that are timed."""

from dataclasses import replace

import numpy as np
import pytest

from perfpred.errors import InputError
from perfpred.halide.measure.checking.compare import Right, Tolerance, constant_share, distance, off, shown
from perfpred.halide.measure.checks import Checks, checked_sizes, failure, is_wrong, listed
from perfpred.halide.measure.estimating import in_moments, quiet_timings
from perfpred.halide.measure.sized import remedy, require_one_algorithm, why_another
from perfpred.halide.measure.workers import Description
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.measure.campaign import Row, RowRecord

from .graphs import blur

REF = PipelineRef("made", "made.py:made")


def described(size, code="code", dims=None, ref=REF, graph=None):
    dims = dims or [[0, size[0], 1], [0, size[1], size[0]]]
    return Description(
        Workload(ref, size),
        graph or blur(size),
        ({"kind": "image", "dims": dims},),
        ({"type": "float32", "dims": dims},),
        ({"epsilon": 2.0**-23, "terms": 1.0},),
        code,
    )


class Workers:
    """Describes pipelines without building any; a size may be refused, or be of another code."""

    def __init__(self, refused=(), codes=None, dims=None, difference="Func f holds the width as a number"):
        self.refused, self.codes, self.dims = refused, codes or {}, dims
        self.said, self.folders = difference, []

    def describe(self, workload, folder=None):
        self.folders.append(folder)
        if workload.size in self.refused:
            raise InputError("the image\nmust be larger")
        return described(workload.size, self.codes.get(workload.size, "code"), self.dims)

    def difference(self, workload, other):
        if self.said is None:
            raise InputError("cannot be built")
        return self.said


TIMED = {(64, 48): described((64, 48)), (128, 96): described((128, 96))}


def test_odd_sizes_of_the_same_code_are_checked_beside():
    workers = Workers()
    found, notes = checked_sizes(TIMED, workers, "examples")
    assert [(each.name, each.like, each.folder) for each in found] == [
        ("37x29", (64, 48), "37x29"),
        ("133x99", (64, 48), "133x99"),
    ]
    assert (notes, workers.folders) == ([], ["examples/37x29", "examples/133x99"])


def test_a_size_that_is_timed_is_not_checked_twice():
    found, notes = checked_sizes({(37, 29): described((37, 29))}, Workers(), "e")
    assert [each.name for each in found] == ["133x99"] and notes == []


@pytest.mark.parametrize(
    ("workers", "reason"),
    [
        (Workers(refused=((37, 29), (133, 99))), "made cannot be built at 37x29: the image must be larger"),
        (
            Workers(codes={(37, 29): "a", (133, 99): "b"}),
            "made is another pipeline at 37x29: Func f holds the width as a number",
        ),
        (
            Workers(codes={(37, 29): "a", (133, 99): "b"}, difference=None),
            "made is another pipeline at 37x29",
        ),
        (
            Workers(dims=[[0, 64, 1], [0, 48, 64]]),
            "made has one size, whatever it is asked for",
        ),
    ],
    ids=["too small", "size in the algorithm", "not found out why", "one size"],
)
def test_where_there_is_no_odd_size_a_part_of_the_outputs_is_checked(workers, reason):
    (cut,), notes = checked_sizes(TIMED, workers, "e")
    assert notes == [f"the first 37x29 of 64x48 is checked beside the sizes that are timed: {reason}"]
    assert cut.described.outputs[0]["dims"] == [[0, 37, 1], [0, 29, 64]]
    assert (cut.like, cut.folder) == ((64, 48), "64x48")
    assert cut.described.arguments == TIMED[64, 48].arguments  # on the same inputs


def test_a_stored_pipeline_has_one_size_and_small_dimensions_are_not_cut():
    stored = PipelineRef("made", "made.hlpipe")
    small = {(16, 8): described((16, 8), ref=stored)}
    assert checked_sizes(small, Workers(), "e") == (
        [],
        [
            "outputs are checked at the sizes that are timed alone: made is stored with its examples, so it "
            "has one size"
        ],
    )
    (cut,), _ = checked_sizes({(30, 3): described((30, 3), ref=stored)}, Workers(), "e")
    assert cut.described.outputs[0]["dims"] == [[0, 28, 1], [0, 3, 30]]


def passed(*sizes, data=("example",)):
    checks = Checks()
    for size in sizes:
        reply = {"data": list(data), "warnings": ["the output is constant"], "status": "ok"}
        checks.saw(size, TIMED[64, 48], reply)
        checks.took("s1", size, reply)
    return checks


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (["example"], "on the example, at 37x29"),
        (["example", "random"], "on the example and 1 random input, at 37x29"),
        (["example", "random", "random"], "on the example and 2 random inputs, at 37x29"),
    ],
)
def test_on_what_an_output_was_compared(data, text):
    assert passed("37x29", data=data).text("s1") == text


def test_sizes_are_listed_and_warnings_said_once_for_all():
    checks = passed("37x29", "64x48", "128x96")
    checks.warn("the output is constant", "37x29")
    checks.warn("nothing was random")
    assert checks.text("s1") == "on the example, at 37x29, 64x48 and 128x96"
    assert checks.warnings == ["the output is constant, at 37x29, 64x48 and 128x96", "nothing was random"]
    assert checks.text("s2") == ""
    assert checks.is_checked("s1", "64x48") and not checks.is_checked("s1", "1x1")
    assert not checks.is_checked("s2", "64x48")


def test_documents_are_of_one_candidate_or_of_all():
    checks = passed("64x48")
    checks.took("s2", "64x48", {"status": "ok", "passed": ["64x48"], "refused": ["37x29"]})
    checks.took("s3", "64x48", {"status": "timeout", "message": "no answer", "refused": ["37x29"]})
    assert checks.document()["not_taken"] == {"37x29": 2}
    assert checks.document("s1")["not_taken"] == {}
    assert checks.document("s2")["not_taken"] == {"37x29": 1}
    assert checks.document("s3")["sizes"] == {}
    assert checks.document("s2")["sizes"] == {"64x48": ["example"]}
    assert checks.document()["relative_tolerance"]["64x48"] == pytest.approx(256 * 2.0**-23)


@pytest.mark.parametrize(
    ("status", "message", "reply"),
    [
        ("wrong_result", "differs", {"status": "wrong_result", "message": "differs"}),
        (
            "runtime_error",
            "process ended with code -11: ",
            {"status": "runtime_error", "message": "process ended with code -11: (at 37x29)"},
        ),
        ("runtime_error", "out of memory", None),
        ("timeout", "no answer", None),
    ],
)
def test_what_is_wrong_at_one_size_is_wrong_at_all(status, message, reply):
    checks = Checks()
    checks.took("s1", "37x29", {"status": status, "message": message})
    assert checks.failed("s1") == reply
    assert is_wrong(status, message) == (reply is not None)
    assert checks.failed("s2") is None


def test_failures_are_said_shortly():
    assert failure("wrong_result", "x" * 900, "1x1")["message"] == "x" * 480
    assert failure("runtime_error", "a ", "1x1")["message"] == "a (at 1x1)"
    assert listed(["a"]) == "a"


def test_one_algorithm_at_all_sizes_is_required():
    require_one_algorithm(TIMED, Workers())
    other = described((128, 96), graph=replace(blur((128, 96)), algorithm="def"))
    with pytest.raises(InputError) as error:
        require_one_algorithm({(64, 48): TIMED[64, 48], (128, 96): other}, Workers())
    assert str(error.value) == (
        "made must be one algorithm at all sizes to be measured at several, but is another at 128x96 than at "
        "64x48: Func f holds the width as a number; use the extents of an input, such as image.width() or "
        "image.height(), in place of numbers, or measure each size by itself"
    )


def test_what_differs_is_left_out_where_nobody_knows():
    workload = TIMED[64, 48].workload
    assert why_another(workload, (1, 1), Workers(difference="")) == ""
    assert why_another(workload, (1, 1), Workers(difference=None)) == ""
    assert "such as image.width()" in remedy(replace(blur(), inputs=()))


def record(times_s, probes_s, first=0, status="ok"):
    return RowRecord(list(times_s), list(range(first, first + len(times_s))), list(probes_s), status)


def test_timings_beside_a_slow_probe_do_not_count():
    rows = [
        (Row("a", {}), record([1.0, 1.0, 1.0, 1.0, 5.0], [1.0, 1.0, 1.0, 1.0, 3.0])),
        (Row("b", {}), record([2.0] * 4, [2.0] * 4, 5)),
        (Row("c", {}), record([], [], 9)),
        (Row("d", {}), record([1.0], [1.0], 9, "timeout")),
    ]
    quiet, busy, never, failed = in_moments(rows)
    assert (quiet.estimate.rounds, quiet.slowdown) == (4, 1.0)
    assert (busy.estimate.rounds, busy.slowdown) == (4, 2.0)
    assert never is None and failed is None
    assert in_moments(rows, fastest_s=0.5)[0].slowdown == 2.0
    assert in_moments([]) == []


@pytest.mark.parametrize(
    ("probes_s", "few", "kept"),
    [
        ([3.0] * 6, 2, [0, 1]),
        ([3.0] * 9, 2, [0, 1, 2]),
        ([3.0, 1.0], 4, [0, 1]),
        ([1.0, 3.0, 1.0], 2, [0, 2]),
        ([], 4, []),
    ],
)
def test_the_quietest_are_taken_where_hardly_any_was_quiet(probes_s, few, kept):
    assert quiet_timings(probes_s, 1.0, few) == kept


SINGLE, EXACT = Tolerance(2.0**-23), Tolerance(0.0)


@pytest.mark.parametrize(
    ("found", "right", "tolerance", "expected"),
    [
        ([1, 2, 3], [1, 2, 3], EXACT, None),
        ([1, 2, 4], [1, 2, 3], EXACT, [False, False, True]),
        ([1, 2, 4], [1, 2, 3], SINGLE, None),  # rounded floats: a few differ by 1
        ([1, 2, 5], [1, 2, 3], SINGLE, [False, False, True]),
        ([True, False], [True, True], EXACT, [False, True]),
        ([True, False], [True, True], SINGLE, None),
        ([1.0, np.nan], [1.0, np.nan], SINGLE, None),
        ([1.0, np.inf], [1.0, np.inf], SINGLE, None),
        ([1.0, np.inf], [1.0, -np.inf], SINGLE, [False, True]),
        ([1.0, np.nan], [1.0, np.inf], SINGLE, [False, True]),
        ([1.0, np.nan], [1.0, 2.0], SINGLE, [False, True]),
        ([0.0, 0.0], [0.0, 0.0], SINGLE, None),
        ([np.nan], [np.nan], SINGLE, None),
    ],
)
def test_where_outputs_differ_by_more_than_rounding(found, right, tolerance, expected):
    kind = np.float32 if isinstance(right[0], float) else None
    mask = off(np.array(found, kind), Right(np.array(right, kind), tolerance))
    assert (None if mask is None else mask.tolist()) == expected


def test_distances_do_not_overflow():
    assert distance(np.array([-128], np.int8), np.array([127], np.int8)).tolist() == [255.0]
    assert distance(np.array([0], np.uint64), np.array([2**64 - 1], np.uint64)).tolist() == [float(2**64)]
    assert distance(np.array([True, False]), np.array([True, True])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("found", "right", "tolerance", "text"),
    [
        ([1, 2], [1, 3], EXACT, "50.000% of the integers differ from the reference schedule's"),
        ([1.0, np.nan], [1.0, 2.0], SINGLE, "50.000% of the values are not finite where the reference"),
        ([0.0, 3.0], [0.0, 2.0], SINGLE, "differs from the reference schedule by up to 0.5"),
    ],
)
def test_how_outputs_differ_is_said(found, right, tolerance, text):
    kind = np.float32 if isinstance(right[0], float) else None
    found, right = np.array(found, kind), Right(np.array(right, kind), tolerance)
    assert text in shown(found, right, off(found, right))


@pytest.mark.parametrize(
    ("values", "share"),
    [
        (np.zeros(10, np.float32), 0.0),
        (np.array([1, 1, 1, 2]), 0.25),
        (np.array([5]), 1.0),  # one value cannot vary
        (np.full(4, np.nan, np.float32), 0.0),
        (np.array([True, False, True, True]), 0.25),
        (np.array([1.0, 1.0, 1.0, 9.0], np.float32), 0.25),
    ],
)
def test_how_much_of_an_output_varies(values, share):
    assert constant_share(Right(values, SINGLE)) == share
