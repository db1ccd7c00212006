"""One short timing, with a clock that is told what to say; and the estimate of many."""

import math

import pytest

from perfpred.measure.timing import TimingOptions, estimate, time_call


class FakeCall:
    """A call that advances its own clock by a set number of seconds."""

    def __init__(self, seconds: float, first: float | None = None) -> None:
        self.seconds, self.now, self.calls = seconds, 0.0, 0
        self.first = seconds if first is None else first

    def run(self, repetitions: int) -> None:
        for _ in range(repetitions):
            self.now += self.seconds if self.calls else self.first
            self.calls += 1

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize("seconds", [2e-7, 1e-5, 1e-3, 3e-2])
def test_time_of_a_steady_call_is_found(seconds):
    call = FakeCall(seconds, first=1.5 * seconds)
    assert time_call(call.run, call.clock) == pytest.approx(seconds, rel=1e-6)


def test_a_long_first_call_is_the_timing():
    call = FakeCall(0.2)
    assert time_call(call.run, call.clock) == pytest.approx(0.2)
    assert call.calls == 1


def test_a_short_call_is_repeated_to_fill_a_sample():
    call = FakeCall(1e-7)
    time_call(call.run, call.clock, TimingOptions(sample_s=1e-4, total_s=1e-3))
    assert call.calls >= 9000


def test_a_clock_too_coarse_to_see_one_call_does_not_hang():
    call = FakeCall(1e-9)
    assert time_call(call.run, lambda: round(call.now, 6)) == pytest.approx(1e-9, rel=0.05)


def test_estimate_ignores_slow_timings():
    quiet = estimate([1.0] * 12)
    disturbed = estimate([1.0, 5.0, 1.0, 9.0, 1.0, 7.0] * 2)
    assert (quiet.time_s, quiet.noise) == (1.0, 0.0)
    assert (disturbed.time_s, disturbed.noise) == (1.0, 0.0)


def test_noise_compares_the_two_halves():
    assert estimate([1.0] * 6 + [1.1] * 6).noise == pytest.approx(0.1, abs=1e-6)


def test_one_timing_has_unknown_noise():
    assert math.isnan(estimate([1.0]).noise)


def test_no_timing_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        estimate([])
