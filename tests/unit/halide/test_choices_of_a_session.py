"""Choosing, tuning and judging with a session whose schedules take what the test says, without Halide."""

import math
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from perfpred.errors import InputError, MeasurementError, UnknownNameError
from perfpred.halide.choose.bench import bench, replayed
from perfpred.halide.choose.choose import KEPT, chosen_for
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.deciding import decide
from perfpred.halide.choose.session import CompilationLog, Timed
from perfpred.halide.choose.tune import first_reason
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.identity import Identity
from perfpred.halide.measure import generate
from perfpred.halide.measure.checks import Checks
from perfpred.halide.measure.generate import baselines, generate_candidates
from perfpred.halide.measure.workers import Description
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.document import Schedule, StaleScheduleError
from perfpred.hardware import Hardware, Machine, Site
from perfpred.progress import NullProgress

from .graphs import blur

SIZE = (256, 128)
WORKLOAD = Workload(PipelineRef("made", "made.py:made"), SIZE)
TARGET = "x86-64-linux-avx2"


def tiled(factor, source="own"):
    split = Directive("blurred", 0, "split", ("x", "x_o", "x_i", factor))
    return Candidate((split, Directive("blurred", 0, "compute_root")), source)


STANDING = [tiled(2, "mullapudi2016"), tiled(4, "adams2019")]


@dataclass
class Session:
    """A session in which a schedule takes `seconds` says; some fail."""

    seconds: dict = field(default_factory=dict)
    status: dict = field(default_factory=dict)
    standing: list = field(default_factory=lambda: list(STANDING))
    default_s: float = 1e-3
    measured: list = field(default_factory=list)

    def __post_init__(self):
        self.workload, self.graph, self.target = WORKLOAD, blur(SIZE), Target(threads=2)
        self.experiment = SimpleNamespace(target=TARGET, checks=Checks())
        self.site = SimpleNamespace(hardware=Hardware("cpu-6-1", "avx2", 2))
        self.failed = {}
        self.applied = []

    def baselines(self):
        return list(self.standing), ["li2018: it cannot"]

    def require_runnable(self):
        pass

    def require_applicable(self, candidate):
        self.applied.append(candidate)

    def wait_for_quiet(self, limit_s):
        return 0.0

    def measure(self, candidates, effort, seed, progress):
        self.measured += candidates
        return {each: self._timed(each) for each in candidates}

    def _timed(self, each):
        if each in self.status:
            return Timed(math.nan, math.nan, self.status[each], message="no luck")
        return Timed(self.seconds.get(each, self.default_s), 0.01, "ok")


def database(times_s, sizes=((128, 64), (512, 256)), **more):
    """Measurements of schedules that take so many seconds at a size, and in proportion at others."""
    areas = np.array([width * height / (SIZE[0] * SIZE[1]) for width, height in sizes])
    log_time = np.log([[each * area for area in areas] for each in times_s.values()])
    given = {"pipeline": "made", "algorithm": "abc", "hardware": "cpu-6-1-avx2-2t", "model": None}
    return ScheduleDatabase(
        sizes=sizes,
        candidates=tuple(times_s),
        log_time=log_time,
        noise=np.full_like(log_time, 0.01),
        **{**given, "model_deviation": 0.1, **more},
    )


FAST = tiled(8)
MEASURED = {**dict.fromkeys(STANDING, 1e-3), FAST: 5e-4, tiled(16): 8e-4}


def chosen(session, known=None, budget=0):
    return decide(session, known, budget, 0, NullProgress())


def test_without_runs_or_measurements_an_autoscheduler_is_taken():
    choice = chosen(Session())
    assert choice.best.candidate.source == "adams2019" and choice.is_left
    assert choice.reason == "nothing was measured of it at another size"
    first = chosen(Session(standing=STANDING[:1]))
    assert first.best.candidate == STANDING[0]
    with pytest.raises(InputError, match="no autoscheduler schedules made: li2018: it cannot"):
        chosen(Session(standing=[]))


def test_what_was_measured_is_taken_where_it_is_surely_faster():
    session = Session()
    choice = chosen(session, database(MEASURED))
    assert choice.best.candidate == FAST and session.applied == [FAST]
    assert choice.speedup.ratio == pytest.approx(2.0, rel=0.01)


def test_an_autoscheduler_that_is_left_makes_its_own_schedule_for_the_size():
    elsewhere = tiled(32, "adams2019")
    session = Session()
    choice = chosen(session, database({elsewhere: 1e-3, FAST: 1.2e-3}))
    assert choice.is_left and choice.best.candidate == STANDING[1] and session.applied == []


def test_what_failed_anywhere_is_not_chosen():
    known = database({FAST: 5e-4}, failed={STANDING[1].id: "wrong_result"})
    session = Session(standing=STANDING[1:])
    assert chosen(session, known).best.candidate == FAST
    assert session.failed == {STANDING[1].id: "wrong_result"}
    with pytest.raises(InputError, match="no autoscheduler schedules made"):
        chosen(session, database({tiled(1024): 1e-3}, failed=known.failed))


def test_schedules_that_do_not_fit_leave_it_to_an_autoscheduler():
    choice = chosen(Session(), database({tiled(1024): 1e-3}))
    assert choice.is_left
    assert choice.reason == "none of the 1 schedules measured of it fits into 256x128"


def test_a_chosen_schedule_keeps_the_next_best():
    times = {**MEASURED, **{tiled(factor): 9e-4 for factor in (32, 64, 128)}}
    schedule, choice = chosen_for(Session(), database(times), 0, 0, NullProgress())
    assert schedule.candidate == FAST and len(schedule.others) == KEPT
    assert schedule.expected_s == pytest.approx(choice.best.expected_s)
    assert (schedule.pipeline, schedule.sizes, schedule.target) == ("made", (SIZE,), TARGET)
    assert Schedule.from_json(schedule.to_json()) == schedule
    unknown, _ = chosen_for(Session(), None, 0, 0, NullProgress())
    assert unknown.expected_s is None and unknown.others == ()
    with pytest.raises(StaleScheduleError, match="this schedule is of made as it was"):
        schedule.require(Identity("def"))
    schedule.require(Identity("abc"))


def test_runs_find_what_is_fastest():
    session = Session(seconds={FAST: 4e-4})
    choice = chosen(session, database(MEASURED), budget=6)
    assert choice.best.candidate == FAST and choice.decided and not choice.is_left
    assert choice.reason.startswith("the fastest of 6 runs; 2.50x (")
    tried = set(session.measured) - set(STANDING)
    assert len(tried) == 6


def test_where_nothing_is_faster_the_autoscheduler_stays():
    choice = chosen(Session(default_s=2e-3, seconds=dict.fromkeys(STANDING, 1e-3)), database(MEASURED), 4)
    assert choice.is_left and choice.decided
    assert "the fastest of 4 runs is 0.50x" in choice.reason
    even = chosen(Session(), database(MEASURED), 4)
    assert (
        even.is_left
        and not even.decided
        and even.reason.startswith("undecided: the fastest of 4 runs is 1.00x")
    )


class Broken(Session):
    """Nothing but the autoschedulers' schedules can be run, or not even those."""

    keeps: tuple = ()

    def _timed(self, each):
        if each in self.keeps:
            return super()._timed(each)
        return Timed(math.nan, math.nan, "compile_error", message="no luck\nat all")


def test_where_nothing_else_runs_that_is_said():
    session = Broken()
    session.keeps = tuple(STANDING)
    choice = chosen(session, database(MEASURED), 2)
    assert choice.is_left and choice.reason.startswith(
        "no other schedule could be run; timed in the same rounds"
    )
    with pytest.raises(MeasurementError, match="no schedule of made could be timed: no luck at all"):
        chosen(Broken(), None, 2)
    assert first_reason({}) == "there is none"


def test_without_an_autoscheduler_the_fastest_run_is_taken():
    choice = chosen(Session(standing=[], seconds={FAST: 4e-4}), database({FAST: 5e-4}), 3)
    assert choice.best.candidate == FAST and choice.baseline is None
    assert choice.reason.endswith("no autoscheduler's could be timed beside it")


def test_what_choosing_is_worth():
    session = Session(seconds={FAST: 5e-4, tiled(16): 4e-4})
    found = bench(session, database(MEASURED, sizes=(SIZE, (512, 256))), [0], 0, NullProgress())
    assert [(each["budget"], each["strategy"]) for each in found] == [
        (0, "model"),
        (None, "mullapudi2016"),
        (None, "adams2019"),
    ]
    model = found[0]
    assert model["time_s"] == pytest.approx(5e-4) and model["fastest_s"] == pytest.approx(4e-4)
    assert model["regret"] == pytest.approx(1.25) and model["speedup"] == pytest.approx(2.0)
    assert model["size"] == "256x128" and model["decided"]
    left = bench(Session(), database(MEASURED, sizes=(SIZE,)), [0], 0, NullProgress())
    assert left[0]["source"] == "adams2019" and left[0]["spearman"] is None and left[0]["regret"] == 1.0


def test_without_a_baseline_there_is_nothing_to_compare_with():
    session = Session(status=dict.fromkeys(STANDING, "timeout"))
    with pytest.raises(MeasurementError, match="no autoscheduler's schedule of made could be timed: no luck"):
        bench(session, database(MEASURED), [0], 0, NullProgress())


def test_a_stored_schedule_is_replayed_beside_the_autoschedulers():
    stored = Schedule.of("made", blur(SIZE), FAST, TARGET, [SIZE], 5e-4)
    mine, *others = replayed(Session(seconds={FAST: 5e-4}), stored, 0, NullProgress())
    assert (mine["source"], mine["schedule"], mine["expected_s"]) == ("replayed", FAST.id, 5e-4)
    assert mine["speedup"] == pytest.approx(2.0) and mine["decided"]
    assert [each["source"] for each in others] == ["mullapudi2016", "adams2019"]
    assert all(each["expected_s"] is None for each in others)
    broken, *_ = replayed(Session(status={FAST: "wrong_result"}), stored, 0, NullProgress())
    assert (broken["status"], broken["message"], broken["speedup"]) == ("wrong_result", "no luck", None)


def test_what_was_compiled_is_kept_for_the_session():
    log = CompilationLog()
    log.append({"compiled": "s1"})
    assert list(log.entries()) == [{"compiled": "s1"}]


class Workers:
    """Stands for the processes: an autoscheduler's run gives a schedule, or fails."""

    def __init__(self, fails=(), directives=None):
        self.fails, self.asked, self.directives = fails, [], directives

    def submit(self, work):
        return SimpleNamespace(result=work)

    def run(self, job, limits):
        self.asked.append(job)
        if job["label"] in self.fails:
            return {"status": "timeout", "message": "not done within 300 s"}
        made = self.directives or tiled(2 + len(self.asked)).directives
        return {"status": "ok", "candidate": Candidate(made, job["label"]).to_json()}


MACHINE = Machine("cpu-6-1", "", "", 2, (0, 1), 1 << 30, {}, ("avx2", "fma", "sse4_2"), "", "")
SITE = Site(MACHINE, "avx2", 2)
DESCRIBED = Description(WORKLOAD, blur(SIZE), (), (), (), "code")


def drawn(workers, count, sources):
    return generate_candidates(DESCRIBED, SITE, workers, count, sources, np.random.default_rng(0))


@pytest.fixture
def weightless(monkeypatch):
    monkeypatch.setattr(generate, "write_perturbed", lambda path, sigma, rng: None)


def test_candidates_come_from_all_sources_in_their_proportions(weightless):
    found, notes = drawn(
        Workers(fails=("li2018",)), 23, ["own", *generate.BASELINES, "adams2019-sampled", "template"]
    )
    sources = [each.source for each in found]
    assert len(set(found)) == len(found) == 23
    assert sources[:2] == ["mullapudi2016", "adams2019"]
    assert {name: sources.count(name) for name in ("template", "adams2019-sampled", "own")} == {
        **{"template": 1, "adams2019-sampled": 4},
        "own": 16,
    }
    assert notes == ["li2018: not done within 300 s"]


def test_the_same_draw_over_and_over_is_one_candidate(weightless):
    workers = Workers(directives=tiled(8).directives)
    found, _ = drawn(workers, 4, ["adams2019-sampled"])
    assert len(found) == 1
    assert len(workers.asked) == 4 + 3 + 3  # it gives up after three rounds


@pytest.mark.parametrize(
    ("sources", "fails", "error", "message"),
    [
        (
            ["adams2091"],
            (),
            UnknownNameError,
            "unknown source of schedules 'adams2091'; did you mean 'adams2019'",
        ),
        ([], (), InputError, "no schedule of made was found: none asked for"),
        (["li2018"], ("li2018",), InputError, "no schedule of made was found: li2018: not done within 300 s"),
    ],
)
def test_sources_that_give_nothing(sources, fails, error, message):
    with pytest.raises(error, match=message):
        drawn(Workers(fails), 5, sources)


def test_an_autoschedulers_schedule_that_halide_compiles_wrongly_is_left_out():
    wrong = (
        Directive("rows", 0, "compute_at", ("blurred", "y")),
        Directive("rows", 0, "store_root"),
        Directive("rows", 0, "store_in", ("Register",)),
        Directive("rows", 0, "split", ("y", "yo", "yi", 4)),
    )
    found, (note,) = baselines(DESCRIBED, SITE, Workers(directives=wrong), ["adams2019"])
    assert found == []
    assert note.startswith("adams2019 s") and note.endswith("Halide compiles that wrongly")
