"""What is said of speedups, and which schedule a ranking takes: numbers without any pipeline."""

import math

import numpy as np
import pytest

from perfpred.errors import InputError
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.database_file import check_measurements, check_model, check_names, decode
from perfpred.halide.choose.database_folder import Filed, before, everything, place, places
from perfpred.halide.choose.paired import (
    SAME,
    UNKNOWN,
    Speedup,
    blocks_used,
    geometric_mean,
    speedup,
    typical,
)
from perfpred.halide.choose.ranking import (
    Ranked,
    choose,
    choose_at,
    known,
    out_of_range,
    outside,
    rank,
    too_small_for_all,
)
from perfpred.halide.schedule.candidate import Candidate, Directive

from .graphs import blur

QUIET = np.ones(6)


def ranked(source, expected_s, deviation=0.01, factor=2):
    directive = Directive("f", 0, "split", ("x", "o", "i", factor))
    return Ranked(Candidate((directive,), source), expected_s, deviation, True)


@pytest.mark.parametrize(
    ("value", "is_faster", "is_slower"),
    [
        (Speedup(1.5, 1.1, 2.0), True, False),
        (Speedup(1.5, 0.9, 2.0), False, False),
        (Speedup(0.5, 0.4, 0.9), False, True),
        (SAME, False, False),
        (UNKNOWN, False, False),
    ],
)
def test_an_interval_decides_where_it_excludes_one(value, is_faster, is_slower):
    assert (value.is_faster, value.is_slower, value.decided) == (is_faster, is_slower, is_faster or is_slower)


def test_what_is_unknown_is_null_in_documents():
    assert UNKNOWN.to_json() == {
        **{"speedup": None, "speedup_low": None, "speedup_high": None},
        "in_quiet": False,
    }
    assert Speedup(2.0, 1.5, 3.0).to_json()["speedup_low"] == 1.5
    assert str(Speedup(2.0, 1.5, 3.0)) == "2.00x (1.50 to 3.00)"


def test_one_block_says_nothing():
    assert speedup(np.array([1.0]), np.array([2.0]), np.ones(1)) is UNKNOWN


def test_blocks_that_agree_give_the_ratio_and_the_least_width():
    found = speedup(np.full(6, 1.0), np.full(6, 2.0), QUIET)
    assert found.ratio == pytest.approx(2.0)
    assert found.low == pytest.approx(2.0 * math.exp(-0.02)) and found.high == pytest.approx(
        2.0 * math.exp(0.02)
    )
    assert found.in_quiet


def test_busy_blocks_are_left_out_where_enough_were_quiet():
    slowdown = np.array([1.0, 1.0, 1.0, 4.0])
    assert blocks_used(slowdown).tolist() == [True, True, True, False]
    found = speedup(np.array([1.0, 1.0, 1.0, 9.0]), np.full(4, 2.0), slowdown)
    assert found.ratio == pytest.approx(2.0) and found.in_quiet
    assert typical(np.array([1.0, 1.0, 1.0, 9.0]), slowdown) == pytest.approx(1.0)


def test_where_too_few_were_quiet_all_count_and_the_interval_is_wider():
    slowdown = np.array([1.0, 1.0, 3.0, 3.0, 3.0, 3.0])
    assert blocks_used(slowdown).all()
    found = speedup(np.full(6, 1.0), np.full(6, 2.0), slowdown)
    assert not found.in_quiet
    assert found.low < 2.0 / 3.0 and found.high > 2.0 * 3.0
    assert typical(np.array([5.0, 1.0, 4.0, 9.0, 9.0, 2.0]), slowdown) == pytest.approx(math.sqrt(2.0))


def test_means_of_what_was_disturbed_are_no_surer():
    several = [Speedup(2.0, 1.0, 4.0), Speedup(2.0, 1.0, 4.0)]
    quiet = geometric_mean(several)
    busy = geometric_mean([Speedup(2.0, 1.0, 4.0, in_quiet=False), several[1]])
    assert quiet.ratio == busy.ratio == pytest.approx(2.0)
    assert (quiet.low, quiet.high) == pytest.approx((2.0 / 2 ** math.sqrt(0.5), 2.0 * 2 ** math.sqrt(0.5)))
    assert (busy.low, busy.high) == pytest.approx((1.0, 4.0)) and not busy.in_quiet


def test_nothing_to_choose_from_is_said():
    with pytest.raises(InputError, match="there is no schedule to choose from"):
        choose([])


def test_without_an_autoscheduler_the_fastest_expected_is_taken():
    choice = choose([ranked("own", 1.0, 0.5), ranked("template", 1.1, 0.01)])
    assert choice.best.candidate.source == "template"  # what is unsure counts as slower
    assert (choice.baseline, choice.reason, choice.is_left) == (
        None,
        "the fastest expected, by template",
        False,
    )


@pytest.mark.parametrize(
    ("own_s", "deviation", "is_left", "decided"),
    [(0.5, 0.01, False, True), (0.4, 0.5, False, False), (0.9, 0.5, True, False), (2.0, 0.01, True, True)],
)
def test_an_autoscheduler_is_left_where_another_is_surely_faster(own_s, deviation, is_left, decided):
    choice = choose([ranked("own", own_s, deviation), ranked("adams2019", 1.0, deviation, 4)])
    assert (choice.is_left, choice.decided) == (is_left, decided)
    assert choice.reason.startswith("the fastest expected would be" if is_left else "expected to be")
    assert (choice.speedup == SAME) == is_left


def database(sizes=((100, 100), (400, 400)), log_time=None, factors=(2, 4, 8), **more):
    made = tuple(Candidate((Directive("blurred", 0, "split", ("x", "o", "i", each)),)) for each in factors)
    if log_time is None:
        areas = np.log([width * height for width, height in sizes])
        log_time = np.array([[area - 20 + 0.1 * place for area in areas] for place in range(len(made))])
    noise = np.where(np.isnan(log_time), np.nan, 0.01)
    given = {
        "pipeline": "made",
        "algorithm": "abc",
        "hardware": "cpu-2t",
        "model": None,
        "model_deviation": 0.1,
    }
    return ScheduleDatabase(
        sizes=sizes, candidates=made, log_time=np.asarray(log_time), noise=noise, **{**given, **more}
    )


def test_sizes_between_follow_the_area():
    log_time, deviation = known(database(), (200, 200))
    assert log_time == pytest.approx(np.log(200 * 200) - 20 + np.array([0.0, 0.1, 0.2]))
    assert deviation == pytest.approx(np.hypot(0.01, 0.03))


@pytest.mark.parametrize(
    ("size", "factor"),
    [((100, 100), 1), ((150, 300), 1), ((60, 100), 1), ((1600, 100), 4), ((1600, 1600), 16), ((10, 10), 100)],
)
def test_how_far_outside_a_size_is(size, factor):
    assert outside(database(), size) == pytest.approx(math.log(factor))
    said = out_of_range(database(), size)
    text = f"{size[0]}x{size[1]} is out of range of what was measured, from 100x100 to 400x400: a guess"
    assert said == (text if factor > 1 else None)


def test_one_size_measured_is_where_it_was():
    alone = database(sizes=((100, 100),))
    assert out_of_range(alone, (900, 900)).endswith("measured, at 100x100: a guess")
    log_time, _ = known(alone, (200, 200))
    assert log_time[0] == pytest.approx(np.log(200 * 200) - 20)  # in proportion to the area


def test_a_ranking_leaves_out_what_does_not_fit_and_says_so():
    graph = blur((4, 4))
    ranking = rank(database(), (4, 4), graph, None)
    assert [each.candidate.directives[0].args[3] for each in ranking] == [2, 4]
    assert rank(database(factors=(8,)), (4, 4), graph, None) == []
    reason = too_small_for_all(database(factors=(8,)), (4, 4))
    assert reason.startswith("none of the 1 schedules measured of it fits into 4x4; 4x4 is out of range")
    assert too_small_for_all(database(), (100, 100)).endswith("fits into 100x100")
    assert choose_at(database(), (4, 4), ranking).reason.endswith("from 100x100 to 400x400: a guess")


def test_what_would_never_end_is_damaged():
    far = database(log_time=[[-40.0, 49.0]] * 3)
    with pytest.raises(InputError, match=r"of made would take e\*\*.* s at 4000x4000, .* or was damaged"):
        rank(far, (4000, 4000), None, None)


def test_schedules_that_were_not_measured_need_a_model():
    other = Candidate((Directive("blurred", 0, "split", ("y", "o", "i", 2)),))
    with pytest.raises(InputError, match="there are too few measurements of made to predict other schedules"):
        database().of_unseen(np.zeros((1, 3)))
    assert [each.measured for each in rank(database(), (100, 100), None, None, [other])] == [True] * 3


def test_without_a_size_schedules_of_it_alone_are_gone():
    nan = math.nan
    found = database(log_time=[[-9.0, -8.0], [-9.0, nan], [nan, -8.0]]).without((400, 400))
    assert found.sizes == ((100, 100),) and len(found.candidates) == 2
    assert found.log_time.tolist() == [[-9.0], [-9.0]]


@pytest.mark.parametrize(
    ("log_time", "message"),
    [
        ([[-9.0]], r"log_time must be of shape \(3, 2\), schedules by sizes, but is \(1, 1\)"),
        ([[-9.0, 60.0]] * 3, r"log_time\[0\]\[1\] must be a number in -50\.\.50, but is 60\.0"),
        (
            [[-9.0, -9.0], [math.nan] * 2, [-9.0] * 2],
            r"candidates\[1\] must have a time at some size, but it has none",
        ),
        ([[-9.0, math.nan]] * 3, r"sizes\[1\] must have a time of some schedule, but it has none"),
    ],
)
def test_measurements_that_cannot_be_are_refused(log_time, message):
    with pytest.raises(InputError, match=message):
        database(log_time=log_time)


def test_noise_repeats_and_names_are_checked_too():
    good = database()
    with pytest.raises(InputError, match=r"noise\[0\]\[0\] must be a number in 0\.\.1e\+06, but is -1\.0"):
        check_measurements(good.candidates, good.sizes, good.log_time, -np.ones((3, 2)))
    with pytest.raises(InputError, match="candidates must be distinct schedules"):
        check_measurements((good.candidates[0],) * 3, good.sizes, good.log_time, good.noise)
    check_measurements((), (), np.zeros((0, 0)), np.zeros((0, 0)))
    check_names("made", "", "cpu-2t")
    with pytest.raises(InputError, match="algorithm must be a hash"):
        check_names("made", "xyz", "cpu-2t")
    with pytest.raises(InputError, match=r"spearman must be in -1\.\.1, but is 1\.5"):
        check_model(None, 0.1, 1.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidates": []}, "candidates must be a list of 1 to 100000 schedules"),
        ({"log_time": [[1.0]]}, r"log_time must be a list of 3 rows, one per candidate, but is"),
        ({"noise": [[0.1]] * 3}, r"noise\[0\] must be a list of 2 numbers, one per size, but is"),
        ({"log_time": [["1", 2.0]] * 3}, r"log_time\[0\]\[0\] must be a finite number or null, but is '1'"),
        ({"spearman": True}, "spearman must be a finite number or null, but is True"),
        ({"model_deviation": 10**400}, "model_deviation must be a finite number or null"),
    ],
)
def test_what_a_file_says_is_checked_by_place(change, message):
    good = database()
    body = {
        **{"pipeline": "made", "algorithm": "abc", "hardware": "cpu-2t", "sizes": [[100, 100], [400, 400]]},
        **{"candidates": [each.to_json() for each in good.candidates], "log_time": good.log_time.tolist()},
        **{"noise": good.noise.tolist(), "model": None, "model_deviation": None, "spearman": None},
    }
    assert decode(body)["candidates"] == good.candidates
    with pytest.raises(InputError, match=message):
        decode({**body, **change})


def test_files_are_found_by_what_they_hold(tmp_path):
    made = database()
    path = made.save(tmp_path)
    names = ("made", "abc", "cpu-2t")
    assert path == place(tmp_path, *names) == places(tmp_path, *names)[0]
    assert before(tmp_path, *names).path == path
    assert before(tmp_path, "made", "def", "cpu-2t") is None
    path.write_bytes(b"no gzip")
    assert before(tmp_path, *names) is None
    (found,) = everything(tmp_path)
    assert not isinstance(found, Filed) and found[0] == path
    assert len(places(tmp_path, "p" * 200, "abc", "cpu-2t")) == 2  # such names were never written
