"""Timings in quiet moments: waited for, repeated, and taken as they are where none comes."""

import pytest

pytest.importorskip("halide")
from perfpred.halide.measure.contention.probe import TRIES, WAIT_S, ContentionProbe


class Machine:
    """A machine whose beats and work take as long as it is slow; time passes only in them."""

    def __init__(self, slow):
        self.now, self.slow = 0.0, slow

    def run(self):
        self.now += 20e-6 * self.slow(self.now)

    def work(self):
        self.now += 1e-3
        return 1e-3 * self.slow(self.now)

    def sleep(self, time_s):
        self.now += time_s

    def probe(self):
        return ContentionProbe(self.run, lambda: self.now, self.sleep)


def test_a_calm_machine_is_timed_at_once():
    machine = Machine(lambda now: 1.0)
    time_s, probe_s = machine.probe().when_quiet(machine.work, 1.0)
    assert (time_s, probe_s) == (pytest.approx(1e-3), pytest.approx(20e-6))
    assert machine.now < 2e-3


def test_a_calm_moment_is_waited_for():
    machine = Machine(lambda now: 1.6 if 1e-3 < now < 20e-3 else 1.0)
    probe = machine.probe()
    probe.time_s()
    machine.now = 2e-3
    time_s, _ = probe.when_quiet(machine.work, 1.0)
    assert time_s == pytest.approx(1e-3) and 20e-3 < machine.now < 25e-3


def test_a_timing_that_was_disturbed_is_made_again():
    machine = Machine(lambda now: 1.6 if 0.5e-3 < now < 5e-3 else 1.0)
    time_s, probe_s = machine.probe().when_quiet(machine.work, 1.0)
    assert (time_s, probe_s) == (pytest.approx(1e-3), pytest.approx(20e-6))


def test_where_no_calm_comes_the_last_moment_counts():
    machine = Machine(lambda now: 1.0 if now < 50e-6 else 1.6)
    probe = machine.probe()
    probe.time_s()
    time_s, probe_s = probe.when_quiet(machine.work, 1.0)
    assert (time_s, probe_s) == (pytest.approx(1.6e-3), pytest.approx(32e-6))
    assert TRIES * WAIT_S < machine.now < 1.2 * TRIES * WAIT_S
    machine.now = 0.1
    probe.when_quiet(machine.work, 1e-3)  # a long call is made once
    assert machine.now < 0.1 + 1.2 * WAIT_S
