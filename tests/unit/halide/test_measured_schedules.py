"""Compiling, timing and keeping schedules with processes that answer what the test says."""

import math
from dataclasses import replace

import pytest

pytest.importorskip("halide")
from perfpred.errors import InputError, MeasurementError, VariantUnavailableError
from perfpred.halide.choose.session import CompilationLog
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.cost.machine import Target
from perfpred.halide.measure import timed, workers
from perfpred.halide.measure.checks import CheckedSize
from perfpred.halide.measure.compiling import Compiled, compile_all, compile_limits, prepare
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.results import Results
from perfpred.halide.measure.schedules_file import read_schedules, schedules_path
from perfpred.halide.measure.timed import Best, Timer, require_runnable, time_all
from perfpred.halide.measure.workers import Description, HalideWorkers, require_halide
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.hardware import Machine, Site
from perfpred.measure.campaign import Effort, InMemoryLog, Row, RowRecord
from perfpred.progress import NullProgress
from perfpred.sandbox.forking import ForkLimits

from .graphs import blur

MACHINE = Machine("cpu-6-1", "", "", 2, (0, 1), 1 << 30, {}, ("avx2", "fma", "sse4_2"), "", "")
SMALL, LARGE = (64, 32), (128, 64)
REF = PipelineRef("made", "made.py:made")
ROUNDING = ({"epsilon": 2.0**-23, "terms": 1.0},)


def experiment(folder, sizes=(SMALL, LARGE), codes=("code", "code"), rounding=ROUNDING):
    described = {
        size: Description(Workload(REF, size), blur(size), (), (), rounding, code)
        for size, code in zip(sizes, codes, strict=False)
    }
    return Experiment(REF, Site(MACHINE, "avx2", 1), described, folder)


def tiled(factor, source="own"):
    split = Directive("blurred", 0, "split", ("x", "x_o", "x_i", factor))
    return Candidate((split, Directive("blurred", 0, "compute_root")), source)


WRONG = Candidate(
    (
        Directive("rows", 0, "compute_at", ("blurred", "y")),
        Directive("rows", 0, "store_root"),
        Directive("rows", 0, "store_in", ("Register",)),
        Directive("rows", 0, "split", ("y", "yo", "yi", 4)),
    )
)


class Workers:
    """Stands for the processes that compile; replies by the factor of a schedule's split."""

    limits = ForkLimits(60.0)

    def __init__(self, replies=None, **reply):
        self.replies, self.reply, self.jobs, self.given = replies or {}, reply, [], None

    def run_all(self, jobs, done, limits=None):
        self.jobs, self.given = list(jobs), limits
        for index, job in enumerate(jobs):
            done(index, self._reply(job))

    def _reply(self, job):
        factors = [each[6] for each in job.get("candidate", {}).get("directives", ()) if each[2] == "split"]
        default = {"status": "ok", "code": f"c{factors}", "compile_s": 1.0}
        return self.replies.get(factors[0] if factors else None, {**default, **self.reply})


def compiled(made, candidates, workers_, log=None):
    return compile_all(made, candidates, workers_, log or CompilationLog(), NullProgress())


FAILED = {"status": "compile_error", "message": "no luck"}
LATE = {"status": "timeout", "message": "not done within 60 s"}
DIED = {"status": "runtime_error", "message": "process ended with code -9"}


def test_what_became_of_each_when_it_was_compiled(tmp_path):
    same = {"status": "ok", "code": "c[2]", "compile_s": 2.0}
    replies = {4: FAILED, 8: LATE, 16: DIED, 32: same}
    log = CompilationLog()
    schedules = [*map(tiled, (2, 4, 8, 16, 32)), WRONG]
    found = compiled(experiment(tmp_path), schedules, Workers(replies), log)
    assert [found[each.id].status for each in schedules] == [
        *("ok", "compile_error", "timeout", "compile_error", "ok"),
        "wrong_result",
    ]
    assert found[tiled(32).id].duplicate_of == tiled(2).id
    assert [found[each.id].usable for each in schedules] == [True, *[False] * 5]
    assert "Halide compiles that wrongly" in found[WRONG.id].message
    assert {entry["compiled"] for entry in log.entries()} == {each.id for each in schedules}


def test_what_failed_is_not_tried_again_and_what_was_lost_is(tmp_path):
    log, made = CompilationLog(), experiment(tmp_path)
    compiled(made, [tiled(2), tiled(4)], Workers({4: FAILED}), log)
    again = Workers()
    found = compiled(made, [tiled(2), tiled(4)], again, log)
    assert found[tiled(4).id].message == "no luck"
    assert len(again.jobs) == 1  # the other's library is not in the cache


def test_pipelines_that_differ_by_size_are_compiled_for_each(tmp_path):
    made = experiment(tmp_path, codes=("a", "b"))
    assert made.first_of_each() == [SMALL, LARGE]
    one = Workers()
    found = compiled(made, [tiled(2)], one)[tiled(2).id]
    assert len(one.jobs) == 2 and found.codes == ["c[2]", "c[2]"] and found.compile_s == 2.0
    assert made.library(tiled(2), SMALL) != made.library(tiled(2), LARGE)


@pytest.mark.parametrize(
    ("compile_s", "limit"), [([1.0] * 9, 60.0), ([1.0] * 10, 8.0), ([5.0] * 10, 20.0), ([50.0] * 10, 60.0)]
)
def test_nothing_is_waited_for_much_longer_than_others_took(compile_s, limit):
    assert compile_limits(compile_s, ForkLimits(60.0)).seconds == limit


def test_runtime_probe_and_references_are_compiled_first(tmp_path):
    one = Workers()
    prepare(experiment(tmp_path), one)
    kinds = [job["kind"] for job in one.jobs]
    assert kinds[:3] == ["runtime", "probe", "compile"]
    with pytest.raises(MeasurementError, match="made cannot be compiled: no luck"):
        prepare(experiment(tmp_path), Workers(**FAILED))


def test_integers_need_no_variants_of_the_reference(tmp_path):
    made = experiment(tmp_path, rounding=({"epsilon": 0.0, "terms": 1.0},))
    assert made.variants(SMALL) == []
    assert experiment(tmp_path).variants(SMALL)


class Child:
    """Stands for the timing process; replies to each request in turn, the last one for ever."""

    def __init__(self, *replies):
        self.replies, self.asked, self.closed, self.pid = list(replies), [], 0, None

    def ask(self, message, limit_s):
        self.asked.append(message)
        return dict(self.replies.pop(0) if len(self.replies) > 1 else self.replies[0])

    def close(self):
        self.closed += 1


def ok(time_s=1e-3, **more):
    return {"status": "ok", "time_s": time_s, "monitor_s": 5e-6, **more}


def timer(child, made, best=None, candidate="s1"):
    libraries = {"64x32": "a.so", "128x64": "a.so"}
    return Timer(child, candidate, libraries, best or Best(), made, 20.0)


ASKED = {"width": 64, "height": 32}


def test_an_output_is_checked_until_it_was_right(tmp_path):
    made, child = experiment(tmp_path), Child(ok(passed=[], refused=["37x29"]))
    made.checks.saw("64x32", made.described[SMALL], {"data": ["example"], "warnings": []})
    one = timer(child, made)
    assert one.ask(ASKED, check=True) == ok()
    one.ask(ASKED, check=True)
    assert [each["check"] for each in child.asked] == [True, False]
    assert made.checks.document("s1")["not_taken"] == {"37x29": 1}
    assert made.fastest.time_s == 5e-6


def test_sizes_beside_are_those_of_the_same_code_that_the_reference_could_run(tmp_path):
    made = experiment(tmp_path)
    beside = tuple(CheckedSize(name, made.described[SMALL], SMALL, name) for name in ("37x29", "133x99"))
    made = replace(made, beside=beside)
    made.checks.saw("37x29", made.described[SMALL], {"data": ["example"], "warnings": []})
    child = Child(ok())
    timer(child, made).ask(ASKED, check=True)
    assert child.asked[0]["beside"] == ["37x29"]


def test_what_was_wrong_once_is_not_run_again(tmp_path):
    child = Child({"status": "wrong_result", "message": "differs"})
    one = timer(child, experiment(tmp_path))
    assert one.ask(ASKED, check=True)["status"] == "wrong_result"
    assert one.ask({"width": 128, "height": 64}, check=True) == {
        "status": "wrong_result",
        "message": "differs",
    }
    assert len(child.asked) == 1 and child.closed == 1


def test_what_is_far_behind_is_timed_once(tmp_path):
    made, best = experiment(tmp_path), Best()
    assert "give_up" not in timer(Child(ok()), made, best).ask(ASKED, check=False)
    assert "give_up" not in timer(Child(ok(4e-3)), made, best, "s2").ask(ASKED, check=False)
    assert timer(Child(ok(4.1e-3)), made, best, "s3").ask(ASKED, check=False)["give_up"] is True
    assert "give_up" not in timer(Child(ok(9e-3)), made, best, "s4").ask(
        {"width": 128, "height": 64}, check=False
    )


@pytest.fixture
def child(monkeypatch):
    """The timing process that is started, which answers with `child.replies`."""
    made = Child({"status": "ok", "data": ["example"], "warnings": []})
    monkeypatch.setattr(timed, "Child", lambda command: made)
    return made


def test_the_reference_is_looked_at_once_at_each_size(tmp_path, child):
    made = experiment(tmp_path)
    require_runnable(made)
    require_runnable(made)
    assert [each["about"] for each in child.asked] == ["64x32", "128x64"] and child.closed == 2


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Error: Input buffer image is accessed at 64, which is beyond the max (63).", True),
        ("Error: out of memory.", False),
    ],
)
def test_a_pipeline_that_fails_without_a_schedule_is_refused(tmp_path, child, said, remedy):
    child.replies = [{"status": "runtime_error", "message": said}]
    with pytest.raises(InputError) as error:
        require_runnable(experiment(tmp_path))
    text = said.removeprefix("Error: ").rstrip(".")
    assert str(error.value).startswith(f"made cannot be run at 64x32, even without a schedule: {text}")
    assert ("Its examples must cover what is read" in str(error.value)) == remedy


def test_one_size_that_fails_is_a_warning(tmp_path, child):
    good = child.replies[0]
    child.replies = [good, {"status": "runtime_error", "message": "too\nlarge"}]
    made = experiment(tmp_path)
    require_runnable(made)
    assert made.checks.warnings == ["the unscheduled pipeline fails: too large, at 128x64"]


def test_candidates_are_timed_at_all_sizes(tmp_path, child):
    made = experiment(tmp_path)
    looked = {"status": "ok", "data": ["example"], "warnings": []}
    child.replies = [looked, looked, ok()]
    rows = time_all(made, [tiled(2), tiled(4)], InMemoryLog(), Effort(2, 2), 0, NullProgress())
    assert [(row.subject, row.sizes["width"]) for row, _ in rows] == [
        (each.id, width) for each in (tiled(2), tiled(4)) for width in (64, 128)
    ]
    assert all(len(record.times_s) == 2 for _, record in rows)


def record(time_s=1e-3, status="ok", message="", first=0):
    times = [time_s] * 4 if status == "ok" else []
    return RowRecord(
        times, [first + each for each in range(len(times))], [5e-6] * len(times), status, message
    )


def results(tmp_path, rows, outcomes=None, schedules=None):
    chosen = schedules or [tiled(2), tiled(4)]
    outcomes = outcomes or {each.id: Compiled() for each in chosen}
    table = [
        (Row(each.id, {"width": size[0], "height": size[1]}), rows[place])
        for place, (each, size) in enumerate((each, size) for each in chosen for size in (SMALL, LARGE))
    ]
    return Results(experiment(tmp_path), Target(), chosen, outcomes, table)


def test_a_profile_has_a_row_per_candidate_and_size_with_its_features(tmp_path):
    profile = results(tmp_path, [record(first=4 * each) for each in range(4)]).profile(Effort(), {"note": 1})
    assert len(profile) == 4 and set(FEATURES) <= set(profile.table)
    assert profile.table[list(FEATURES)].notna().all().all()
    assert profile.metadata["note"] == 1 and profile.metadata["failures"] == []
    assert profile.metadata["work"]["64x32"]["bytes"] == 2 * 4 * 64 * 32


def test_what_was_wrong_at_one_size_is_wrong_at_all(tmp_path):
    wrong = record(status="wrong_result", message="differs")
    late = record(status="timeout", message="no answer")
    found = results(tmp_path, [record(), wrong, record(first=4), late])
    profile = found.profile(Effort(), {})
    assert profile.table["status"].tolist() == ["wrong_result", "wrong_result", "ok", "timeout"]
    messages = [(each["width"], each["message"]) for each in profile.metadata["failures"]]
    assert messages == [(64, "differs"), (128, "differs"), (128, "no answer")]


def test_what_did_not_compile_is_a_row_at_each_size(tmp_path):
    outcomes = {
        tiled(2).id: Compiled("compile_error", "no luck"),
        tiled(4).id: Compiled(duplicate_of=tiled(2).id),
    }
    found = Results(experiment(tmp_path), Target(), [tiled(2), tiled(4)], outcomes, [])
    profile = found.profile(Effort(), {})
    assert profile.table["status"].tolist() == ["compile_error"] * 2
    assert profile.metadata["same_code"] == {tiled(4).id: tiled(2).id}
    assert profile.metadata["failures"][0]["message"] == "no luck"


def test_of_an_autoschedulers_run_only_the_time_is_known(tmp_path):
    run = Candidate((Directive("", 0, "autoschedule", ("Mullapudi2016", "{}")),), "mullapudi2016")
    also = tiled(2, "mullapudi2016")
    rows = [record(first=4 * each) for each in range(4)]
    table = results(tmp_path, rows, schedules=[run, also]).profile(Effort(), {}).table
    assert not set(FEATURES) & set(table)  # a source has features throughout, or none
    both = results(tmp_path, rows, schedules=[run, tiled(2)]).profile(Effort(), {}).table
    assert both[FEATURES[0]].isna().tolist() == [True, True, False, False]


def test_a_campaign_without_rows_is_failed_work(tmp_path):
    with pytest.raises(MeasurementError, match="nothing was measured: no row was timed before the campaign"):
        results(tmp_path, [RowRecord()] * 4).profile(Effort(), {})


def test_schedules_beside_a_profile_are_read_by_their_ids(tmp_path):
    assert schedules_path(tmp_path / "a.csv.gz") == tmp_path / "a.schedules.json"
    with pytest.raises(InputError, match=r"a\.schedules\.json: "):
        read_schedules(tmp_path / "a.csv")


class Pool:
    """Stands for the worker pool: every job has the same reply."""

    def __init__(self, reply):
        self.reply, self.closed, self.limits = reply, False, ForkLimits()

    def run(self, job, limits=None):
        return self.reply

    def close(self):
        self.closed = True


def pool(monkeypatch, **reply):
    made = Pool(reply)
    monkeypatch.setattr(workers, "WorkerPool", lambda *_, **__: made)
    return made


@pytest.mark.parametrize(
    ("ref", "message", "expected"),
    [
        (REF, "no luck", "made.py:made at 64x32: no luck"),
        (REF, "made.py holds no function made", "made.py holds no function made"),
        (PipelineRef("blur", "blur"), "no luck", "blur at 64x32: no luck"),
        (PipelineRef("kept", "kept.hlpipe"), "no luck", "kept at 64x32: no luck"),
    ],
)
def test_a_pipeline_that_cannot_be_built_is_named_once(monkeypatch, ref, message, expected):
    made = pool(monkeypatch, status="compile_error", message=message)
    with HalideWorkers() as opened, pytest.raises(InputError) as error:
        opened.describe(Workload(ref, SMALL))
    assert str(error.value) == expected and made.closed


def test_what_a_pipeline_is_comes_as_data(monkeypatch):
    reply = {"arguments": [{}], "outputs": [{}], "graph": blur(SMALL).to_json(), "rounding": [], "code": "c"}
    pool(monkeypatch, status="ok", **reply, difference="Func f differs")
    opened = HalideWorkers()
    found = opened.describe(Workload(REF, SMALL))
    assert found.graph == blur(SMALL) and (found.code, len(found.arguments)) == ("c", 1)
    assert opened.difference(Workload(REF, SMALL), LARGE) == "Func f differs"
    pool(monkeypatch, status="timeout", message="not done within 60 s")
    with pytest.raises(InputError, match="not done within 60 s"):
        HalideWorkers().difference(Workload(REF, SMALL), LARGE)


def test_without_halide_that_is_said(monkeypatch):
    def version(name):
        raise workers.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(workers.importlib.metadata, "version", version)
    with pytest.raises(VariantUnavailableError, match="Halide is not installed: pip install halide"):
        require_halide()
    assert math.isinf(Experiment(REF, Site(MACHINE, "avx2", 1), {}, None).fastest.time_s)
