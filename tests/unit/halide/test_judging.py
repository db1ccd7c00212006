"""Choices by simulated timings: the machine is quiet, drifts, has two speeds, or is never left alone."""

import math

import numpy as np
import pytest

from perfpred.errors import MeasurementError
from perfpred.halide.choose import tune
from perfpred.halide.choose.judging import BLOCK, SHORT_BLOCK, judge
from perfpred.halide.choose.limits import Limits
from perfpred.halide.choose.paired import Speedup, geometric_mean, speedup
from perfpred.halide.choose.session import Timed
from perfpred.halide.schedule.candidate import Candidate, Directive

LONG = Limits(max_blocks=12, wait_s=10.0)
TRIALS = 50


def candidate(place, source):
    return Candidate((Directive("f", 0, "split", ("d0", "o", "i", place + 1)),), source)


BASELINES = [candidate(place, source) for place, source in enumerate(("mullapudi2016", "adams2019"))]
OWN = [candidate(place, "own") for place in range(2, 8)]


class Machine:
    """A session whose candidates take so many seconds in quiet, times what a model of noise says."""

    def __init__(self, times_s, noise, seed):
        self.times_s, self.noise, self.rng = times_s, noise, np.random.default_rng(seed)
        self.blocks, self.efforts = 0, []

    def measure(self, candidates, effort, seed, progress):
        common, slowdown = self.noise(self.rng, self.blocks, None)
        self.blocks += 1
        self.efforts.append(effort)
        found = {}
        for each in candidates:
            factor, slow = self.noise(self.rng, self.blocks, each)
            time_s = self.times_s[each] * factor * common
            found[each] = Timed(time_s, 0.0, "ok", max(slow, slowdown))
        return found

    def wait_for_quiet(self, limit_s):
        return limit_s if self.noise is never_quiet else 0.0


def quiet(rng, block, each):
    return math.exp(rng.normal(0, 0.01)), 1.0


def noisy(rng, block, each):
    return math.exp(rng.normal(0, 0.15)), 1.0


def drifting(rng, block, each):
    """All become slower and faster together, by up to a factor 3."""
    factor = math.exp(0.5 * math.sin(block) + 0.5 * rng.normal()) if each is None else 1.0
    return factor * math.exp(rng.normal(0, 0.02)), 1.0


def two_speeds(rng, block, each):
    """Each is at half speed now and then, which the probe does not show."""
    return (2.0 if each and rng.random() < 0.25 else 1.0) * math.exp(rng.normal(0, 0.01)), 1.0


def heavy_tails(rng, block, each):
    return math.exp(0.1 * abs(rng.standard_t(2))), 1.0


def now_and_then(rng, block, each):
    """Another program takes a processor in half of the blocks, which is seen."""
    if each is None:
        return 1.0, 2.0 if rng.random() < 0.4 else 1.0
    return math.exp(rng.normal(0, 0.02)), 1.0


def never_quiet(rng, block, each):
    """Another program keeps a processor busy; every other schedule is not parallel and does not suffer."""
    suffers = each is not None and int(each.directives[0].args[3]) % 2
    return (rng.uniform(1.6, 2.0) if suffers else 1.0) * math.exp(rng.normal(0, 0.05)), 2.0


NOISES = [quiet, noisy, drifting, two_speeds, heavy_tails, now_and_then, never_quiet]
named = pytest.mark.parametrize("noise", NOISES, ids=lambda each: each.__name__)


def true_times(rng):
    return {each: 1e-3 * math.exp(rng.normal(0, 0.15)) for each in [*BASELINES, *OWN]}


@named
def test_intervals_hold_the_quiet_value_nine_times_out_of_ten(noise):
    held = []
    for seed in range(TRIALS):
        rng = np.random.default_rng(1000 + seed)
        times_s = true_times(rng)
        judged = judge(Machine(times_s, noise, seed), BASELINES, OWN[:2], seed, None, limits=LONG)
        for each in OWN[:2]:
            quiet_value = min(times_s[base] for base in BASELINES) / times_s[each]
            found = judged.speedup(each)
            held.append(found.low <= quiet_value <= found.high)
    assert np.mean(held) >= 0.9


@named
def test_a_baseline_is_left_only_for_what_is_faster(noise):
    """The candidates are as fast as the baselines or slower: whatever is chosen instead of one is wrong."""
    left = decided = 0
    for seed in range(TRIALS):
        rng = np.random.default_rng(2000 + seed)
        slower = dict.fromkeys(BASELINES, 1e-3) | {each: 1e-3 * math.exp(rng.uniform(0, 0.1)) for each in OWN}
        choice = chosen(Machine(slower, noise, seed))
        left += not choice.best.is_baseline
        decided += choice.decided
        assert choice.best.is_baseline or choice.decided
    assert left <= 0.05 * TRIALS


@pytest.mark.parametrize("noise", [quiet, drifting, now_and_then], ids=lambda each: each.__name__)
def test_what_is_faster_is_found(noise):
    for seed in range(10):
        times_s = dict.fromkeys(BASELINES, 1e-3) | dict.fromkeys(OWN, 1.02e-3) | {OWN[3]: 0.75e-3}
        choice = chosen(Machine(times_s, noise, seed), limits=LONG)
        assert choice.best.candidate == OWN[3] and choice.decided
        assert choice.speedup.low <= 1 / 0.75 <= choice.speedup.high
        assert "timed in the same rounds: " in choice.reason and " rounds in " in choice.reason


def chosen(machine, limits=None, monkeypatch=None):
    if limits is None:
        return tune._decided(machine, BASELINES, OWN, 10, 0, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perfpred.halide.choose.limits.LIMITS", limits)
        return tune._decided(machine, BASELINES, OWN, 10, 0, None)


def test_what_cannot_be_told_apart_is_undecided_and_says_why():
    times_s = dict.fromkeys([*BASELINES, *OWN], 1e-3) | {BASELINES[1]: 1.5e-3}
    choice = chosen(Machine(times_s, never_quiet, 0), limits=LONG)
    assert not choice.decided and choice.best.candidate in BASELINES
    assert choice.reason.startswith("undecided: the fastest of 10 runs is ")
    assert "24 rounds in 0 s, 10 s of them waiting for quiet, other programs taking part" in choice.reason
    assert choice.reason.endswith("the choice stays with the autoscheduler's")


def test_it_ends_early_in_quiet_and_at_a_limit_in_noise():
    times_s = dict.fromkeys([*BASELINES, *OWN], 1e-3) | {OWN[0]: 0.5e-3}
    for noise, blocks in ((quiet, 4), (noisy, 12)):
        machine = Machine(times_s if noise is quiet else dict.fromkeys(times_s, 1e-3), noise, 3)
        assert len(judge(machine, BASELINES, OWN[:1], 0, None, limits=LONG).blocks) == blocks
    now = iter(range(0, 10_000, 20))
    late = Limits(max_blocks=12, time_s=30.0, clock=lambda: float(next(now)))
    machine = Machine(dict.fromkeys(times_s, 1.0), noisy, 3)
    judged = judge(machine, BASELINES, OWN[:1], 0, None, limits=late)
    assert len(judged.blocks) == 3
    assert machine.efforts == [BLOCK, SHORT_BLOCK, SHORT_BLOCK]  # long rounds are spread over processes


def test_what_fails_once_is_out():
    machine = Machine(dict.fromkeys([*BASELINES, *OWN], 1e-3), quiet, 0)
    measure = machine.measure

    def failing(candidates, *rest):
        found = measure(candidates, *rest)
        if machine.blocks == 2:
            found[OWN[0]] = Timed(math.nan, math.nan, "wrong_result", message="1 of 9 differ")
        assert machine.blocks <= 2 or OWN[0] not in candidates
        return found

    machine.measure = failing
    judged = judge(machine, BASELINES, OWN[:2], 0, None, limits=LONG)
    assert judged.timed(OWN[0]).message == "1 of 9 differ"
    assert judged.status(OWN[0]) == "wrong_result" and math.isnan(judged.speedup(OWN[0]).ratio)
    assert judged.status(OWN[1]) == "ok" and judged.timed(OWN[1]).time_s == pytest.approx(1e-3, rel=0.05)
    assert judged.speedup(BASELINES[0]).high == 1.0


def test_an_interval_is_wider_by_what_a_busy_machine_may_do():
    mine, other, quiet = np.full(6, 1.0), np.full(6, 1.2), np.ones(6)
    in_quiet, busy = speedup(mine, other, quiet), speedup(mine, other, 2 * quiet)
    assert in_quiet.is_faster and in_quiet.in_quiet and in_quiet.ratio == pytest.approx(1.2)
    assert not busy.decided and not busy.in_quiet
    assert busy.high / busy.low == pytest.approx(4 * in_quiet.high / in_quiet.low)
    few = np.array([1, 1, 1, 1, 2, 2])
    other[4:] = 0.6  # what was timed while it was busy does not count where there is enough else
    assert speedup(mine, other, few) == speedup(mine[:4], other[:4], quiet[:4])
    assert str(in_quiet) == "1.20x (1.18 to 1.22)"
    assert speedup(mine[:1], other[:1], quiet[:1]).to_json() == {
        **dict.fromkeys(("speedup", "speedup_low", "speedup_high")),
        "in_quiet": False,
    }


def test_means_of_many_are_surer_in_quiet_only():
    several = [Speedup(1.2, 1.0, 1.44)] * 4
    mean = geometric_mean(several)
    assert (mean.ratio, mean.low) == (pytest.approx(1.2), pytest.approx(1.2**0.5))
    busy = geometric_mean([Speedup(1.2, 1.0, 1.44, in_quiet=False)] * 4)
    assert busy.low == pytest.approx(1.0)


def test_where_nothing_runs_the_first_reason_is_said():
    machine = Machine({}, quiet, 0)
    failed = Timed(math.nan, math.nan, "runtime_error", message="Input buffer im is accessed\nat -1")
    machine.measure = lambda candidates, *rest: dict.fromkeys(candidates, failed)
    machine.workload = Named
    with pytest.raises(MeasurementError, match=r"of it could be timed: Input buffer im is accessed at -1$"):
        chosen(machine)


class Named:
    name = "it"
